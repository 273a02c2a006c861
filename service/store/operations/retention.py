"""Old snapshots and scores out of the tables that only grow; never a fact of a chain or an alert.

Nor prices of the past, each of which holds until the next, nor what markets said of proposals.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from models.alert import Alert
from models.assessment import MarketAssessment, MarketStanding
from models.base import Base
from models.chain import Block
from models.enums import MarketState
from models.holding import HolderList, Holding
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, ResolutionReport, TradingActivity
from models.oracle import Proposal
from service.protocol.price_history import BEFORE_PROPOSAL
from service.protocol.retention import RetentionPolicy, Snapshot, surplus
from service.store.markets.refresh_states import PENDING_WORDS
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
    # Large rows, of which a day's course is enough: they are never thinned by the hour.
    is_daily: bool = False


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
        # Apart, so that between which readings a market was first traded stays as it was.
        _Table(
            TradingActivity,
            (TradingActivity.volume > 0,),
            TradingActivity.known_at,
            TradingActivity.volume,
        ),
        _Table(HolderList, (HolderList.outcome_index,), HolderList.known_at, HolderList.listed),
        _Table(Holding, (Holding.outcome_index, Holding.wallet), Holding.known_at, Holding.size),
        _Table(
            MarketAssessment,
            (MarketAssessment.state,),
            MarketAssessment.as_of,
            MarketAssessment.p_mean,
            is_daily=True,
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
    hot_since: Mapping[int, datetime],
    now: datetime,
    policy: RetentionPolicy,
) -> list[int]:
    """Ids of a table's rows of these markets that thinning removes.

    From ``hot_since`` on every row stays, and the last one before; and of scores each that
    something stands on.
    """
    table = TABLES[name]
    columns: Any = table.model
    if table.is_daily:
        policy = policy.daily()
    oldest_whole = policy.oldest_whole(now)
    found: list[int] = []
    for part in chunks(sorted(market_ids), IN_CHUNK):
        hot = [market_id for market_id in part if market_id in hot_since]
        cool = [market_id for market_id in part if market_id not in hot_since]
        before = [and_(columns.market_id == key, table.at < hot_since[key]) for key in hot]
        query = select(columns.id, columns.market_id, table.at, table.value, *table.series).where(
            or_(columns.market_id.in_(cool), *before), table.at < oldest_whole
        )
        rows = session.execute(query).all()
        snapshots = [Snapshot(row[0], (row[1], *row[4:]), row[2], row[3]) for row in rows]
        surplus_ids = surplus(snapshots, now, policy)
        if table.model is MarketAssessment and surplus_ids:
            stood_on = _stood_on(session, part)
            surplus_ids = [row_id for row_id in surplus_ids if row_id not in stood_on]
        found += surplus_ids
    return found


def _stood_on(session: Session, market_ids: Sequence[int]) -> set[int]:
    """Scores that are a market's current line, or that an alert was raised by."""
    current = select(MarketStanding.assessment_id).where(MarketStanding.market_id.in_(market_ids))
    alerted = select(Alert.assessment_id).where(
        Alert.market_id.in_(market_ids), Alert.assessment_id.is_not(None)
    )
    return {*session.scalars(current), *session.scalars(alerted)} - {None}


def list_hot_since(session: Session, market_ids: Collection[int]) -> dict[int, datetime]:
    """From when on each market's rows are what scores of a proposal read: by any who told of it.

    Two days before its first proposal; markets without one are left out. There is no end: a score
    of the past reads the last row before its instant.
    """
    found: dict[int, datetime] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        found |= _hot_since(session, part)
    return found


def _hot_since(session: Session, market_ids: Sequence[int]) -> dict[int, datetime]:
    of_chain = (
        select(Market.id, func.min(Block.mined_at))
        .join(
            Proposal,
            and_(
                Proposal.ancillary_hash == Market.uma_question_id,
                Proposal.requester == Market.adapter,
            ),
        )
        .join(Block, Block.id == Proposal.block_id)
        .where(Market.id.in_(market_ids))
        .group_by(Market.id)
    )
    told_at = func.coalesce(ResolutionReport.reported_at, ResolutionReport.known_at)
    of_feed = (
        select(ResolutionReport.market_id, func.min(told_at))
        .where(
            ResolutionReport.market_id.in_(market_ids),
            or_(
                ResolutionReport.status.in_(PENDING_WORDS),
                ResolutionReport.proposed_price.is_not(None),
            ),
        )
        .group_by(ResolutionReport.market_id)
    )
    of_scores = (
        select(MarketAssessment.market_id, func.min(MarketAssessment.as_of))
        .where(
            MarketAssessment.market_id.in_(market_ids),
            MarketAssessment.state.in_(PENDING_STATES),
        )
        .group_by(MarketAssessment.market_id)
    )
    found: dict[int, datetime] = {}
    for query in (of_chain, of_feed, of_scores):
        for market_id, at in session.execute(query):
            begin = at - BEFORE_PROPOSAL
            found[market_id] = min(begin, found.get(market_id, begin))
    return found


def remove_rows(session: Session, name: str, row_ids: Sequence[int]) -> int:
    """Remove a table's rows by id; returns how many there were."""
    return remove_by_id(session, TABLES[name].model, row_ids)


def remove_by_id(session: Session, model: type[Base], row_ids: Sequence[int]) -> int:
    """Remove rows by id; returns how many there were."""
    columns: Any = model
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
