"""The price of Yes before the first proposal of each of many markets, and where it was read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot
from models.price_point import PriceSpan
from service.protocol.price_history import median_price
from service.risk.inputs import PriceEvidence, Proposal
from service.store.id_lists import ID_CHUNK, Stretch, stretches
from service.store.money.price_history import get_history_between
from service.store.upserts import chunks

# The price that counts as belief before a proposal: its median over this span before it.
BELIEF_FROM = timedelta(minutes=60)
BELIEF_TO = timedelta(minutes=5)
# Where no book was seen in that span, the last one seen within a day before it.
BELIEF_FALLBACK = timedelta(hours=24)


def get_prices_before(
    session: Session, firsts: Mapping[int, Proposal], at: datetime
) -> dict[int, tuple[float, PriceEvidence]]:
    """The price of Yes in the hour before each first proposal; markets without one are left out.

    The median mid of the books seen in that hour; else, over the same time, the venue's own price
    history as far as it was known at ``at``; else the last book within a day.
    """
    found: dict[int, tuple[float, PriceEvidence]] = {}
    for part in chunks(sorted(firsts), ID_CHUNK):
        asked = {market_id: firsts[market_id].proposed_at for market_id in part}
        for evidence, read in _SOURCES:
            unknown = {id_: then for id_, then in asked.items() if id_ not in found}
            if unknown:
                prices = read(session, unknown, at)
                found.update((id_, (price, evidence)) for id_, price in prices)
    return found


def mid_of(bid: Decimal | None, ask: Decimal | None) -> float | None:
    """The middle of a book's best prices; ``None`` where a side is empty."""
    return None if bid is None or ask is None else float((bid + ask) / Decimal(2))


def _median_mids(
    session: Session, asked: Mapping[int, datetime], at: datetime
) -> Iterable[tuple[int, float]]:
    book = BookSnapshot
    hours = stretches(session, _before(asked, BELIEF_FROM, at))
    rows = session.execute(
        select(book.market_id, book.best_bid, book.best_ask)
        .join(hours, book.market_id == hours.c.id)
        .where(book.outcome_index == 0, book.known_at.between(hours.c.from_at, hours.c.to_at))
    )
    found: dict[int, list[float]] = defaultdict(list)
    for market_id, bid, ask in rows:
        mid = mid_of(bid, ask)
        if mid is not None:
            found[market_id].append(mid)
    return [(market_id, median(mids)) for market_id, mids in found.items()]


def _from_history(
    session: Session, asked: Mapping[int, datetime], at: datetime
) -> Iterable[tuple[int, float]]:
    hours = stretches(
        session,
        [(id_, then - BELIEF_FROM, then - BELIEF_TO) for id_, then in asked.items()],
    )
    fetched = (
        select(PriceSpan.market_id)
        .join(hours, PriceSpan.market_id == hours.c.id)
        .where(PriceSpan.known_at <= at, PriceSpan.to_at >= hours.c.to_at, PriceSpan.points > 0)
        .distinct()
    )
    for market_id in session.scalars(fetched).all():
        begin, end = asked[market_id] - BELIEF_FROM, asked[market_id] - BELIEF_TO
        points = get_history_between(session, market_id, begin, end, at)
        price = median_price(points, begin, end)
        if price is not None:
            yield market_id, float(price)


def _last_mids(
    session: Session, asked: Mapping[int, datetime], at: datetime
) -> Iterable[tuple[int, float]]:
    book, newest = BookSnapshot, BookSnapshot.__table__.alias()
    days = stretches(session, _before(asked, BELIEF_FALLBACK, at))
    last = (
        select(newest.c.id)
        .where(
            newest.c.market_id == days.c.id,
            newest.c.outcome_index == 0,
            newest.c.known_at.between(days.c.from_at, days.c.to_at),
        )
        .order_by(newest.c.known_at.desc())
        .limit(1)
        .correlate(days)
        .scalar_subquery()
    )
    rows = session.execute(
        select(book.market_id, book.best_bid, book.best_ask).join(days, book.id == last)
    )
    for market_id, bid, ask in rows:
        mid = mid_of(bid, ask)
        if mid is not None:
            yield market_id, mid


def _before(asked: Mapping[int, datetime], span: timedelta, at: datetime) -> list[Stretch]:
    """The span before each proposal up to five minutes before it, as far as it was known."""
    return [(id_, then - span, min(then - BELIEF_TO, at)) for id_, then in asked.items()]


_Read = Callable[[Session, Mapping[int, datetime], datetime], Iterable[tuple[int, float]]]
_SOURCES: tuple[tuple[PriceEvidence, _Read], ...] = (
    ("books", _median_mids),
    ("price_history", _from_history),
    ("earlier_book", _last_mids),
)
