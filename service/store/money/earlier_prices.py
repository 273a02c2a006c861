"""The price of outcome 0 before each of many proposals: the venue's history, else our own books."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot
from models.price_point import PricePoint, PriceSpan
from service.store.upserts import IN_CHUNK, chunks

# A stretch begins with the price that held before it; points far from a proposal are this rare.
HELD = timedelta(hours=2)
Prices = dict[int, list[tuple[datetime, Decimal]]]


def list_earlier_prices(
    session: Session, proposed: Mapping[int, datetime], span: timedelta, as_of: datetime
) -> Prices:
    """Changes of the price in the ``span`` before each market's proposal, oldest first.

    Each holds until the next. The venue's history where it was fetched up to the proposal by
    ``as_of``; elsewhere the middle of our own books, which may be seen rarely.
    """
    found: Prices = {}
    # Neighbours in time share a query, which then reads little beyond what is wanted.
    ordered = sorted(proposed, key=lambda market_id: proposed[market_id])
    for part in chunks(ordered, IN_CHUNK):
        first, last = proposed[part[0]] - span - HELD, min(proposed[part[-1]], as_of)
        fetched = _fetched(session, part, proposed, as_of)
        for prices in (
            _from_history(session, fetched, first, last, as_of),
            _from_books(session, set(part) - fetched, first, last, as_of),
        ):
            for market_id, changes in prices.items():
                found[market_id] = [one for one in changes if one[0] < proposed[market_id]]
    return found


def _fetched(
    session: Session, part: Collection[int], proposed: Mapping[int, datetime], as_of: datetime
) -> set[int]:
    query = (
        select(PriceSpan.market_id, func.max(PriceSpan.to_at))
        .where(
            PriceSpan.market_id.in_(part),
            PriceSpan.known_at <= as_of,
            PriceSpan.points > 0,
        )
        .group_by(PriceSpan.market_id)
    )
    return {market_id for market_id, to in session.execute(query) if to >= proposed[market_id]}


def _from_history(
    session: Session, part: Collection[int], first: datetime, last: datetime, as_of: datetime
) -> Prices:
    query = (
        select(PricePoint.market_id, PricePoint.at, PricePoint.price)
        .where(
            PricePoint.market_id.in_(part),
            PricePoint.at >= first,
            PricePoint.at < last,
            PricePoint.known_at <= as_of,
        )
        .order_by(PricePoint.at)
    )
    found: Prices = {}
    for market_id, at, price in session.execute(query):
        found.setdefault(market_id, []).append((at, price))
    return found


def _from_books(
    session: Session, part: Collection[int], first: datetime, last: datetime, as_of: datetime
) -> Prices:
    query = (
        select(
            BookSnapshot.market_id,
            BookSnapshot.known_at,
            BookSnapshot.best_bid,
            BookSnapshot.best_ask,
        )
        .where(
            BookSnapshot.market_id.in_(part),
            BookSnapshot.outcome_index == 0,
            BookSnapshot.known_at >= first,
            BookSnapshot.known_at <= min(last, as_of),
        )
        .order_by(BookSnapshot.known_at, BookSnapshot.id)
    )
    found: Prices = {}
    for market_id, known_at, bid, ask in session.execute(query):
        if bid is not None and ask is not None:
            found.setdefault(market_id, []).append((known_at, (bid + ask) / 2))
    return found
