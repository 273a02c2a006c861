"""Assessments: an append-only history, and the current line that lists read."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache

from sqlalchemy import insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment, MarketStanding
from models.enums import Category, MarketState, Remedy, Support
from service.json_text import JsonText
from service.store.standings import UNKNOWN_LOSS
from service.store.upserts import insert_on


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
_NAMES = {field.name for field in fields(NewAssessment)}
_APPENDED = insert(MarketAssessment).returning(MarketAssessment.id, sort_by_parameter_order=True)


def add_assessments(session: Session, scored: Sequence[tuple[int, NewAssessment]]) -> Sequence[int]:
    """Append assessments and make each its market's current line; their ids, in the order given.

    ``scored`` pairs a market's id with its scoring, one a market. An assessment older than the
    current line (a backfill) joins the history and moves nothing.
    """
    if not scored:
        return []
    rows, standings = [], []
    for market_id, new in scored:
        values = {name: getattr(new, name) for name in _NAMES}
        rows.append(
            {"market_id": market_id, **{name: values[name] for name in _NAMES - _STANDING_ONLY}}
        )
        standing = {name: values[name] for name in _NAMES - _ASSESSMENT_ONLY}
        if new.expected_loss is None:
            standing["expected_loss"] = UNKNOWN_LOSS
        standings.append({"market_id": market_id, **standing})
    ids = session.scalars(_APPENDED, rows).all()
    for standing, row_id in zip(standings, ids, strict=True):
        standing["assessment_id"] = row_id
    statement = _standing_upsert(session.get_bind().dialect.name, tuple(sorted(standings[0])))
    session.connection().execute(statement, standings)
    return ids


def add_assessment(session: Session, market_id: int, new: NewAssessment) -> MarketAssessment:
    """Append one assessment, as ``add_assessments`` does many; the stored row."""
    (row_id,) = add_assessments(session, [(market_id, new)])
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
    if before is not None:
        at, row_id = before
        query = query.where(
            (MarketAssessment.as_of < at)
            | ((MarketAssessment.as_of == at) & (MarketAssessment.id < row_id))
        )
    newest_first = query.order_by(MarketAssessment.as_of.desc(), MarketAssessment.id.desc())
    return session.scalars(newest_first.limit(limit)).all()


@cache
def _standing_upsert(dialect: str, names: tuple[str, ...]) -> sqlite.Insert:
    """Made once: putting the statement together takes longer than running it."""
    statement = insert_on(dialect, MarketStanding)
    return statement.on_conflict_do_update(
        index_elements=[MarketStanding.market_id],
        set_={name: statement.excluded[name] for name in names if name != "market_id"},
        where=MarketStanding.as_of <= statement.excluded.as_of,
    )
