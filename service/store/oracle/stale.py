"""Which markets need a new assessment because something about them became known."""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from sqlalchemy import CursorResult, case, update
from sqlalchemy.orm import Session

from models.market import Market
from service.store.oracle.stale_folds import mark_folds
from service.store.oracle.touched import Touched
from service.store.upserts import IN_CHUNK, chunks


def mark_touched(session: Session, touched: Touched, at: datetime) -> int:
    """Mark all that facts came to or went from: folds, and markets; returns how many markets."""
    mark_folds(session, touched)
    return mark_stale(session, touched.questions, touched.conditions, at)


def mark_stale(
    session: Session, questions: Collection[bytes], conditions: Collection[bytes], at: datetime
) -> int:
    """Mark markets as needing an assessment; returns how many.

    A mark that is already there is renewed: a scoring under way must not clear it. A later one
    stays: what it stands for is not known before.
    """
    later = case((Market.stale_since > at, Market.stale_since), else_=at)
    marked = 0
    for column, keys in ((Market.uma_question_id, questions), (Market.condition_id, conditions)):
        for part in chunks(sorted(keys), IN_CHUNK):
            result = session.connection().execute(
                update(Market).where(column.in_(part)).values(stale_since=later)
            )
            marked += cast("CursorResult[tuple[()]]", result).rowcount
    return marked
