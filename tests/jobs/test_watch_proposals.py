"""The watch sees each case that the closest existing bot never sees, and asks for little."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.send_alerts import send_alerts
from jobs.sync_liquidity import sync_liquidity
from jobs.sync_markets import sync_markets
from models.alert import Notification
from models.enums import AlertReason, MarketState, QuestionChangeKind
from models.market import Market, ResolutionReport
from models.proposal_signal import ProposalSignal
from models.refresh_enums import ReadKind
from service.alerts.decide import AlertRule
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.store.markets.due_reads import mark_due
from service.store.proposals.watched_proposals import list_live_proposals
from tests.jobs.watch_scene import MINUTE, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE, WatchScene
from tests.loopback.polymarket import BOOKS, MARKETS, PolymarketServer, server_error
from tests.loopback.polymarket_client import client_of
from tests.loopback.records import tokens_of
from tests.store.scenes import MICRO, NOW, OOV2, add_scored

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)
AGREES = ([("0.98", "50000")], [("0.99", "50000")])
AGAINST = ([("0.38", "20000")], [("0.40", "20000")])


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def client(server: PolymarketServer, clock: SetClock) -> Iterator[PolymarketClient]:
    with client_of(server, clock) as made:
        yield made


@pytest.fixture
def scene(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> WatchScene:
    return WatchScene(sessions, server, client, clock)


def told(scene: WatchScene) -> list[tuple[str, object]]:
    return [(alert.reason, alert.facts["measure"]) for alert in scene.alerts()]


@SQLITE
def feed_report(market_id: int, at: datetime, **changes: Any) -> ResolutionReport:
    """What the feed said of a market at a time; a proposal unless told otherwise."""
    said: dict[str, Any] = {
        "status": "proposed",
        "was_disputed": False,
        "extended_review": False,
        "rules_updated": False,
    }
    times = {"reported_at": at, "known_at": at, "confirmed_at": at}
    return ResolutionReport(market_id=market_id, **times, **{**said, **changes})


def test_a_market_that_agrees_is_judged_kept_and_not_told(scene: WatchScene) -> None:
    scene.propose(1)
    scene.book(1, *AGREES)
    report = scene.run()
    assert report.degraded == ()
    assert (report.counts["live"], report.counts["judged"], report.counts["kept"]) == (1, 1, 1)
    assert scene.alerts() == []


def test_orders_against_a_proposal_are_told_with_all_it_takes_to_act(scene: WatchScene) -> None:
    scene.propose(1)
    scene.book(1, *AGAINST)
    scene.run()
    (alert,) = scene.alerts()
    assert (alert.reason, alert.market_id) == (AlertReason.CONTRADICTED, scene.market_ids[1])
    assert alert.title == (
        "The market trades against the proposed answer: Will market 1 resolve Yes?"
    )
    for part in ("Proposed answer: Yes.", "12,000 USD", "at least until 2026-03-01 13:50 UTC"):
        assert part in alert.body
    with scene.sessions() as session:
        (pending,) = session.scalars(select(Notification))
    assert (pending.alert_id, pending.destination) == (alert.id, "chat")


@SQLITE
def test_trades_against_it_on_the_neg_risk_exchange_are_seen(scene: WatchScene) -> None:
    scene.propose(1, neg_risk=True)
    scene.book(1, *AGREES)
    scene.trade(1, 1, "0.45", 5_000, exchange=NEG_RISK_EXCHANGE)
    scene.run()
    assert told(scene) == [("contradicted", "traded")]
    assert scene.alerts()[0].facts["traded_stake"] == 2_250 * MICRO


@SQLITE
def test_fifty_fifty_and_too_early_proposals_are_held_against_their_market(
    scene: WatchScene,
) -> None:
    against = {
        1: (HALF, "0.90"),
        2: (HALF, "0.08"),
        3: (TOO_EARLY, "0.98"),
        4: (NO, "0.60"),
    }
    in_doubt = {5: (HALF, "0.50"), 6: (TOO_EARLY, "0.50")}
    for number, (price, bid) in (against | in_doubt).items():
        scene.propose(number, price)
        scene.book(number, [(bid, "20000")], [(str(Decimal(bid) + Decimal("0.01")), "20000")])
    scene.run()
    told_of = {alert.market_id for alert in scene.alerts()}
    assert told_of == {scene.market_ids[number] for number in against}


@SQLITE
def test_past_its_window_the_managed_oracle_still_takes_disputes_and_the_alert_says_late(
    scene: WatchScene,
) -> None:
    scene.propose(1, ago=3 * HOUR)
    scene.propose(2, ago=3 * HOUR, oracle=OOV2)
    for number in (1, 2):
        scene.book(number, *AGAINST)
    report = scene.run()
    (alert,) = scene.alerts()
    assert alert.market_id == scene.market_ids[1]
    assert alert.title.startswith("Late: the market trades against")
    assert alert.facts["late_by_minutes"] == 60
    assert (report.counts["live"], report.counts["late"]) == (1, 1)


@SQLITE
def test_a_window_longer_than_a_day_is_watched_from_its_first_hour_to_its_last(
    scene: WatchScene,
) -> None:
    week = timedelta(days=7)
    scene.propose(1, ago=HOUR, liveness=week)
    scene.propose(2, ago=6 * 24 * HOUR, liveness=week, oracle=OOV2)
    for number in (1, 2):
        scene.book(number, *AGAINST)
    scene.run()
    assert {alert.market_id for alert in scene.alerts()} == set(scene.market_ids.values())


@SQLITE
def test_a_market_whose_look_up_failed_once_is_seen_as_soon_as_it_is_listed(
    scene: WatchScene, server: PolymarketServer, client: PolymarketClient, clock: SetClock
) -> None:
    scene.propose(1, is_listed=False)
    scene.book(1, *AGAINST)
    server.fail_always(MARKETS, server_error())
    assert sync_markets(scene.sessions, client, clock, min_volume_usdc=0).degraded
    assert scene.run().counts["live"] == 0
    server.heal()
    with scene.sessions.begin() as session:
        scene.list_market(session, 1)
    assert scene.run(MINUTE).counts["live"] == 1
    assert len(scene.alerts()) == 1


@SQLITE
def test_a_book_that_turns_bad_after_a_first_notice_is_told_again_and_does_not_flap(
    scene: WatchScene,
) -> None:
    scene.propose(1)
    scene.book(1, *AGREES)
    scene.trade(1, 0, "0.70", 5_000)
    scene.run()
    assert told(scene) == [("contradicted", "traded")]
    for _ in range(3):
        scene.book(1, *AGAINST)
        scene.run(2 * MINUTE)
        scene.book(1, *AGREES)
        scene.run(2 * MINUTE)
    assert told(scene) == [("contradicted", "traded"), ("contradicted_more", "standing")]


@SQLITE
def test_nothing_is_told_after_a_decision(scene: WatchScene) -> None:
    requested = NOW - timedelta(days=3)
    for number in range(1, 5):
        scene.propose(number, ago=HOUR)
        scene.book(number, *AGAINST)
    with scene.sessions.begin() as session:
        scene.chain(session, 1).dispute(requested, NOW - MINUTE, YES)
        scene.chain(session, 2).settle(requested, NOW - MINUTE, YES)
        scene.chain(session, 3).pay(NOW - MINUTE, ["1", "0"])
        chain = scene.chain(session, 4)
        chain.settle(requested, NOW - MINUTE, YES)
        chain.change(NOW - MINUTE, QuestionChangeKind.RESOLVED)
    assert scene.run().counts["live"] == 0
    assert scene.alerts() == []


@SQLITE
def test_levels_of_dust_hide_no_order_behind_them(scene: WatchScene) -> None:
    scene.propose(1)
    dust = [(f"0.{cents}", "5") for cents in range(20, 40)]
    scene.book(1, [], [*dust, ("0.40", "20000")])
    scene.run()
    assert told(scene) == [(AlertReason.CONTRADICTED, "standing")]
    with scene.sessions() as session:
        (row,) = session.scalars(select(ProposalSignal))
    assert row.standing_stake is not None
    assert row.standing_stake >= 12_000 * MICRO


@SQLITE
def test_a_second_answer_only_the_feed_tells_of_is_told_from_its_own_time_on(
    scene: WatchScene,
) -> None:
    with scene.sessions.begin() as session:
        scene.list_market(session, 1)
        market = session.get_one(Market, scene.market_ids[1])
        add_scored(session, 1, market, state=MarketState.PROPOSED, challenge_open=True)
        session.add(feed_report(market.id, NOW - 5 * HOUR, proposed_price=str(YES)))
    scene.book(1, *AGAINST)
    scene.run()
    for hours, status in ((1, "challenged"), (2, "reproposed"), (3, "reproposed")):
        second = {} if hours == 1 else {"reproposed_price": str(NO)}
        with scene.sessions.begin() as session:
            at = NOW + hours * HOUR
            prices = {"proposed_price": str(YES), **second}
            session.add(feed_report(market.id, at, status=status, **prices))
    scene.book(1, [("0.90", "20000")], [("0.92", "20000")])
    scene.run(4 * HOUR)
    assert [reason for reason, _ in told(scene)] == [AlertReason.CONTRADICTED] * 2
    with scene.sessions() as session:
        (one,) = list_live_proposals(session, scene.now()).watched
    assert (one.proposed_price, one.proposed_at) == (NO, NOW + 2 * HOUR)


@SQLITE
def test_dust_against_a_proposal_is_kept_and_not_told(scene: WatchScene) -> None:
    scene.propose(1)
    scene.book(1, [("0.98", "50000")], [("0.10", "20"), ("0.99", "50000")])
    scene.trade(1, 1, "0.50", 10)
    scene.run()
    assert scene.alerts() == []
    with scene.sessions() as session:
        (row,) = session.scalars(select(ProposalSignal))
    assert (row.standing_stake, row.traded_stake) == (18 * MICRO, 5 * MICRO)


def test_nothing_unchanged_is_asked_or_judged_again(scene: WatchScene) -> None:
    for number in (1, 2, 3):
        scene.propose(number)
        scene.book(number, *AGREES)
    assert scene.run().counts["judged"] == 3
    assert scene.server.requests[BOOKS] == 1
    # A half of a minute later no book is due; a minute later all are, and none has changed.
    again = scene.run(timedelta(seconds=30))
    assert (again.counts["books_due"], again.counts["moved"]) == (0, 0)
    later = scene.run(timedelta(seconds=30))
    assert (later.counts["books_due"], later.counts["books_unchanged"]) == (3, 6)
    assert (later.counts["moved"], scene.server.requests[BOOKS]) == (0, 2)
    scene.trade(2, 1, "0.40", 9_000, ago=timedelta(seconds=1))
    assert scene.run(timedelta(seconds=30)).counts["moved"] == 1
    assert told(scene) == [("contradicted", "traded")]


@SQLITE
def test_the_watch_and_the_refresh_plan_read_no_book_twice(scene: WatchScene) -> None:
    scene.propose(1, uma_status="proposed")
    scene.book(1, *AGREES)
    sync_liquidity(scene.sessions, scene.client, scene.clock)
    assert (scene.run().counts["books_due"], scene.server.requests[BOOKS]) == (0, 1)
    assert scene.run(MINUTE).counts["books_asked"] == 1
    again = sync_liquidity(scene.sessions, scene.client, scene.clock)
    assert (again.counts["book_asked"], scene.server.requests[BOOKS]) == (0, 2)
    # What its stream tells of a market brings the next read forward.
    with scene.sessions.begin() as session:
        mark_due(session, [scene.market_ids[1]], [ReadKind.BOOK], scene.now())
    assert scene.run().counts["books_asked"] == 1


@SQLITE
def test_the_most_urgent_books_are_asked_first_and_the_rest_waits(scene: WatchScene) -> None:
    for number, left in ((1, 90), (2, 4), (3, 45)):
        scene.propose(number, ago=2 * HOUR - left * MINUTE)
        scene.book(number, *AGREES)
    scene.run()
    (request,) = [seen for seen in scene.server.seen if seen.path == BOOKS]
    assert isinstance(request.body, list)
    first_of_each = [item["token_id"] for item in request.body[::2]]
    assert first_of_each == [tokens_of(number)[0] for number in (2, 3, 1)]


@SQLITE
def test_books_that_cannot_be_read_degrade_the_run_and_trades_are_told_all_the_same(
    scene: WatchScene,
) -> None:
    scene.propose(1)
    scene.server.fail_always(BOOKS, server_error())
    scene.trade(1, 0, "0.20", 9_000)
    report = scene.run()
    assert [line[:6] for line in report.degraded] == ["books:"]
    assert told(scene) == [("contradicted", "traded")]
    assert "unknown (no book was read)" in scene.alerts()[0].body


@SQLITE
def test_the_other_alerts_of_a_market_are_decided_as_before(scene: WatchScene) -> None:
    scene.propose(1)
    scene.book(1, *AGAINST)
    scene.run()
    rule = AlertRule(probability=0.05, expected_loss=10_000 * MICRO)
    report = send_alerts(
        scene.sessions, scene.clock, rule=rule, destinations=(), allow_private=False
    )
    assert report.counts["raised"] == 0
    assert len(scene.alerts()) == 1


@SQLITE
def test_the_baseline_is_kept_beside_the_verdict_with_its_blind_spots(scene: WatchScene) -> None:
    exchanges = {1: STANDARD_EXCHANGE, 2: NEG_RISK_EXCHANGE}
    for number in exchanges:
        scene.propose(number, ago=100 * MINUTE)
        scene.book(number, asks=[("1", "1")])
    for number, exchange in exchanges.items():
        # It leaves out trades in the first 150 blocks after the proposal.
        scene.skip_to(number, 3_500)
        scene.trade(number, 0, "0.70", 5_000, exchange=exchange)
    scene.run()
    assert told(scene) == [("contradicted", "traded")] * 2
    with scene.sessions() as session:
        rows = session.scalars(select(ProposalSignal).order_by(ProposalSignal.market_id)).all()
    assert [row.document["notifier_baseline"] for row in rows] == [
        {"unchecked": None, "reasons": ["winner_sold"]},
        {"unchecked": None, "reasons": []},
    ]


@SQLITE
def test_the_baseline_begins_to_look_in_the_last_half_hour(scene: WatchScene) -> None:
    scene.propose(1, ago=89 * MINUTE)
    scene.book(1, *AGREES)
    scene.run()
    scene.run(2 * MINUTE)
    with scene.sessions() as session:
        rows = session.scalars(select(ProposalSignal).order_by(ProposalSignal.id)).all()
    assert [row.document["notifier_baseline"] for row in rows] == [
        {"unchecked": "not_yet", "reasons": []},
        {"unchecked": None, "reasons": ["winner_offered", "loser_wanted"]},
    ]
