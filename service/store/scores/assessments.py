"""Assessments: an append-only history, and the current line that lists read."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, func, select, text
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment, MarketStanding
from models.enums import Category, MarketState, Remedy, Support
from service.json_text import JsonText
from service.store.bulk_rows import DriverRows, put_rows, to_driver
from service.store.keyset import newest_first
from service.store.markets.standings import UNKNOWN_LOSS
from service.store.upserts import table_of

_ASSESSMENTS, _STANDINGS = table_of(MarketAssessment), table_of(MarketStanding)


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """One scoring, ready to store. Money is micro-USDC, probabilities are in 0..1."""

    as_of: datetime
    model_version: str
    priors_version: str
    inputs_digest: bytes
    state: MarketState
    category: Category
    p_mean: float
    p_low: float
    p_high: float
    open_interest: int | None
    # None where neither open interest nor volume is known; the document says so.
    expected_loss: int | None
    support: Support
    remedy: Remedy
    challenge_ends_at: datetime | None
    challenge_open: bool
    document: dict[str, object] | JsonText


_STANDING_ONLY = {"category", "open_interest", "remedy", "challenge_ends_at", "challenge_open"}
_ASSESSMENT_ONLY = {"model_version", "priors_version", "inputs_digest", "document"}
_NAMES = [field.name for field in fields(NewAssessment)]
_HISTORY = ("market_id", *(name for name in _NAMES if name not in _STANDING_ONLY))
_CURRENT = ("market_id", *(name for name in _NAMES if name not in _ASSESSMENT_ONLY))
_WORDS = {"state", "category", "support", "remedy"}


@dataclass(frozen=True, slots=True)
class PreparedAssessments:
    """Assessments as the driver takes them, but for the ids they get when they are stored."""

    history: DriverRows
    current: DriverRows

    def __len__(self) -> int:
        """How many assessments."""
        return len(self.history.values)


def prepare_assessments(
    dialect: Dialect, scored: Sequence[tuple[int, NewAssessment]]
) -> PreparedAssessments:
    """Everything of storing them that needs no connection, so that any process can do it.

    ``scored`` pairs a market's id with its scoring, one a market.
    """
    told: dict[str, list[Any]] = {"market_id": [market_id for market_id, _ in scored]}
    for name in _NAMES:
        values = [getattr(new, name) for _, new in scored]
        # SQLite's driver looks long for what to do with a string that is more than one.
        told[name] = [str(value) for value in values] if name in _WORDS else values
    history = to_driver(dialect, _ASSESSMENTS, _HISTORY, [told[name] for name in _HISTORY])
    told["expected_loss"] = [
        UNKNOWN_LOSS if loss is None else loss for loss in told["expected_loss"]
    ]
    current = to_driver(dialect, _STANDINGS, _CURRENT, [told[name] for name in _CURRENT])
    return PreparedAssessments(history, current)


def add_assessments(session: Session, prepared: PreparedAssessments) -> Sequence[int]:
    """Append assessments and make each its market's current line; their ids, in the order given.

    An assessment older than the current line (a backfill) joins the history and moves nothing.
    """
    if not len(prepared):
        return []
    ids = _next_ids(session, len(prepared))
    connection = session.connection()
    history, current = (
        DriverRows(
            (name, *rows.names),
            [(row_id, *row) for row_id, row in zip(ids, rows.values, strict=True)],
        )
        for name, rows in (("id", prepared.history), ("assessment_id", prepared.current))
    )
    put_rows(connection, _ASSESSMENTS, history, key=None)
    put_rows(connection, _STANDINGS, current, key="market_id", newer="as_of")
    return ids


def _next_ids(session: Session, count: int) -> Sequence[int]:
    """Ids for new assessments, as the database would give them one by one.

    SQLite's only writer is the caller; on PostgreSQL the column's own sequence gives them.
    """
    if session.get_bind().dialect.name == "postgresql":
        return session.scalars(_FROM_SEQUENCE, {"count": count}).all()
    last = session.scalar(select(func.max(MarketAssessment.id))) or 0
    return range(last + 1, last + count + 1)


_FROM_SEQUENCE = text(
    "SELECT nextval(pg_get_serial_sequence('market_assessments', 'id')) "
    "FROM generate_series(1, :count)"
)


def add_assessment(session: Session, market_id: int, new: NewAssessment) -> MarketAssessment:
    """Append one assessment, as ``add_assessments`` does many; the stored row."""
    prepared = prepare_assessments(session.get_bind().dialect, [(market_id, new)])
    (row_id,) = add_assessments(session, prepared)
    return session.get_one(MarketAssessment, row_id)


def get_latest(session: Session, market_id: int) -> MarketAssessment | None:
    """The assessment a market's current line was folded from; ``None`` before the first one."""
    return session.scalar(
        select(MarketAssessment)
        .join(MarketStanding, MarketStanding.assessment_id == MarketAssessment.id)
        .where(MarketStanding.market_id == market_id)
    )


def list_history(
    session: Session, market_id: int, limit: int, before: tuple[datetime, int] | None = None
) -> Sequence[MarketAssessment]:
    """A market's assessments, newest first; ``before`` is the (as_of, id) of the last one seen."""
    query = select(MarketAssessment).where(MarketAssessment.market_id == market_id)
    page = newest_first(query, MarketAssessment.as_of, MarketAssessment.id, before).limit(limit)
    return session.scalars(page).all()
