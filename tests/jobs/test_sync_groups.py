"""``sync_groups`` against a loopback Polymarket."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.sync_groups import sync_groups
from jobs.sync_markets import sync_markets
from models.chain import DataIssue
from models.market import MarketGroup
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.store.markets.catalogue import list_counts
from service.store.markets.market_groups import list_siblings
from tests.loopback.polymarket import EVENTS, PolymarketServer, server_error
from tests.loopback.polymarket_client import NOW
from tests.loopback.records import a_group, a_market, condition_of

NEG_RISK = "0x" + "ee" * 31 + "00"


def groups(sessions: sessionmaker[Session]) -> dict[str, MarketGroup]:
    with sessions() as session:
        return {row.gamma_id: row for row in session.scalars(select(MarketGroup))}


def test_groups_come_with_and_without_markets_and_are_counted(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    series = [{"slug": "ships-weekly", "recurrence": "weekly"}]
    server.events = [a_group(n, series=series) for n in range(150)]
    server.markets = [a_market(1), a_market(2, events=None)]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    assert groups(sessions)["900001"].closed is None
    report = sync_groups(sessions, client, clock)
    assert report.degraded == ()
    stored = groups(sessions)
    assert len(stored) == 150
    row = stored["900001"]
    assert (row.closed, row.series_slug, row.recurrence) == (False, "ships-weekly", "weekly")
    assert row.end_at is not None
    # The market's own record, which shows less, takes nothing back.
    clock.advance(timedelta(minutes=10))
    server.markets[0]["question"] = "Renamed?"
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    assert groups(sessions)["900001"].recurrence == "weekly"
    with sessions() as session:
        counts = list_counts(session, NOW.date())
    assert counts["groups"] == 150
    assert (counts["groups_without_markets"], counts["markets_without_group"]) == (149, 1)


def test_a_neg_risk_group_knows_its_siblings_and_their_question_ids(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    event = a_group(5, negRisk=True, negRiskMarketID=NEG_RISK)
    server.events = [event]
    server.markets = [
        a_market(
            n,
            negRisk=True,
            questionID=NEG_RISK[:-2] + f"{n:02x}",
            negRiskRequestID="0x" + f"{n:02x}" * 32,
            negRiskOther=n == 3,
            groupItemTitle=f"Ship {n}",
            closed=n == 2,
            events=[event],
        )
        for n in (1, 2, 3)
    ]
    server.markets[1]["closed"] = False
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    server.markets[1]["closed"] = True
    clock.advance(timedelta(minutes=10))
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    sync_groups(sessions, client, clock)
    (group,) = groups(sessions).values()
    with sessions() as session:
        siblings = list_siblings(session, [group.id])[group.id]
    assert [s.question_id[-1] for s in siblings if s.question_id] == [1, 2, 3]
    assert [s.is_other for s in siblings] == [False, False, True]
    assert [s.closed for s in siblings] == [False, True, False]
    assert siblings[0].condition_id == bytes.fromhex(condition_of(1)[2:])


def test_a_group_that_closed_is_found_again_and_one_that_is_away_stays(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.events = [a_group(n) for n in (1, 2, 3)]
    sync_groups(sessions, client, clock)
    server.events[0] |= {"closed": True, "closedTime": "2026-11-22T11:00:00Z"}
    del server.events[1]
    report = sync_groups(sessions, client, clock)
    assert report.counts["vanished"] == 2
    stored = groups(sessions)
    assert [stored[f"90000{n}"].closed for n in (1, 2, 3)] == [True, False, False]
    assert stored["900001"].closed_at is not None


def test_a_bad_group_is_an_issue_and_a_failing_list_a_named_source(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.events = [a_group(1, endDate="soon"), a_group(2)]
    assert sync_groups(sessions, client, clock).counts["refused"] == 1
    with sessions() as session:
        (issue,) = session.scalars(select(DataIssue))
    assert (issue.kind, issue.reason) == ("refused_group", "endDate: not a time: 'soon'")
    server.fail_always(EVENTS, server_error())
    (line,) = sync_groups(sessions, client, clock).degraded
    assert line == "open groups: gamma: HTTP 500: cannot get the information"
    assert set(groups(sessions)) == {"900002"}
