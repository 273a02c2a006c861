"""``sync_prices`` against loopback CoinGecko, Coinbase and Kalshi, on both databases."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.sync_prices import sync_prices
from models.chain import DataIssue
from models.enums import SourceState
from models.price import AssetQuote, SiblingQuote
from models.price_enums import Venue
from service.clock import SetClock, stopwatch
from service.protocol.asset_prices import AssetPrice, Unavailable
from service.protocol.ids import parse_hex32
from service.protocol.sibling_prices import SiblingLink
from service.protocol.sources import SourceHealth
from service.store.money.asset_prices import get_uma_price
from service.store.operations.sources import list_sources
from tests.loopback.polymarket import (
    Answer,
    PolymarketServer,
    Record,
    dropped,
    html_page,
    raw,
    server_error,
    too_many,
    trickled_body,
    truncated_json,
)
from tests.loopback.polymarket_client import NOW
from tests.loopback.price_sources import (
    COINGECKO,
    KALSHI,
    answer_kalshi,
    answer_prices,
    coinbase_ticker,
    coingecko_price,
    kalshi_market,
    quotes_of,
)
from tests.store.scenes import add_market, ref_of

MINUTE = timedelta(minutes=1)
Sessions = sessionmaker[Session]


def run(
    sessions: Sessions, server: PolymarketServer, clock: SetClock, *links: SiblingLink
) -> CycleReport:
    with quotes_of(server, clock, *links) as quotes:
        return sync_prices(sessions, quotes, clock)


def uma(sessions: Sessions, clock: SetClock) -> AssetPrice | Unavailable:
    with sessions() as session:
        return get_uma_price(session, clock.now())


def health(sessions: Sessions) -> Mapping[str, SourceHealth]:
    with sessions() as session:
        return {source.name: source for source in list_sources(session)}


def test_two_sources_are_stored_apart_and_answered_as_their_median(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW - MINUTE)
    report = run(sessions, server, clock)
    assert (report.degraded, report.counts) == ((), {"prices_added": 2})
    found = uma(sessions, clock)
    assert isinstance(found, AssetPrice)
    assert (found.price_usd, found.used) == (Decimal("1.25"), 2)
    assert found.volume_usd == Decimal("12000000.5")
    with sessions() as session:
        rows = session.scalars(select(AssetQuote).order_by(AssetQuote.id)).all()
    assert [(row.source, row.price_usd) for row in rows] == [
        ("coingecko", Decimal("1.2")),
        ("coinbase", Decimal("1.3")),
    ]
    assert {row.observed_at for row in rows} == {NOW - MINUTE}
    assert {row.known_at for row in rows} == {NOW}
    assert health(sessions)["coinbase"].state is SourceState.OK


def test_the_question_names_uma_its_volume_and_its_time(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW)
    run(sessions, server, clock)
    asked = next(seen for seen in server.seen if seen.path == COINGECKO)
    assert asked.params == {
        "ids": ["uma"],
        "vs_currencies": ["usd"],
        "include_24hr_vol": ["true"],
        "include_last_updated_at": ["true"],
        "precision": ["full"],
    }


@pytest.mark.parametrize(
    "fault",
    [
        too_many(),
        html_page(),
        raw(b'{"uma": {"usd": NaN}}'),
        truncated_json(),
        server_error(),
        dropped(),
    ],
    ids=["429", "html", "NaN", "truncated", "500", "dropped"],
)
def test_a_source_that_fails_degrades_only_itself(
    sessions: Sessions, server: PolymarketServer, clock: SetClock, fault: Answer
) -> None:
    answer_prices(server, NOW)
    server.fail_always(COINGECKO, fault)
    report = run(sessions, server, clock)
    (line,) = report.degraded
    assert line.startswith("coingecko: ")
    found = uma(sessions, clock)
    assert isinstance(found, AssetPrice)
    assert (found.price_usd, found.used) == (Decimal("1.3"), 1)
    states = health(sessions)
    assert states["coingecko"].state is SourceState.DEGRADED
    assert states["coinbase"].state is SourceState.OK


def test_a_body_that_trickles_is_given_up_at_the_deadline(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW)
    server.fail_always(COINGECKO, trickled_body())
    elapsed = stopwatch()
    report = run(sessions, server, clock)
    # By the idle time-out alone it would take minutes.
    assert elapsed() < 30
    assert len(report.degraded) == 1
    assert report.counts == {"prices_added": 1}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (coingecko_price(NOW, usd=0), "usd is no price: 0"),
        (coingecko_price(NOW, usd=-2), "usd is no price: -2"),
        (coingecko_price(NOW, usd="NaN"), "usd is not finite: 'NaN'"),
        ({}, "no 'uma' in the answer"),
        (coingecko_price(NOW + timedelta(days=1)), "last_updated_at lies ahead of our clock"),
    ],
    ids=["zero", "negative", "NaN", "unknown", "future"],
)
def test_an_answer_that_is_no_price_is_an_issue_a_fault_and_no_row(
    sessions: Sessions, server: PolymarketServer, clock: SetClock, record: Record, reason: str
) -> None:
    answer_prices(server, NOW, coingecko=record)
    report = run(sessions, server, clock)
    assert report.counts == {"refused": 1, "prices_added": 1}
    assert report.degraded[0].startswith(f"coingecko: {reason}")
    with sessions() as session:
        assert session.scalars(select(AssetQuote.source)).all() == ["coinbase"]
        (issue,) = session.scalars(select(DataIssue))
    assert (issue.key, issue.kind) == ("coingecko:UMA", "refused_asset_price")
    found = health(sessions)["coingecko"]
    assert found.state is SourceState.DEGRADED
    assert (found.reason or "").startswith(reason)


def test_sources_far_apart_are_both_shown_and_flagged(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW, coinbase=coinbase_ticker(NOW, price="120"))
    run(sessions, server, clock)
    found = uma(sessions, clock)
    assert isinstance(found, AssetPrice)
    assert found.disagrees
    assert (found.low_usd, found.high_usd) == (Decimal("1.2"), Decimal(120))
    assert found.price_usd == Decimal("60.6")


def test_a_price_that_is_old_by_its_own_time_is_stored_named_and_not_used(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW, coinbase=coinbase_ticker(NOW - 45 * MINUTE, price="9"))
    report = run(sessions, server, clock)
    assert report.counts["prices_stale"] == 1
    found = uma(sessions, clock)
    assert isinstance(found, AssetPrice)
    assert (found.price_usd, found.used, len(found.sources)) == (Decimal("1.2"), 1, 2)
    blamed = health(sessions)["coinbase"]
    assert blamed.state is SourceState.DEGRADED
    assert blamed.reason == "its price of UMA is 45 minutes old by its own time: not used"


def test_a_source_that_recovers_is_well_again(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW, coinbase=coinbase_ticker(NOW, price="0"))
    run(sessions, server, clock)
    answer_prices(server, NOW)
    clock.advance(5 * MINUTE)
    run(sessions, server, clock)
    found = health(sessions)["coinbase"]
    assert (found.state, found.reason) == (SourceState.OK, None)
    with sessions() as session:
        assert session.scalars(select(DataIssue)).all() == []


def test_where_nothing_is_configured_nothing_is_asked_and_the_price_is_missing(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    with quotes_of(server, clock, sources=()) as quotes:
        report = sync_prices(sessions, quotes, clock)
    assert (report.counts, report.degraded, server.seen) == ({}, (), [])
    assert isinstance(uma(sessions, clock), Unavailable)


def link_to(number: int, ticker: str) -> SiblingLink:
    return SiblingLink(parse_hex32(ref_of(number)), Venue.KALSHI, ticker, 0)


def test_linked_markets_are_asked_for_together_and_stored(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    with sessions.begin() as session:
        wanted = [add_market(session, number).id for number in (1, 2)]
    answer_prices(server, NOW)
    answer_kalshi(server, kalshi_market("KXB"), kalshi_market("KXA", "0.1000", "0.1200"))
    report = run(sessions, server, clock, link_to(1, "KXA"), link_to(2, "KXB"), link_to(3, "KXB"))
    assert report.degraded == ()
    assert report.counts["siblings_added"] == 2
    assert report.counts["siblings_of_unknown_markets"] == 1
    (asked,) = [seen for seen in server.seen if seen.path == KALSHI]
    assert asked.params["tickers"] == ["KXA,KXB"]
    with sessions() as session:
        rows = session.scalars(select(SiblingQuote).order_by(SiblingQuote.market_id)).all()
    assert [(row.market_id, row.price) for row in rows] == [
        (wanted[0], Decimal("0.11")),
        (wanted[1], Decimal("0.43")),
    ]


def test_a_ticker_the_venue_does_not_list_is_named_and_the_others_count(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    answer_prices(server, NOW)
    answer_kalshi(server, kalshi_market("KXA"), kalshi_market("KXUNASKED"))
    report = run(sessions, server, clock, link_to(1, "KXA"), link_to(2, "KXGONE"))
    assert report.counts["siblings_added"] == 1
    (line,) = report.degraded
    assert "KXGONE" in line
    assert line.endswith("Kalshi does not list this ticker")
    assert health(sessions)["kalshi"].state is SourceState.DEGRADED


def test_a_ticker_that_is_listed_again_is_no_issue_any_more(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    answer_prices(server, NOW)
    answer_kalshi(server)
    links = (link_to(1, "KXA"), link_to(2, "KXGONE"))
    run(sessions, server, clock, *links)
    answer_kalshi(server, kalshi_market("KXA"))
    run(sessions, server, clock, *links)
    with sessions() as session:
        assert session.scalars(select(DataIssue.key)).all() == [links[1].key]


def test_a_sibling_venue_that_is_down_costs_only_its_own_prices(
    sessions: Sessions, server: PolymarketServer, clock: SetClock
) -> None:
    answer_prices(server, NOW)
    server.fail_always(KALSHI, html_page(503))
    report = run(sessions, server, clock, link_to(1, "KXA"))
    assert report.counts["prices_added"] == 2
    assert [line[:8] for line in report.degraded] == ["kalshi: "]
