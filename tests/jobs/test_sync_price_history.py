"""``sync_price_history`` against a loopback Polymarket."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.sync_markets import sync_markets
from jobs.sync_price_history import sync_price_history
from jobs.sync_resolutions import sync_resolutions
from models.chain import DataIssue
from models.market import Market
from models.price_point import PricePoint, PriceSpan
from models.refresh import MarketRead
from models.refresh_enums import ReadKind
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.protocol.contracts import ContractBook
from service.store.scores.inputs import load_inputs
from tests.loopback.polymarket import PolymarketServer, server_error
from tests.loopback.polymarket_client import NOW
from tests.loopback.polymarket_money import (
    CLOB_PRICES,
    PRICES,
    MoneyRoutes,
    serve_money,
)
from tests.loopback.records import a_market, a_resolution, condition_of, tokens_of

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
PROPOSED = NOW - HOUR
NO_BOOK = ContractBook(())
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def money(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> MoneyRoutes:
    """One market, proposed an hour ago."""
    server.markets = [a_market(1, umaResolutionStatus="proposed")]
    at = str(int(PROPOSED.timestamp()))
    server.resolutions = [a_resolution(1, last_update_timestamp=at)]
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    sync_resolutions(sessions, client, clock)
    return serve_money(server)


def minutes_of(
    first: datetime, last: datetime, price: float
) -> list[tuple[int, float | None, int]]:
    """A price each minute, repeated until it changes, as the source sends it."""
    count = int((last - first) / MINUTE) + 1
    return [(int((first + n * MINUTE).timestamp()), price, 60) for n in range(count)]


def run(sessions: sessionmaker[Session], client: PolymarketClient, clock: SetClock) -> CycleReport:
    return sync_price_history(sessions, client, NO_BOOK, clock)


def test_the_past_is_read_from_48_hours_before_the_proposal_and_never_twice(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    begin = PROPOSED - 48 * HOUR
    token = tokens_of(1)[0]
    rise = PROPOSED - 30 * MINUTE
    money.prices[token] = [
        *minutes_of(begin - HOUR, rise - MINUTE, 0.4),
        *minutes_of(rise, NOW - 2 * MINUTE, 0.9),
    ]
    money.repeats = True
    report = run(sessions, client, clock)
    assert report.degraded == ()
    assert report.counts["points_added"] == 2
    pages = {str(seen.params.get("cursor")) for seen in server.seen if seen.path == PRICES}
    assert len(pages) == 3
    clock.advance(5 * MINUTE)
    assert run(sessions, client, clock).counts == {}
    money.prices[token] += minutes_of(NOW - MINUTE, NOW + 20 * MINUTE, 0.91)
    clock.advance(15 * MINUTE)
    assert run(sessions, client, clock).counts["points_added"] == 1
    again = server.seen[-1].params
    # The newest points come late: the second stretch begins where the first one's points ended.
    assert again["start"] == [str(int((NOW - 2 * MINUTE).timestamp()))]
    with sessions() as session:
        points = session.scalars(select(PricePoint).order_by(PricePoint.at)).all()
        assert [(point.at, float(point.price)) for point in points] == [
            (begin, 0.4),
            (rise, 0.9),
            (NOW - MINUTE, 0.91),
        ]
        assert session.scalars(select(PriceSpan.source)).all() == ["data_api"] * 2


def test_a_score_reads_the_history_where_no_book_was_seen_and_only_once_it_is_known(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    money.prices[tokens_of(1)[0]] = minutes_of(PROPOSED - 48 * HOUR, NOW, 0.4)
    clock.advance(MINUTE)
    run(sessions, client, clock)
    with sessions() as session:
        (market,) = session.scalars(select(Market))
        assert market.stale_since == NOW + MINUTE
        (before,) = load_inputs(session, [market], NO_BOOK, NOW)
        (after,) = load_inputs(session, [market], NO_BOOK, NOW + MINUTE)
    assert (before.price_before_proposal, before.price_evidence) == (None, None)
    assert (after.price_before_proposal, after.price_evidence) == (0.4, "price_history")


@ON_SQLITE
def test_the_clob_stands_in_and_both_failing_is_said(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    token = tokens_of(1)[0]
    money.clob_prices[token] = [(int((PROPOSED - HOUR).timestamp()), 0.3)]
    report = run(sessions, client, clock)
    assert (report.degraded, report.counts["stretches_from_clob"]) == ((), 1)
    clock.advance(HOUR)
    server.fail_always(PRICES, server_error())
    server.fail_always(CLOB_PRICES, server_error())
    (line,) = run(sessions, client, clock).degraded
    assert line.startswith("data_api: ")


@ON_SQLITE
def test_a_point_without_a_price_is_an_issue_and_the_others_are_kept(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    token = tokens_of(1)[0]
    at = int((PROPOSED - HOUR).timestamp())
    money.prices[token] = [(at, 0.3, 60), (at + 60, None, 60), (at + 120, 0.4, 60)]
    assert run(sessions, client, clock).counts["points_added"] == 2
    with sessions() as session:
        (issue,) = session.scalars(select(DataIssue))
    assert (issue.key, issue.reason) == (token, "no price: None")


@ON_SQLITE
def test_a_long_past_is_read_in_windows_and_a_closed_market_to_its_end(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    clock.advance(timedelta(days=20))
    for _ in range(2):
        run(sessions, client, clock)
        clock.advance(15 * MINUTE)
    starts = {int(seen.params["start"][0]) for seen in server.seen if seen.path == PRICES}
    assert max(starts) - min(starts) == 15 * 86_400
    with sessions.begin() as session:
        (market,) = session.scalars(select(Market))
        market.closed, market.closed_at = True, clock.now()
    clock.advance(2 * HOUR)
    assert run(sessions, client, clock).counts["stretches"] == 1
    clock.advance(HOUR)
    asked = server.requests[PRICES]
    assert run(sessions, client, clock).counts == {}
    assert server.requests[PRICES] == asked
    assert condition_of(1)


@ON_SQLITE
def test_a_token_the_source_always_fails_on_costs_only_itself(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
    money: MoneyRoutes,
) -> None:
    server.markets.append(a_market(2, umaResolutionStatus="proposed"))
    at = str(int(PROPOSED.timestamp()))
    server.resolutions.append(a_resolution(2, last_update_timestamp=at))
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    sync_resolutions(sessions, client, clock)
    culprit, other = (tokens_of(number)[0] for number in (1, 2))
    money.prices[other] = [(int((PROPOSED - HOUR).timestamp()), 0.3, 60)]
    original = server.answer
    server.answer = lambda seen: (  # type: ignore[method-assign]  # the server turns hostile
        server_error() if culprit in str(seen.params) else original(seen)
    )
    report = run(sessions, client, clock)
    assert report.degraded == ("data_api: HTTP 500: cannot get the information",)
    assert report.counts["points_added"] == 1
    with sessions() as session:
        query = select(MarketRead.misses).where(MarketRead.kind == ReadKind.PRICE_HISTORY)
        assert sorted(session.scalars(query)) == [0, 1]
