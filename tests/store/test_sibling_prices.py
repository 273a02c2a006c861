"""The same question's price on another venue in rows, on both databases."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.market import Market
from models.price_enums import Venue
from service.protocol.asset_prices import Unavailable
from service.protocol.sibling_prices import SiblingLink, SiblingReading
from service.store.markets.sibling_prices import (
    KnownSibling,
    SiblingsAdded,
    add_sibling_readings,
    get_sibling_prices,
)
from tests.store.scenes import NOW, add_market

MINUTE = timedelta(minutes=1)


def reading(market: Market, bid: str | None = "0.421", ask: str | None = "0.422") -> SiblingReading:
    link = SiblingLink(market.condition_id, Venue.KALSHI, "KXTEST-26", 0)
    sides = [None if side is None else Decimal(side) for side in (bid, ask)]
    return SiblingReading(link, "active", sides[0], sides[1], None, "https://kalshi.example/x")


def known(session: Session, market: Market, minutes: int = 0) -> KnownSibling:
    found = get_sibling_prices(session, market.id, NOW + minutes * MINUTE)
    assert not isinstance(found, Unavailable)
    (one,) = found
    return one


def test_a_quote_comes_back_exactly(session: Session) -> None:
    market = add_market(session, 1)
    assert add_sibling_readings(session, [reading(market)], NOW) == SiblingsAdded(1, 0, 0)
    session.expire_all()
    quote = known(session, market).quote
    assert (quote.bid, quote.ask, quote.price) == tuple(map(Decimal, ("0.421", "0.422", "0.4215")))
    assert (quote.venue, quote.reference, quote.outcome_index) == ("kalshi", "KXTEST-26", 0)


def test_a_market_without_a_sibling_is_missing_with_a_reason(session: Session) -> None:
    found = get_sibling_prices(session, add_market(session, 1).id, NOW)
    assert isinstance(found, Unavailable)
    assert "SETTLEWATCH_SIBLING_MARKETS" in found.reason


def test_a_one_sided_quote_is_kept_without_a_price(session: Session) -> None:
    market = add_market(session, 1)
    add_sibling_readings(session, [reading(market, ask=None)], NOW)
    assert known(session, market).quote.price is None


def test_what_does_not_move_is_written_every_ten_minutes(session: Session) -> None:
    market = add_market(session, 1)
    for minutes, added in ((0, 1), (5, 0), (10, 1)):
        done = add_sibling_readings(session, [reading(market)], NOW + minutes * MINUTE)
        assert done.added == added
    assert not known(session, market, 40).is_stale
    assert known(session, market, 41).is_stale


def test_a_quote_of_a_market_that_is_not_followed_is_counted(session: Session) -> None:
    stranger = reading(add_market(session, 1))
    link = replace(stranger.link, condition_id=bytes(32))
    done = add_sibling_readings(session, [replace(stranger, link=link)], NOW)
    assert done == SiblingsAdded(0, 0, 1)


def test_the_newest_quote_known_by_then_counts(session: Session) -> None:
    market = add_market(session, 1)
    add_sibling_readings(session, [reading(market)], NOW)
    add_sibling_readings(session, [reading(market, "0.6", "0.7")], NOW + MINUTE)
    assert known(session, market).quote.bid == Decimal("0.421")
    assert known(session, market, 1).quote.bid == Decimal("0.6")
