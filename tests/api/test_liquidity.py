"""A market's money over the API: present with its age and source, or missing and why."""

from datetime import timedelta
from decimal import Decimal

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.data_enums import HolderSource, PriceSource
from models.liquidity import OpenInterest
from models.market import Market, ResolutionReport, TradingActivity
from models.price_point import PricePoint, PriceSpan
from service.api.liquidity_schemas import MarketLiquidity
from service.protocol.holders import HeldShares, TokenHolders
from service.protocol.listings import BookLevel, BookRow
from service.store.money.holdings import add_holders
from service.store.money.liquidity import add_books
from tests.store.scenes import MICRO, NOW, add_market

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PROPOSED = NOW - HOUR
YES = str(10**70 + 1)


def levels(*pairs: tuple[str, str]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in pairs)


@pytest.fixture
def market(sessions: sessionmaker[Session]) -> Market:
    """Everything known of one market, and of its book the Yes side alone."""
    with sessions.begin() as session:
        market = add_market(session, 1)
        session.add_all(
            [
                OpenInterest(market_id=market.id, value=100 * MICRO, known_at=NOW - 7 * HOUR),
                TradingActivity(
                    market_id=market.id,
                    volume=900 * MICRO,
                    volume_24h=0,
                    volume_1wk=50 * MICRO,
                    liquidity=7 * MICRO,
                    known_at=NOW - 30 * HOUR,
                ),
                ResolutionReport(
                    market_id=market.id,
                    status="proposed",
                    proposed_price=str(10**18),
                    was_disputed=False,
                    extended_review=False,
                    rules_updated=False,
                    reported_at=PROPOSED,
                    known_at=PROPOSED,
                ),
                PriceSpan(
                    market_id=market.id,
                    from_at=PROPOSED - 48 * HOUR,
                    to_at=NOW,
                    points=900,
                    source=PriceSource.DATA_API,
                    known_at=NOW - MINUTE,
                ),
            ]
        )
        for at, price in ((PROPOSED - 2 * HOUR, "0.8"), (PROPOSED - 4 * MINUTE, "0.99")):
            session.add(
                PricePoint(
                    market_id=market.id,
                    at=at,
                    price=Decimal(price),
                    resolution_seconds=60,
                    known_at=NOW - MINUTE,
                )
            )
        book = BookRow(YES, NOW, levels(("0.60", "100"), ("0.55", "1000")), levels(("0.62", "50")))
        add_books(session, [book], [market.id], NOW - MINUTE)
        held = tuple(HeldShares(bytes([n] * 20), size * MICRO) for n, size in ((1, 60), (2, 20)))
        listed = TokenHolders(YES, held, is_cut=True, source=HolderSource.HOLDERS)
        add_holders(session, [listed], [market.id], NOW - MINUTE)
        session.expunge_all()
        return market


def ask(client: TestClient, query: str = "") -> MarketLiquidity:
    answer = client.get(f"/v1/markets/market-1/liquidity{query}")
    assert answer.status_code == 200, answer.text
    return MarketLiquidity.model_validate_json(answer.content)


@pytest.mark.usefixtures("market")
def test_every_figure_has_its_age_and_source(client: TestClient) -> None:
    found = ask(client)
    interest = found.open_interest
    assert (interest.value_usdc, interest.age_seconds) == ("100.000000", 7 * 3600)
    assert (interest.is_stale, interest.source) == (True, "data_api")
    assert found.volume.total.value_usdc == "900.000000"
    # A zero that was sent is a zero, if one of yesterday; what was left out is missing.
    assert (found.volume.last_24h.value_usdc, found.volume.last_24h.is_stale) == ("0.000000", True)
    assert (found.volume.last_week.is_stale, found.volume.last_month.state) == (False, "missing")
    assert found.clob_volume.total.value_usdc is None
    assert found.clob_volume.total.reason


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_zero_that_cannot_be_is_missing(
    sessions: sessionmaker[Session], client: TestClient, market: Market
) -> None:
    with sessions.begin() as session:
        # As recorded of closed markets: traded in a day, and nothing in the week around it.
        row = TradingActivity(
            market_id=market.id, volume=10**9, volume_24h=10**6, volume_1wk=0, known_at=NOW
        )
        session.add(row)
    found = ask(client).volume
    assert (found.last_24h.value_usdc, found.last_week.value_usdc) == ("1.000000", None)
    assert found.last_week.reason


@pytest.mark.usefixtures("market")
def test_one_book_tells_of_both_outcomes_and_what_leaving_costs(client: TestClient) -> None:
    yes, no = ask(client, "?size_usdc=122").books.outcomes
    assert (yes.is_mirrored, no.is_mirrored, no.label) == (False, True, "No")
    assert (yes.best_bid, yes.mid, no.best_bid, no.best_ask) == ("0.6", "0.61", "0.38", "0.4")
    assert [band.bids_usdc for band in yes.depth] == [
        "60.000000",
        "60.000000",
        "610.000000",
        "610.000000",
    ]
    assert [line.size_usdc for line in yes.exits] == [
        "122.000000",
        "1000.000000",
        "10000.000000",
        "100000.000000",
    ]
    asked, small = yes.exits[:2]
    assert (asked.cost_usdc, asked.average_price, asked.unfilled_usdc) == (
        "7.000000",
        "0.575",
        "0.000000",
    )
    assert (small.filled_usdc, small.unfilled_usdc) == ("671.000000", "329.000000")
    assert small.reason == "the bids end before it does"


@pytest.mark.usefixtures("market")
def test_a_cut_list_of_holders_gives_bounds(client: TestClient) -> None:
    (line,) = ask(client).holders.outcomes
    assert (line.holders_listed, line.is_cut, line.listed_shares) == (2, True, "80.000000")
    # 60 of at most the 100 that exist, and of at least the 80 that are listed.
    assert (line.top_1.low, line.top_1.high) == (0.6, 0.75)


@pytest.mark.usefixtures("market")
def test_the_price_before_the_proposal_is_the_median_by_time(client: TestClient) -> None:
    past = ask(client).price_history
    assert (past.first, past.last, past.points) == ("0.8", "0.99", 2)
    assert (past.before_proposal, past.proposed_at) == ("0.8", PROPOSED)


def test_what_was_never_seen_is_missing_with_its_reason(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    found = ask(client)
    parts = (found.open_interest, found.liquidity_score, found.books, found.holders)
    assert {part.state for part in (*parts, found.price_history)} == {"missing"}
    assert all(part.reason for part in (*parts, found.price_history))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("size", ["0", "-1", "abc", "1e30", "NaN", "1_000", "\u0661\u0660"])
def test_a_size_that_is_none_is_refused(
    sessions: sessionmaker[Session], client: TestClient, size: str
) -> None:
    with sessions.begin() as session:
        add_market(session, 1)
    assert client.get(f"/v1/markets/market-1/liquidity?size_usdc={size}").status_code == 422
