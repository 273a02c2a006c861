"""The price before the first proposal, of many markets at once: each by its own hour."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.data_enums import PriceSource
from models.enums import Outcome
from models.liquidity import BookSnapshot
from models.market import Market
from models.price_point import PricePoint, PriceSpan
from service.risk.inputs import Proposal
from service.store.money.prices_before import get_prices_before
from tests.store.scenes import NOW, add_market

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def proposed(at: datetime) -> Proposal:
    return Proposal(Outcome.YES, at, None, None, None)


def add_book(
    session: Session, market: Market, at: datetime, bid: str | None, outcome: int = 0
) -> None:
    session.add(
        BookSnapshot(
            market_id=market.id,
            token_id=market.token_ids[outcome],
            outcome_index=outcome,
            best_bid=None if bid is None else Decimal(bid),
            best_ask=Decimal("0.99"),
            bid_depth=0,
            ask_depth=0,
            bids=[],
            asks=[],
            known_at=at,
        )
    )


def add_history(
    session: Session, market: Market, price: str, to: datetime, known: datetime
) -> None:
    start = to - 3 * HOUR
    session.add(
        PricePoint(
            market_id=market.id,
            at=start,
            price=Decimal(price),
            resolution_seconds=60,
            known_at=known,
        )
    )
    session.add(
        PriceSpan(
            market_id=market.id,
            from_at=start,
            to_at=to,
            points=1,
            source=PriceSource.DATA_API,
            known_at=known,
        )
    )


def test_each_market_is_read_over_its_own_hour(session: Session) -> None:
    markets = [add_market(session, number) for number in range(4)]
    firsts = {m.id: proposed(NOW - n * HOUR) for n, m in enumerate(markets)}
    for number, market in enumerate(markets):
        then = NOW - number * HOUR
        for minutes, bid in ((-61, "0.01"), (-60, "0.51"), (-5, f"0.5{number + 2}"), (-4, "0.02")):
            add_book(session, market, then + minutes * MINUTE, bid)
        # The other outcome's price is not Yes's.
        add_book(session, market, then - 20 * MINUTE, "0.97", outcome=1)
    session.flush()
    found = get_prices_before(session, firsts, NOW)
    assert found == {
        market.id: ((0.75 + float((Decimal(f"0.5{n + 2}") + Decimal("0.99")) / 2)) / 2, "books")
        for n, market in enumerate(markets)
    }
    assert all(get_prices_before(session, {i: f}, NOW) == {i: found[i]} for i, f in firsts.items())


def test_where_no_book_is_known_the_history_and_then_an_earlier_book_stand_in(
    session: Session,
) -> None:
    booked, told, earlier, one_sided, unknown = (add_market(session, n) for n in range(5))
    firsts = {m.id: proposed(NOW) for m in (booked, told, earlier, one_sided, unknown)}
    add_book(session, booked, NOW - 30 * MINUTE, "0.41")
    for market in (booked, told):
        add_history(session, market, "0.25", NOW, NOW)
    add_book(session, told, NOW - 2 * HOUR, "0.41")
    for hours, bid in ((25, "0.11"), (24, "0.21"), (3, "0.31")):
        add_book(session, earlier, NOW - hours * HOUR, bid)
        add_book(session, unknown, NOW - (hours + 22) * HOUR, bid)
    # Its newest book of the day has one side: there is no price.
    add_book(session, one_sided, NOW - 3 * HOUR, "0.5")
    add_book(session, one_sided, NOW - 2 * HOUR, None)
    session.flush()
    assert get_prices_before(session, firsts, NOW) == {
        booked.id: (0.7, "books"),
        told.id: (0.25, "price_history"),
        earlier.id: (0.65, "earlier_book"),
    }


def test_what_became_known_later_is_not_read(session: Session) -> None:
    market = add_market(session, 1)
    firsts = {market.id: proposed(NOW + HOUR)}
    add_book(session, market, NOW + 5 * MINUTE, "0.41")
    add_history(session, market, "0.25", NOW + HOUR, NOW + MINUTE)
    session.flush()
    assert get_prices_before(session, firsts, NOW) == {}
    assert get_prices_before(session, firsts, NOW + MINUTE) == {market.id: (0.25, "price_history")}
    assert get_prices_before(session, firsts, NOW + HOUR) == {market.id: (0.7, "books")}
    assert get_prices_before(session, {}, NOW) == {}
