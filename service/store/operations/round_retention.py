"""Which assessments of rounds are kept as they age. docs/operations.md, "How long snapshots"."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.round_assessment import RoundAssessment
from service.protocol.retention import RetentionPolicy, Snapshot, surplus
from service.protocol.rounds import round_at
from service.risk.situation import in_digits
from service.store.operations.retention import remove_by_id
from service.store.scores.round_captures import captured_then


def list_old_rounds(session: Session, now: datetime, policy: RetentionPolicy) -> list[int]:
    """Rounds over for a round or longer with an assessment old enough to be thinned, in order."""
    query = (
        select(RoundAssessment.round_id)
        .where(
            RoundAssessment.as_of < policy.oldest_whole(now),
            RoundAssessment.round_id < round_at(int(now.timestamp())) - 1,
        )
        .group_by(RoundAssessment.round_id)
        .having(func.count() > 1)
    )
    return sorted(session.scalars(query))


def list_round_surplus(
    session: Session, round_id: int, now: datetime, policy: RetentionPolicy
) -> list[int]:
    """Ids of a round's assessments that thinning removes.

    Of each phase and hour, or day, the first, the last and those of least and most forceable money
    stay. So do the round's newest, and each that says other than the one before how likely a
    market's vote is captured: a market's score of any instant reads the same afterwards.
    """
    columns = (
        RoundAssessment.id,
        RoundAssessment.phase,
        RoundAssessment.as_of,
        RoundAssessment.dollars_forceable,
    )
    query = select(*columns).where(RoundAssessment.round_id == round_id)
    rows = session.execute(query.order_by(RoundAssessment.as_of, RoundAssessment.id)).all()
    newest = max((row.id for row in rows), default=0)
    snapshots = [
        Snapshot(
            row.id,
            row.phase,
            row.as_of,
            None if row.dollars_forceable is None else round(row.dollars_forceable),
        )
        for row in rows
        if row.as_of < policy.oldest_whole(now)
    ]
    removed = set(surplus(snapshots, now, policy)) - {newest}
    if not removed:
        return []
    return sorted(removed - _turns(session, [row.id for row in rows]))


def _turns(session: Session, row_ids: Sequence[int]) -> set[int]:
    """Of a round's assessments, oldest first, those that change what a market's score reads.

    Documents are large: one is held at a time.
    """
    turns, before = set(), None
    for row_id in row_ids:
        query = select(RoundAssessment.phase, RoundAssessment.document)
        phase, document = session.execute(query.where(RoundAssessment.id == row_id)).one()
        told = {
            market: in_digits(chance) for market, chance in captured_then(phase, document).items()
        }
        if told != before:
            turns.add(row_id)
        before = told
    return turns


def remove_assessments(session: Session, row_ids: Sequence[int]) -> int:
    """Remove assessments by id; returns how many there were."""
    return remove_by_id(session, RoundAssessment, row_ids)
