"""Old snapshots out of the tables that only grow; never a fact of a chain, a score or an alert."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from models.assessment import MarketStanding
from models.base import Base
from models.enums import MarketState
from models.holding import HolderList, Holding
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, TradingActivity
from models.price_point import PricePoint
from models.proposal_signal import ProposalSignal
from service.protocol.retention import RetentionPolicy, Snapshot, surplus
from service.store.upserts import IN_CHUNK, chunks

# Markets a transaction: some thousand rows, so no lock is held for long.
PAGE = 200
# Gamma's words for an answer on its way.
LIVE_STATUSES = ("proposed", "disputed")
PENDING_STATES = (
    MarketState.PROPOSED,
    MarketState.DISPUTED_ONCE,
    MarketState.REPROPOSED,
    MarketState.VOTING,
    MarketState.ANSWERED,
    MarketState.FLAGGED,
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of snapshots: what tells its series apart, when a row is of, what it reads."""

    model: type[Base]
    series: tuple[Any, ...]
    at: Any
    value: Any


TABLES: Mapping[str, _Table] = {
    table.model.__tablename__: table
    for table in (
        _Table(
            BookSnapshot,
            (BookSnapshot.outcome_index,),
            BookSnapshot.known_at,
            BookSnapshot.best_bid,
        ),
        _Table(OpenInterest, (), OpenInterest.known_at, OpenInterest.value),
        _Table(TradingActivity, (), TradingActivity.known_at, TradingActivity.volume),
        _Table(HolderList, (HolderList.outcome_index,), HolderList.known_at, HolderList.listed),
        _Table(Holding, (Holding.outcome_index, Holding.wallet), Holding.known_at, Holding.size),
        _Table(PricePoint, (), PricePoint.at, PricePoint.price),
        _Table(
            ProposalSignal,
            (ProposalSignal.request_timestamp,),
            ProposalSignal.known_at,
            ProposalSignal.gap,
        ),
    )
}


def list_unprotected(
    session: Session, after_id: int, now: datetime, policy: RetentionPolicy, limit: int = PAGE
) -> tuple[list[int], int | None]:
    """A page of markets whose old snapshots may be thinned, and where the next page begins.

    Protected are markets with an answer on its way, past their end, or settled lately.
    """
    query = (
        select(Market.id, _is_protected(now, policy).label("protected"))
        .outerjoin(MarketStanding, MarketStanding.market_id == Market.id)
        .where(Market.id > after_id)
        .order_by(Market.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    unprotected = [row.id for row in rows if not row.protected]
    return unprotected, rows[-1].id if len(rows) == limit else None


def list_surplus(
    session: Session,
    name: str,
    market_ids: Collection[int],
    now: datetime,
    policy: RetentionPolicy,
) -> list[int]:
    """Ids of a table's rows of these markets that thinning removes."""
    table = TABLES[name]
    columns: Any = table.model
    oldest_whole = policy.oldest_whole(now)
    found: list[int] = []
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = select(columns.id, columns.market_id, table.at, table.value, *table.series).where(
            columns.market_id.in_(part), table.at < oldest_whole
        )
        rows = session.execute(query).all()
        snapshots = [Snapshot(row[0], (row[1], *row[4:]), row[2], row[3]) for row in rows]
        found += surplus(snapshots, now, policy)
    return found


def remove_rows(session: Session, name: str, row_ids: Sequence[int]) -> int:
    """Remove a table's rows by id; returns how many there were."""
    columns: Any = TABLES[name].model
    removed = 0
    for part in chunks(row_ids, IN_CHUNK):
        done: Any = session.execute(
            delete(columns).where(columns.id.in_(part)),
            execution_options={"synchronize_session": False},
        )
        removed += done.rowcount
    return removed


def _is_protected(now: datetime, policy: RetentionPolicy) -> ColumnElement[bool]:
    settled_at = func.coalesce(Market.closed_at, Market.refreshed_at)
    is_open = Market.closed.is_(False)
    return or_(
        and_(is_open, func.coalesce(Market.end_at <= now, False)),
        and_(is_open, func.coalesce(Market.uma_status.in_(LIVE_STATUSES), False)),
        and_(Market.closed.is_(True), settled_at >= now - policy.settled),
        func.coalesce(MarketStanding.challenge_open, False),
        # Long after its close a state that still waits is a label left behind.
        and_(
            func.coalesce(MarketStanding.state.in_(PENDING_STATES), False),
            or_(is_open, settled_at >= now - policy.settled),
        ),
    )
