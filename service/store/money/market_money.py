"""What is known at a time of the money in one market: one row of each kind, with its age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, TradingActivity
from service.protocol.book_depth import BookSide, OutcomeBook
from service.protocol.listings import BookLevel
from service.protocol.price_history import PriceReading
from service.store.latest import latest_by_market
from service.store.money.holdings import KnownHolders, list_holders
from service.store.money.liquidity import LEVELS
from service.store.money.price_history import get_price_points, list_price_spans, source_of


@dataclass(frozen=True, slots=True)
class KnownPrices:
    """A market's stored past: its points, oldest first, and how far it was fetched."""

    points: tuple[PriceReading, ...]
    from_at: datetime
    to_at: datetime
    source: str | None
    known_at: datetime


@dataclass(frozen=True, slots=True)
class MarketMoney:
    """The newest of each as known at ``as_of``; ``None`` and empty where never seen."""

    as_of: datetime
    interest: OpenInterest | None
    activity: TradingActivity | None
    # By outcome index.
    books: dict[int, BookSnapshot]
    holders: tuple[KnownHolders, ...]
    prices: KnownPrices | None

    def age(self, known_at: datetime) -> timedelta:
        """How old what was known then is."""
        return self.as_of - known_at


def get_market_money(session: Session, market: Market, as_of: datetime) -> MarketMoney:
    """Everything stored of a market's money as known at ``as_of``."""
    ids = [market.id]
    books = latest_by_market(session, BookSnapshot, ids, as_of, BookSnapshot.outcome_index)
    return MarketMoney(
        as_of=as_of,
        interest=latest_by_market(session, OpenInterest, ids, as_of).get(market.id),
        activity=latest_by_market(session, TradingActivity, ids, as_of).get(market.id),
        books={outcome: book for (_, outcome), book in books.items()},
        holders=tuple(list_holders(session, ids, as_of)),
        prices=_prices(session, market.id, as_of),
    )


def to_outcome_book(row: BookSnapshot) -> OutcomeBook:
    """A stored book; a side of exactly so many levels may be of a release that kept no more."""
    return OutcomeBook(_side(row.bids), _side(row.asks))


def _side(levels: Sequence[Sequence[str]]) -> BookSide:
    read = tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in levels)
    return BookSide(read, is_cut=len(read) == LEVELS)


def _prices(session: Session, market_id: int, as_of: datetime) -> KnownPrices | None:
    spans = list_price_spans(session, market_id, as_of)
    if not spans:
        return None
    return KnownPrices(
        points=tuple(get_price_points(session, market_id, as_of)),
        from_at=min(span.from_at for span in spans),
        to_at=max(span.to_at for span in spans),
        source=source_of(spans),
        known_at=spans[-1].known_at,
    )
