"""What is to be read now, the most pressing first, and what was asked when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Session

from models.assessment import MarketStanding
from models.market import Market
from models.refresh import MarketRead, MarketRefresh
from models.refresh_enums import ReadKind, RefreshState
from service.protocol.refresh_plan import RefreshPlan, make_plan, miss_period
from service.protocol.standing_loads import standing_loads
from service.store.markets.refresh_states import (
    StateChange,
    count_states,
    find_state_changes,
    store_state_changes,
)
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore


@dataclass(frozen=True, slots=True)
class FollowedMarket:
    """A market to ask about, by the names its sources know it by."""

    market_id: int
    condition_id: bytes
    token_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueMarket(FollowedMarket):
    """One of which a read is due, and what made it so."""

    state: RefreshState
    money: int | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ReadTimes:
    """When a market was last asked for a kind (None: never), and when it is due again."""

    asked_at: datetime | None
    due_at: datetime


def read_plan(session: Session) -> RefreshPlan:
    """The plan for the markets as their states are stored, sweeps and polls beside them."""
    counts = count_states(session)
    return make_plan(counts, standing_loads(counts))


def plan_reads(session: Session, now: datetime) -> RefreshPlan:
    """Bring the states of all markets up to date, schedule what that changes, and make the plan."""
    change_states(session, find_state_changes(session, now), read_plan(session), now)
    return read_plan(session)


def change_states(
    session: Session, changes: Sequence[StateChange], plan: RefreshPlan, now: datetime
) -> None:
    """Store new states: reads come sooner where they are hotter, and end with the market."""
    for part in chunks(changes, IN_CHUNK):
        # Several jobs find the same changes at once: what another has stored is no change.
        stored = _states_of(session, [change.market_id for change in part])
        left = [change for change in part if stored.get(change.market_id) != change.state]
        if left:
            store_state_changes(session, left, now)
            _reschedule(session, left, plan, now)


def list_due(session: Session, kind: ReadKind, now: datetime, limit: int) -> list[DueMarket]:
    """Markets whose read of a kind is due by ``now``: hot states first, then the longest due.

    Among equals the most money goes first.
    """
    rank = _rank()
    chosen = (
        select(
            MarketRead.market_id,
            MarketRead.due_at,
            MarketRefresh.state,
            MarketRefresh.money,
            rank.label("rank"),
        )
        .join(MarketRefresh, MarketRefresh.market_id == MarketRead.market_id)
        .where(MarketRead.kind == kind, MarketRead.due_at <= now)
        .order_by(
            rank, MarketRead.due_at, MarketRefresh.money.desc().nulls_last(), MarketRead.market_id
        )
        .limit(limit)
        .subquery()
    )
    query = (
        select(
            chosen.c.market_id,
            Market.condition_id,
            Market.token_ids,
            chosen.c.state,
            chosen.c.money,
            chosen.c.due_at,
        )
        .join(Market, Market.id == chosen.c.market_id)
        .order_by(
            chosen.c.rank, chosen.c.due_at, chosen.c.money.desc().nulls_last(), chosen.c.market_id
        )
    )
    return [_to_due(row) for row in session.execute(query)]


def list_read_times(
    session: Session, kind: ReadKind, market_ids: Collection[int]
) -> dict[int, ReadTimes]:
    """When these markets were asked for a kind, and when they are due; those that are planned."""
    found: dict[int, ReadTimes] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = select(MarketRead.market_id, MarketRead.asked_at, MarketRead.due_at).where(
            MarketRead.kind == kind, MarketRead.market_id.in_(part)
        )
        found.update({row[0]: ReadTimes(row[1], row[2]) for row in session.execute(query)})
    return found


def count_due(session: Session, kind: ReadKind, now: datetime) -> int:
    """How many reads of a kind are due by ``now``."""
    query = select(func.count()).select_from(MarketRead)
    return session.scalars(query.where(MarketRead.kind == kind, MarketRead.due_at <= now)).one()


def record_asked(  # a read as it went
    session: Session,
    kind: ReadKind,
    asked: Collection[int],
    answered: Collection[int],
    plan: RefreshPlan,
    at: datetime,
) -> None:
    """Say when these markets (row ids) are read again; those not answered back off."""
    found = set(answered)
    rows: list[dict[str, Any]] = []
    for part in chunks(sorted(asked), IN_CHUNK):
        query = (
            select(
                MarketRead.market_id,
                MarketRead.misses,
                MarketRefresh.state,
                MarketRefresh.money,
                MarketStanding.challenge_ends_at,
            )
            .join(MarketRefresh, MarketRefresh.market_id == MarketRead.market_id)
            .outerjoin(MarketStanding, MarketStanding.market_id == MarketRead.market_id)
            .where(MarketRead.kind == kind, MarketRead.market_id.in_(part))
        )
        for row in session.execute(query):
            misses = 0 if row.market_id in found else row.misses + 1
            state = RefreshState(row.state)
            left = _seconds_left(row.challenge_ends_at, at)
            period = plan.period(kind, state, row.money, left)
            if period is None:
                continue
            seconds = miss_period(period, state, misses) if misses else period
            due_at = at + timedelta(seconds=seconds)
            rows.append({"id": row.market_id, "misses": misses, "due_at": due_at, "asked_at": at})
    if rows:
        # In the order all write in: two that lock the same rows wait, and never in a circle.
        rows.sort(key=itemgetter("id"))
        session.connection().execute(_write(kind, "misses", "due_at", "asked_at"), rows)


def mark_due(
    session: Session, market_ids: Collection[int], kinds: Collection[ReadKind], now: datetime
) -> int:
    """Bring reads forward to now; how many were not due already."""
    done = 0
    for part in chunks(sorted(market_ids), IN_CHUNK):
        done += (
            session.connection()
            .execute(
                update(MarketRead)
                .where(
                    MarketRead.market_id.in_(part),
                    MarketRead.kind.in_(sorted(kinds)),
                    MarketRead.due_at > now,
                )
                .values(due_at=now)
            )
            .rowcount
        )
    return done


def mark_all_due(session: Session, now: datetime) -> None:
    """Bring all reads forward to now: a replay jumps from one change to the next."""
    statement = update(MarketRead).where(MarketRead.due_at > now).values(due_at=now)
    session.connection().execute(statement)


def _reschedule(
    session: Session, part: Sequence[StateChange], plan: RefreshPlan, now: datetime
) -> None:
    money = _money_of(session, [change.market_id for change in part])
    known = _reads_of(session, [c.market_id for c in part if c.before is not None])
    fresh: list[dict[str, Any]] = []
    moved: dict[ReadKind, list[dict[str, Any]]] = {}
    ended: dict[ReadKind, list[int]] = {}
    for change, kind in product(part, ReadKind):
        market_id = change.market_id
        left = _seconds_left(change.challenge_ends_at, now)
        period = plan.period(kind, change.state, money[market_id], left)
        read = known.get((market_id, kind))
        if period is None:
            if read is not None:
                ended.setdefault(kind, []).append(market_id)
        elif read is None:
            fresh.append(_new_read(market_id, kind, now))
        else:
            due_at, asked_at = read
            soon = now if asked_at is None else asked_at + timedelta(seconds=period)
            words = {"id": market_id, "misses": 0, "due_at": min(due_at, soon)}
            moved.setdefault(kind, []).append(words)
    insert_or_ignore(session, MarketRead, fresh)
    for kind, rows in moved.items():
        rows.sort(key=itemgetter("id"))
        session.connection().execute(_write(kind, "misses", "due_at"), rows)
    for kind, ids in ended.items():
        gone = delete(MarketRead).where(MarketRead.kind == kind, MarketRead.market_id.in_(ids))
        session.connection().execute(gone)


def _states_of(session: Session, ids: Sequence[int]) -> dict[int, RefreshState]:
    query = select(MarketRefresh.market_id, MarketRefresh.state)
    rows = session.execute(query.where(MarketRefresh.market_id.in_(ids)))
    return {row.market_id: RefreshState(row.state) for row in rows}


def _money_of(session: Session, ids: Sequence[int]) -> dict[int, int | None]:
    query = select(MarketRefresh.market_id, MarketRefresh.money)
    rows = session.execute(query.where(MarketRefresh.market_id.in_(ids)))
    return {row.market_id: row.money for row in rows}


def _reads_of(
    session: Session, ids: Sequence[int]
) -> dict[tuple[int, ReadKind], tuple[datetime, datetime | None]]:
    if not ids:
        return {}
    query = select(
        MarketRead.market_id, MarketRead.kind, MarketRead.due_at, MarketRead.asked_at
    ).where(MarketRead.market_id.in_(ids))
    return {
        (market_id, ReadKind(kind)): (due_at, asked_at)
        for market_id, kind, due_at, asked_at in session.execute(query)
    }


def _new_read(market_id: int, kind: ReadKind, now: datetime) -> dict[str, Any]:
    return {
        "market_id": market_id,
        "kind": kind,
        "due_at": now,
        "asked_at": None,
        "misses": 0,
    }


def _write(kind: ReadKind, *names: str) -> Any:  # noqa: ANN401  # SQLAlchemy's statement
    return (
        update(MarketRead)
        .where(MarketRead.market_id == bindparam("id"), MarketRead.kind == kind)
        .values({name: bindparam(name) for name in names})
    )


def _rank() -> ColumnElement[int]:
    """The order of urgency of the states: that of the enum's members."""
    words = list(RefreshState)
    return case({word.value: place for place, word in enumerate(words)}, value=MarketRefresh.state)


def _seconds_left(ends_at: datetime | None, now: datetime) -> float | None:
    return None if ends_at is None else (ends_at - now).total_seconds()


def _to_due(row: Any) -> DueMarket:  # noqa: ANN401  # a row
    return DueMarket(
        row.market_id,
        row.condition_id,
        tuple(row.token_ids),
        RefreshState(row.state),
        row.money,
        row.due_at,
    )
