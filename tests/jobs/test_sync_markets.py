"""``sync_markets`` against a loopback Polymarket, on both databases."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.recategorise import recategorise
from jobs.sync_markets import sync_markets
from models.base import Base
from models.chain import DataIssue
from models.enums import Category, SourceState
from models.market import Market, RulesVersion
from service.chain.book import mainnet_book
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.store.markets.catalogue import list_counts
from service.store.operations.sources import list_sources
from tests.loopback.polymarket import MARKETS, PolymarketServer, server_error
from tests.loopback.polymarket_client import NOW
from tests.loopback.records import a_market, condition_of


def count(sessions: sessionmaker[Session], model: type[Base]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def run(sessions: sessionmaker[Session], client: PolymarketClient, clock: SetClock) -> CycleReport:
    return sync_markets(sessions, client, clock, min_volume_usdc=1_000)


def closed_ids(sessions: sessionmaker[Session]) -> set[str | None]:
    with sessions() as session:
        return set(session.scalars(select(Market.gamma_id).where(Market.closed.is_(True))))


def test_the_catalogue_is_stored_and_a_second_run_adds_nothing(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number) for number in range(150)]
    server.overlap = True
    assert run(sessions, client, clock).degraded == ()
    clock.advance(timedelta(minutes=10))
    report = run(sessions, client, clock)
    assert (report.counts["added"], report.counts["changed"]) == (0, 0)
    assert count(sessions, Market) == count(sessions, RulesVersion) == 150


def test_small_markets_are_left_out_unless_an_answer_is_on_its_way(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [
        a_market(1, volumeNum=5.0),
        a_market(2, volumeNum=5.0, umaResolutionStatus="proposed"),
        a_market(3),
    ]
    run(sessions, client, clock)
    with sessions() as session:
        found = session.scalars(select(Market.gamma_id).order_by(Market.gamma_id)).all()
    assert list(found) == ["500002", "500003"]


def test_a_market_that_closed_is_found_again_and_closed(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1), a_market(2)]
    run(sessions, client, clock)
    server.markets[0] = a_market(1, closed=True, closedTime="2026-11-22 12:05:00+00")
    clock.advance(timedelta(minutes=10))
    report = run(sessions, client, clock)
    assert report.counts["vanished"] == 1
    assert closed_ids(sessions) == {"500001"}


def test_a_followed_market_whose_volume_shrank_below_the_bound_is_still_refreshed(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1)]
    run(sessions, client, clock)
    server.markets = [a_market(1, volumeNum=1.0, question="Renamed?")]
    clock.advance(timedelta(minutes=10))
    run(sessions, client, clock)
    with sessions() as session:
        assert session.scalars(select(Market.title)).one() == "Renamed?"


def test_a_followed_market_that_is_nowhere_is_an_issue(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1), a_market(2)]
    run(sessions, client, clock)
    server.markets.pop()
    clock.advance(timedelta(minutes=10))
    assert run(sessions, client, clock).counts["lost"] == 1
    with sessions() as session:
        (issue,) = session.scalars(select(DataIssue))
    assert issue.key == condition_of(2)
    assert "no longer in the catalogue" in issue.reason


def test_a_sweep_that_breaks_off_keeps_its_pages_and_mistakes_nothing_for_closed(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number) for number in range(450)]
    run(sessions, client, clock)
    server.markets = [a_market(number, question=f"New {number}?") for number in range(450)]
    clock.advance(timedelta(minutes=10))
    server.seen.clear()
    original = server.answer
    server.answer = lambda seen: (  # type: ignore[method-assign]  # after page 1 the source dies
        server_error()
        if "uma_resolution_status" not in seen.params and len(server.seen) > 0
        else original(seen)
    )
    report = run(sessions, client, clock)
    assert report.degraded[0].startswith("open markets: gamma: HTTP 500")
    assert report.counts["changed"] == 100
    assert "vanished" not in report.counts
    assert closed_ids(sessions) == set()


def test_one_record_that_fails_costs_only_itself(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number) for number in range(250)]
    run(sessions, client, clock)
    server.markets = [a_market(number, question=f"New {number}?") for number in range(250)]
    server.markets[7] = a_market(7, closed=True)
    server.poisoned = {"500150"}
    clock.advance(timedelta(minutes=10))
    report = run(sessions, client, clock)
    assert "nothing between ids 500149 and 500151" in report.degraded[-1]
    assert report.degraded[0] == "vanished markets: gamma: HTTP 500: cannot get the information"
    assert report.counts["lost"] == 0
    assert report.counts["changed"] >= 248
    assert closed_ids(sessions) == {"500007"}


def test_refused_records_are_issues_and_markets_without_uma_are_counted(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    no_uma = {"resolvedBy": None, "umaBond": None, "umaReward": None}
    server.markets = [
        a_market(1, conditionId=None),
        a_market(2, **no_uma),
        a_market(3, outcomes='["A","B","C"]'),
        a_market(4),
    ]
    report = run(sessions, client, clock)
    assert (report.counts["refused"], report.counts["not_uma"]) == (2, 1)
    with sessions() as session:
        issues = session.execute(
            select(DataIssue.key, DataIssue.reason).order_by(DataIssue.key)
        ).all()
    assert [tuple(issue) for issue in issues] == [
        (condition_of(3), "not binary: 3 outcomes"),
        ("gamma:500001", "no condition id"),
    ]


def test_hostile_text_does_not_cost_its_page(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [
        a_market(1, question="nul \x00 and \ud800 surrogate", description="\x00x", slug="\ud800"),
        a_market(2, conditionId="0x\x00\ud800" + "12" * 31),
        a_market(3, tags=[{"slug": "a\x00b"}]),
        a_market(4),
    ]
    assert run(sessions, client, clock).degraded == ()
    assert count(sessions, Market) == 3
    assert count(sessions, DataIssue) == 1


def test_an_older_cached_copy_does_not_undo_what_a_fresher_list_said(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    fresh = a_market(1, updatedAt="2026-11-22T12:00:00Z", description="New rules.")
    cached = a_market(
        1,
        updatedAt="2026-11-22T11:56:00Z",
        description="Old rules.",
        umaResolutionStatus="proposed",
    )
    server.markets = [fresh]
    original = server.answer

    def answer(seen: object) -> object:
        is_hot = "uma_resolution_status" in seen.params  # type: ignore[attr-defined]
        server.markets = [cached] if is_hot else [fresh]
        return original(seen)  # type: ignore[arg-type]

    server.answer = answer  # type: ignore[method-assign, assignment]
    report = run(sessions, client, clock)
    assert report.counts["older_copies"] == 1
    assert count(sessions, RulesVersion) == 1
    with sessions() as session:
        assert session.scalars(select(Market.uma_status)).one() is None


def test_rows_that_go_while_a_sweep_runs_hide_no_other(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number) for number in range(250)]

    def close_one(params: Mapping[str, list[str]]) -> None:
        # The server's cursor counts rows: one that goes at the front lets another slip through.
        if params.get("ascending") == ["true"] and "after_cursor" in params:
            front = next(m for m in server.markets if not m["closed"])
            front["closed"] = True

    server.before_page = close_one
    report = run(sessions, client, clock)
    assert report.degraded == ()
    assert count(sessions, Market) == 250
    # From now on one sweep a run, each from the other end.
    server.before_page = None
    for expected in ("true", "false"):
        server.seen.clear()
        clock.advance(timedelta(minutes=10))
        run(sessions, client, clock)
        swept = [s for s in server.seen if "volume_num_min" in s.params]
        assert {s.params["ascending"][0] for s in swept} == {expected}
    assert closed_ids(sessions) == {"500000", "500001"}
    clock.advance(timedelta(hours=2))
    server.seen.clear()
    run(sessions, client, clock)
    assert {s.params["ascending"][0] for s in server.seen} == {"true", "false"}


def test_micro_markets_are_counted_a_run_and_a_day_and_not_stored(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    feed = {"resolvedBy": None, "umaBond": None, "umaReward": None, "slug": "btc-updown-5m-1"}
    server.markets = [a_market(n, **feed) for n in range(3)] + [a_market(9), a_market(10)]
    report = run(sessions, client, clock)
    assert report.counts["micro_markets"] == 3
    server.markets = server.markets[1:]
    clock.advance(timedelta(minutes=10))
    assert run(sessions, client, clock).counts["micro_markets"] == 2
    with sessions() as session:
        counts = list_counts(session, NOW.date())
    # The most that one sweep of the day showed.
    assert (counts["micro_markets"], counts["markets"]) == (3, 2)
    assert count(sessions, Market) == 2
    assert count(sessions, DataIssue) == 0


def test_an_unknown_adapter_is_a_data_alert_once_and_its_markets_are_kept(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    stranger = "0x" + "11" * 20
    server.markets = [a_market(1, resolvedBy=stranger), a_market(2, resolvedBy=stranger)]
    server.markets.append(a_market(3))
    for _ in range(2):
        sync_markets(sessions, client, clock, min_volume_usdc=0, book=mainnet_book())
        clock.advance(timedelta(minutes=10))
    with sessions() as session:
        (issue,) = session.scalars(select(DataIssue))
    assert (issue.kind, issue.key) == ("unknown_adapter", f"137:{stranger}")
    assert issue.known_at == NOW
    assert count(sessions, Market) == 3


def test_a_new_version_of_the_category_table_sorts_stored_markets_anew(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.markets = [a_market(n, tags=[{"slug": "nba"}], closed=n == 1) for n in range(2)]
    server.markets[1]["closed"] = False
    assert run(sessions, client, clock).counts["recategorised"] == 0
    with sessions.begin() as session:
        session.execute(update(Market).values(category=Category.OTHER, stale_since=None))
    assert recategorise(sessions, clock) == 0
    monkeypatch.setattr("jobs.recategorise.VERSION", 99)
    monkeypatch.setattr("jobs.recategorise.BATCH", 1)
    assert recategorise(sessions, clock) == 2
    assert recategorise(sessions, clock) == 0
    with sessions() as session:
        rows = session.scalars(select(Market)).all()
    assert {(row.category, row.stale_since) for row in rows} == {("sports", NOW)}


def test_a_dead_source_degrades_the_run_and_its_health_is_recorded(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.fail_always(MARKETS, server_error())
    report = run(sessions, client, clock)
    assert [line.split(":")[0] for line in report.degraded] == [
        "open markets",
        "proposed markets",
        "disputed markets",
    ]
    with sessions() as session:
        health = {source.name: source for source in list_sources(session)}
    assert health["gamma"].state is SourceState.DOWN
    assert health["gamma"].reason == "HTTP 500: cannot get the information"
    assert health["gamma"].retry_at is not None
    assert health["gamma"].retry_at > NOW
    assert health["clob"].state is SourceState.UNKNOWN
