"""Whose tokens the market stream is followed for, and what is stored of their prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot
from models.market import Market
from models.refresh import MarketRefresh
from service.protocol.ids import to_hex
from service.protocol.refresh_periods import HOT
from service.store.latest import latest_by_market


@dataclass(frozen=True, slots=True)
class WatchedToken:
    """An outcome token of a hot market."""

    token_id: str
    market_id: int
    condition_id: str
    # The middle of its last stored book; None where none is stored or both sides were empty.
    price: Decimal | None


def list_watched_tokens(session: Session, now: datetime, limit: int) -> Sequence[WatchedToken]:
    """The tokens of hot markets, those with the most money first."""
    query = (
        select(Market.id, Market.condition_id, Market.token_ids)
        .join(MarketRefresh, MarketRefresh.market_id == Market.id)
        .where(MarketRefresh.state.in_(sorted(HOT)))
        .order_by(MarketRefresh.money.desc().nulls_last(), Market.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    books = latest_by_market(
        session, BookSnapshot, [row.id for row in rows], now, BookSnapshot.outcome_index
    )
    found = [
        WatchedToken(token, row.id, to_hex(row.condition_id), _middle(books.get((row.id, index))))
        for row in rows
        for index, token in enumerate(row.token_ids)
    ]
    return found[:limit]


def _middle(book: BookSnapshot | None) -> Decimal | None:
    sides = [] if book is None else [book.best_bid, book.best_ask]
    known = [side for side in sides if side is not None]
    return sum(known, Decimal(0)) / len(known) if known else None
