"""Past rounds that could not be assessed: each waits longer, so that the others get their turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.round_assessment import RoundFailure

# The first wait, doubled with every failure in a row, and the longest.
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
_REASON_LENGTH = 300
# Twice as long so often exceeds the longest.
_MOST_DOUBLINGS = 10


def waiting_rounds(session: Session, at: datetime) -> dict[int, bool]:
    """Every round that failed last, and whether it still waits at an instant."""
    query = select(RoundFailure.round_id, RoundFailure.next_try_at)
    return {round_id: next_try_at > at for round_id, next_try_at in session.execute(query)}


def list_failures(session: Session, limit: int) -> tuple[Sequence[RoundFailure], int]:
    """Rounds that could not be assessed, the newest ``limit`` of them, and how many there are."""
    query = select(RoundFailure).order_by(RoundFailure.round_id.desc()).limit(limit)
    count = session.scalar(select(func.count()).select_from(RoundFailure)) or 0
    return session.scalars(query).all(), count


def note_failure(session: Session, round_id: int, reason: str, at: datetime) -> None:
    """Keep that a round could not be assessed, and let it wait twice as long as before."""
    row = session.get(RoundFailure, round_id)
    if row is None:
        row = RoundFailure(round_id=round_id, failures=0)
        session.add(row)
    wait = FIRST_WAIT * 2 ** min(row.failures, _MOST_DOUBLINGS)
    row.failures += 1
    row.next_try_at = at + min(wait, LONGEST_WAIT)
    row.reason = reason[:_REASON_LENGTH]
    session.flush()


def forget_failure(session: Session, round_id: int) -> None:
    """A round was assessed after all."""
    session.execute(delete(RoundFailure).where(RoundFailure.round_id == round_id))
