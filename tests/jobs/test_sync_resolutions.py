"""``sync_resolutions`` against a loopback Polymarket, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.sync_markets import sync_markets
from jobs.sync_resolutions import sync_resolutions
from models.market import Market, ResolutionReport
from models.refresh import MarketRead
from models.refresh_enums import ReadKind
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.protocol.ids import to_hex
from tests.loopback.polymarket import (
    RESOLUTIONS,
    Answer,
    PolymarketServer,
    Seen,
    html_page,
    server_error,
)
from tests.loopback.records import a_market, a_resolution, condition_of


def statuses(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(ResolutionReport.status).order_by(ResolutionReport.id)))


def test_markets_where_something_moves_are_asked_for_first_and_oftener(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [
        a_market(1),
        a_market(2, umaResolutionStatus="proposed"),
        a_market(3, endDate="2026-11-21T00:00:00Z"),
    ]
    server.resolutions = [a_resolution(2)]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    report = sync_resolutions(sessions, client, clock)
    assert (report.counts["added"], report.counts["missing"]) == (1, 2)
    clock.advance(timedelta(seconds=50))
    sync_resolutions(sessions, client, clock)
    first, second = (seen.params["condition"] for seen in server.seen if seen.path == RESOLUTIONS)
    assert first == [f"{condition_of(2)},{condition_of(3)},{condition_of(1)}"]
    # What was not answered backs off.
    assert second == [condition_of(2)]


def test_a_market_is_followed_from_proposal_to_its_final_word_after_it_closed(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1, umaResolutionStatus="proposed")]
    server.resolutions = [a_resolution(1)]
    for _ in range(2):
        sync_markets(sessions, client, clock, min_volume_usdc=0)
        sync_resolutions(sessions, client, clock)
        clock.advance(timedelta(minutes=1))
    # It closes, and the feed lags behind the catalogue.
    server.markets = [a_market(1, closed=True, umaResolutionStatus="resolved")]
    clock.advance(timedelta(hours=2))
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    sync_resolutions(sessions, client, clock)
    clock.advance(timedelta(minutes=5))
    server.resolutions = [a_resolution(1, status="resolved", payouts=[1000000, 0])]
    sync_resolutions(sessions, client, clock)
    assert statuses(sessions) == ["proposed", "resolved"]
    server.seen.clear()
    clock.advance(timedelta(hours=1))
    sync_resolutions(sessions, client, clock)
    assert not server.seen


def test_what_came_before_a_failure_is_kept(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    numbers = range(30)
    server.markets = [a_market(number, umaResolutionStatus="proposed") for number in numbers]
    server.resolutions = [a_resolution(number) for number in numbers]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    original = server.answer
    server.answer = lambda seen: (  # type: ignore[method-assign]  # the second batch is broken
        html_page(502) if server.requests[RESOLUTIONS] else original(seen)
    )
    report = sync_resolutions(sessions, client, clock)
    assert report.degraded == ("resolutions: data_api: HTTP 502: an HTML page",)
    assert len(statuses(sessions)) == 20


def test_more_hot_markets_than_a_run_can_ask_are_said(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(number, umaResolutionStatus="disputed") for number in range(30)]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    report = sync_resolutions(sessions, client, clock, requests_a_run=1)
    assert (report.counts["resolution_asked"], report.counts["resolution_left"]) == (20, 10)
    assert report.degraded == ("resolution: 10 of 30 due markets were left",)


def test_slow_answers_make_cold_markets_wait_and_never_hot_ones(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    hot = [a_market(number, umaResolutionStatus="proposed") for number in range(60)]
    server.markets = [*hot, *(a_market(number) for number in range(60, 120))]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    original = server.answer

    def slowly(seen: Seen) -> Answer:
        clock.advance(timedelta(seconds=15))
        return original(seen)

    server.answer = slowly  # type: ignore[method-assign]
    report = sync_resolutions(sessions, client, clock)
    assert report.counts["resolution_asked"] == 60
    assert report.counts["resolution_left"] == 60


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_market_the_source_always_fails_on_costs_only_itself(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    numbers = range(60)
    server.markets = [a_market(number, umaResolutionStatus="proposed") for number in numbers]
    server.resolutions = [a_resolution(number) for number in numbers]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    original, culprit = server.answer, condition_of(3)
    server.answer = lambda seen: (  # type: ignore[method-assign]  # the server turns hostile
        server_error() if culprit in str(seen.params) else original(seen)
    )
    stored = []
    for _ in range(8):
        report = sync_resolutions(sessions, client, clock)
        assert report.degraded == ("resolutions: data_api: HTTP 500: cannot get the information",)
        stored.append(len(statuses(sessions)))
        clock.advance(timedelta(seconds=120))
    # The other batches at once, and then all but the culprit, half of its company at a time.
    assert stored[:3] == [40, 50, 55]
    assert stored[-1] == 59
    with sessions() as session:
        waiting = session.scalars(
            select(Market.condition_id)
            .join(MarketRead, MarketRead.market_id == Market.id)
            .where(MarketRead.kind == ReadKind.RESOLUTION, MarketRead.misses > 0)
        ).all()
    assert [to_hex(condition) for condition in waiting] == [culprit]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_culprits_of_one_batch_leave_the_circuit_closed_once_they_are_known(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    numbers = range(30)
    server.markets = [a_market(number, umaResolutionStatus="proposed") for number in numbers]
    server.resolutions = [a_resolution(number) for number in numbers]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    original, culprits = server.answer, (condition_of(3), condition_of(13))
    server.answer = lambda seen: (  # type: ignore[method-assign]  # the server turns hostile
        server_error() if any(one in str(seen.params) for one in culprits) else original(seen)
    )
    for _ in range(12):
        sync_resolutions(sessions, client, clock)
        clock.advance(timedelta(seconds=120))
    assert len(statuses(sessions)) == 28
    assert all(health.retry_at is None for health in client.health())
    server.answer = original  # type: ignore[method-assign]  # it is well again
    for _ in range(2):
        sync_resolutions(sessions, client, clock)
        clock.advance(timedelta(seconds=120))
    assert len(statuses(sessions)) == 30
