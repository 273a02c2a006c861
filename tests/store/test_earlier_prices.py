"""The price before many proposals at once, as known at a time."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.data_enums import PriceSource
from models.liquidity import BookSnapshot
from models.price_point import PricePoint, PriceSpan
from service.store.money.earlier_prices import list_earlier_prices
from tests.store.scenes import NOW, add_market

HOUR = timedelta(hours=1)
SPAN = 6 * HOUR


def add_point(session: Session, market_id: int, at: datetime, price: str) -> None:
    row = {"price": Decimal(price), "resolution_seconds": 60, "known_at": NOW}
    session.add(PricePoint(market_id=market_id, at=at, **row))


def add_span(session: Session, market_id: int, to: datetime, known_at: datetime) -> None:
    session.add(
        PriceSpan(
            market_id=market_id,
            from_at=NOW - 2 * SPAN,
            to_at=to,
            points=9,
            source=PriceSource.DATA_API,
            known_at=known_at,
        )
    )


def add_book(session: Session, market_id: int, at: datetime, bid: str, ask: str | None) -> None:
    session.add(
        BookSnapshot(
            market_id=market_id,
            token_id="1",
            outcome_index=0,
            best_bid=Decimal(bid),
            best_ask=None if ask is None else Decimal(ask),
            bid_depth=0,
            ask_depth=0,
            bids=[],
            asks=[],
            known_at=at,
        )
    )


def test_the_venues_history_goes_first_and_our_books_stand_in(session: Session) -> None:
    one, two = add_market(session, 1).id, add_market(session, 2).id
    for market_id in (one, two):
        add_book(session, market_id, NOW - 2 * HOUR, "0.4", "0.6")
        add_book(session, market_id, NOW - HOUR, "0.9", None)
        add_point(session, market_id, NOW - 3 * HOUR, "0.25")
        add_point(session, market_id, NOW + HOUR, "0.99")
    add_span(session, one, NOW + HOUR, NOW)
    # Of the second market the history was not fetched up to the proposal.
    add_span(session, two, NOW - HOUR, NOW)
    session.flush()
    found = list_earlier_prices(session, {one: NOW, two: NOW}, SPAN, NOW + HOUR)
    assert found == {
        one: [(NOW - 3 * HOUR, Decimal("0.25"))],
        two: [(NOW - 2 * HOUR, Decimal("0.5"))],
    }


def test_what_was_fetched_later_is_not_known_yet(session: Session) -> None:
    market = add_market(session, 1).id
    add_point(session, market, NOW - HOUR, "0.25")
    add_span(session, market, NOW, NOW)
    session.flush()
    assert list_earlier_prices(session, {market: NOW - HOUR / 2}, SPAN, NOW - HOUR / 4) == {}
    assert market in list_earlier_prices(session, {market: NOW - HOUR / 2}, SPAN, NOW)
