"""Prices of the past around proposals: which stretch is due, what came, what was known when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.data_enums import PriceSource
from models.market import Market
from models.price_point import PricePoint, PriceSpan
from service.protocol.contracts import ContractBook
from service.protocol.price_history import (
    BEFORE_PROPOSAL,
    SERVING_LAG,
    PriceHistory,
    PriceReading,
    worth_keeping,
)
from service.store.latest import latest_by_market
from service.store.markets.due_reads import FollowedMarket
from service.store.markets.listings import mark_changed
from service.store.markets.market_statuses import get_first_proposals
from service.store.money.liquidity import Snapped
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore

# A market is not asked for again before (when it is, the refresh plan says); what came before is
# never asked for again.
REFETCH_AFTER = timedelta(minutes=10)
# Shorter stretches hold no point of a minute's history.
SHORTEST = timedelta(minutes=1)
# How long after its end a market's last stretch is still wanted.
CLOSED_LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PriceStretch:
    """A stretch of a market's past that has not been fetched."""

    market_id: int
    # The first outcome's; the other's price is what is left to 1.
    token_id: str
    from_at: datetime
    to_at: datetime
    proposed_at: datetime


def list_due_stretches(
    session: Session, markets: Sequence[FollowedMarket], book: ContractBook, now: datetime
) -> list[PriceStretch]:
    """What is to be fetched of these markets, in their order: of those with a proposal."""
    ids = [market.market_id for market in markets if market.token_ids]
    spans = latest_by_market(session, PriceSpan, ids, now)
    waiting = {market_id for market_id in ids if not _is_asked_lately(spans.get(market_id), now)}
    rows = _markets(session, sorted(waiting))
    proposals = get_first_proposals(session, list(rows.values()), book, now)
    found = []
    for market_id in dict.fromkeys(ids):
        first, row = proposals.get(market_id), rows.get(market_id)
        if first is None or row is None:
            continue
        stretch = _due(row, first.proposed_at, spans.get(market_id), now)
        found += [stretch] if stretch is not None else []
    return found


def list_closed_lately(session: Session, now: datetime, limit: int) -> list[FollowedMarket]:
    """Markets that closed within a day and whose prices were being fetched."""
    query = (
        select(Market.id, Market.condition_id, Market.token_ids)
        .where(
            Market.closed.is_(True),
            Market.closed_at >= now - CLOSED_LATELY,
            exists().where(PriceSpan.market_id == Market.id),
        )
        .order_by(Market.closed_at.desc(), Market.id)
        .limit(limit)
    )
    return [
        FollowedMarket(row.id, row.condition_id, tuple(row.token_ids))
        for row in session.execute(query)
    ]


def add_price_history(
    session: Session, stretch: PriceStretch, history: PriceHistory, known_at: datetime
) -> Snapped:
    """Keep the points that say something new, and which stretch they are of."""
    newest = get_price_points(session, stretch.market_id, known_at, newest=1)
    last = newest[0] if newest else None
    after = [point for point in history.points if last is None or point.at > last.at]
    kept = worth_keeping(after, last, stretch.proposed_at)
    rows = [
        {
            "market_id": stretch.market_id,
            "at": point.at,
            "price": point.price,
            "resolution_seconds": point.resolution_seconds,
            "known_at": known_at,
        }
        for point in kept
    ]
    added = insert_or_ignore(session, PricePoint, rows)
    session.add(
        PriceSpan(
            market_id=stretch.market_id,
            from_at=history.from_at,
            to_at=history.covered_until(known_at),
            points=len(history.points),
            source=history.source,
            known_at=known_at,
        )
    )
    session.flush()
    if any(point.at < stretch.proposed_at for point in kept):
        # The price before the proposal is what a score reads.
        mark_changed(session, [stretch.market_id], known_at)
    return Snapped(added, len(history.points) - added, 0)


def get_price_points(
    session: Session, market_id: int, as_of: datetime, *, newest: int | None = None
) -> list[PriceReading]:
    """A market's points as known at ``as_of``, oldest first; only the ``newest`` where given."""
    query = (
        select(PricePoint.at, PricePoint.price, PricePoint.resolution_seconds)
        .where(PricePoint.market_id == market_id, PricePoint.known_at <= as_of)
        .order_by(PricePoint.at.desc())
    )
    rows = session.execute(query if newest is None else query.limit(newest)).all()
    return [PriceReading(row.at, row.price, row.resolution_seconds) for row in reversed(rows)]


def list_price_spans(session: Session, market_id: int, as_of: datetime) -> Sequence[PriceSpan]:
    """Which stretches of a market's past were fetched by ``as_of``, the oldest fetch first."""
    return session.scalars(
        select(PriceSpan)
        .where(PriceSpan.market_id == market_id, PriceSpan.known_at <= as_of)
        .order_by(PriceSpan.known_at, PriceSpan.id)
    ).all()


def get_history_between(
    session: Session, market_id: int, from_at: datetime, to_at: datetime, as_of: datetime
) -> list[PriceReading]:
    """The points within a stretch, and the one before that it begins with, where it was fetched.

    Empty where no fetch known at ``as_of`` reached the stretch's end: a price that seems to hold
    may only not have been asked for.
    """
    covered = select(PriceSpan.id).where(
        PriceSpan.market_id == market_id,
        PriceSpan.known_at <= as_of,
        PriceSpan.to_at >= to_at,
        PriceSpan.points > 0,
    )
    if session.scalar(covered.limit(1)) is None:
        return []
    points = get_price_points(session, market_id, as_of)
    before = [point for point in points if point.at <= from_at]
    return [*before[-1:], *(point for point in points if from_at < point.at < to_at)]


def source_of(spans: Sequence[PriceSpan]) -> PriceSource | None:
    """The route the newest points came by."""
    return next((PriceSource(span.source) for span in reversed(spans) if span.points), None)


def _is_asked_lately(last: PriceSpan | None, now: datetime) -> bool:
    return last is not None and now - last.known_at < REFETCH_AFTER


def _due(
    market: Market, proposed_at: datetime, last: PriceSpan | None, now: datetime
) -> PriceStretch | None:
    ends_at = min(now, market.closed_at or now) if market.closed else now
    if last is not None and market.closed and last.known_at > ends_at + SERVING_LAG:
        return None
    from_at = proposed_at - BEFORE_PROPOSAL if last is None else last.to_at
    if ends_at - from_at < SHORTEST:
        return None
    return PriceStretch(market.id, market.token_ids[0], from_at, ends_at, proposed_at)


def _markets(session: Session, market_ids: Sequence[int]) -> dict[int, Market]:
    found: dict[int, Market] = {}
    for part in chunks(market_ids, IN_CHUNK):
        found.update((m.id, m) for m in session.scalars(select(Market).where(Market.id.in_(part))))
    return found
