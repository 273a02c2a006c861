"""Assessments of rounds: an append-only history, and the inputs of each round's newest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from models.round_assessment import RoundAssessment, RoundQuestion
from service.risk.attack.attack_inputs import Reading, known, missing
from service.risk.attack.round_packing import PACKED_FORMAT
from service.store.keyset import newest_first
from service.store.upserts import IN_CHUNK, chunks

# Past rounds whose attempts set the level, and the fewest that do.
_PAST_ROUNDS = 180
_FEWEST_PAST = 10


@dataclass(frozen=True, slots=True)
class NewRoundAssessment:
    """One assessment, ready to store; money in USD."""

    round_id: int
    as_of: datetime
    phase: str
    requests: int
    logs: int
    digest: bytes
    dollars_exposed: float
    dollars_forceable: float | None
    raw_attempt: float
    document: dict[str, object]
    model_version: str
    priors_version: str
    # Packed, for what-ifs.
    inputs: bytes


@dataclass(frozen=True, slots=True)
class RoundState:
    """What tells whether a round is to be assessed anew."""

    phase: str
    # Logs that named it.
    logs: int


def add_round_assessment(session: Session, new: NewRoundAssessment) -> RoundAssessment:
    """Append an assessment; its inputs replace those of the round's one before."""
    row = RoundAssessment(
        round_id=new.round_id,
        as_of=new.as_of,
        phase=new.phase,
        requests=new.requests,
        logs=new.logs,
        digest=new.digest,
        dollars_exposed=new.dollars_exposed,
        dollars_forceable=new.dollars_forceable,
        raw_attempt=new.raw_attempt,
        document=new.document,
        model_version=new.model_version,
        priors_version=new.priors_version,
    )
    session.add(row)
    session.flush()
    session.execute(delete(RoundQuestion).where(RoundQuestion.round_id == new.round_id))
    session.add(
        RoundQuestion(
            round_id=new.round_id,
            assessment_id=row.id,
            inputs=new.inputs,
            packed_format=PACKED_FORMAT,
        )
    )
    session.flush()
    return row


def repack_question(session: Session, round_id: int, inputs: bytes) -> None:
    """Replace the inputs of a round's newest assessment by the same in this release's format."""
    question = session.get_one(RoundQuestion, round_id)
    question.inputs, question.packed_format = inputs, PACKED_FORMAT
    session.flush()


def list_outdated(session: Session) -> set[int]:
    """Rounds whose inputs another release packed: no question about them can be answered."""
    packed = RoundQuestion.packed_format
    query = select(RoundQuestion.round_id).where(packed.is_(None) | (packed != PACKED_FORMAT))
    return set(session.scalars(query))


def newest_of_round(
    session: Session, round_id: int, as_of: datetime | None = None
) -> RoundAssessment | None:
    """The newest assessment of a round made by ``as_of``."""
    query = select(RoundAssessment).where(RoundAssessment.round_id == round_id)
    if as_of is not None:
        query = query.where(RoundAssessment.as_of <= as_of)
    return session.scalars(
        query.order_by(RoundAssessment.as_of.desc(), RoundAssessment.id.desc()).limit(1)
    ).first()


def newest_by_round(session: Session, round_ids: Collection[int]) -> dict[int, RoundAssessment]:
    """The newest assessment of each of these rounds that has one."""
    found: dict[int, RoundAssessment] = {}
    for part in chunks(sorted(round_ids), IN_CHUNK):
        query = select(RoundAssessment).where(RoundAssessment.id.in_(_newest_ids(part)))
        found.update((row.round_id, row) for row in session.scalars(query))
    return found


def newest_states(session: Session, round_ids: Collection[int]) -> dict[int, RoundState]:
    """How each of these rounds stood at its newest assessment, without the documents."""
    columns = (RoundAssessment.round_id, RoundAssessment.phase, RoundAssessment.logs)
    found: dict[int, RoundState] = {}
    for part in chunks(sorted(round_ids), IN_CHUNK):
        query = select(*columns).where(RoundAssessment.id.in_(_newest_ids(part)))
        found.update((row[0], RoundState(row[1], row[2])) for row in session.execute(query))
    return found


def _newest_ids(round_ids: Collection[int]) -> Select[Any]:
    newest = select(func.max(RoundAssessment.id)).where(RoundAssessment.round_id.in_(round_ids))
    return newest.group_by(RoundAssessment.round_id)


def list_rounds(
    session: Session, limit: int, before: int | None = None
) -> Sequence[RoundAssessment]:
    """The newest assessment of each round, newest round first; ``before`` is the last one seen."""
    newest = select(func.max(RoundAssessment.id)).group_by(RoundAssessment.round_id)
    if before is not None:
        newest = newest.where(RoundAssessment.round_id < before)
    # Cut before a document is read: those of all rounds would be sorted otherwise.
    shown = newest.order_by(RoundAssessment.round_id.desc()).limit(limit)
    query = select(RoundAssessment).where(RoundAssessment.id.in_(shown))
    return session.scalars(query.order_by(RoundAssessment.round_id.desc())).all()


def round_span(session: Session) -> tuple[int, int] | None:
    """The first and the last round that was assessed."""
    first, last = (
        session.scalar(select(extreme(RoundAssessment.round_id)))
        for extreme in (func.min, func.max)
    )
    return None if first is None or last is None else (first, last)


def list_round_history(
    session: Session, round_id: int, limit: int, before: tuple[datetime, int] | None = None
) -> Sequence[RoundAssessment]:
    """A round's assessments, newest first; ``before`` is the (as_of, id) of the last one seen."""
    query = select(RoundAssessment).where(RoundAssessment.round_id == round_id)
    page = newest_first(query, RoundAssessment.as_of, RoundAssessment.id, before).limit(limit)
    return session.scalars(page).all()


def get_question(session: Session, round_id: int) -> RoundQuestion | None:
    """What a what-if about a round is answered from."""
    return session.get(RoundQuestion, round_id)


def mean_past_attempt(session: Session, round_id: int, as_of: datetime) -> Reading:
    """Mean over earlier rounds of the raw chance of an attempt, as seen while votes were sealed."""
    newest = (
        select(func.max(RoundAssessment.id))
        .where(
            RoundAssessment.round_id.between(round_id - _PAST_ROUNDS, round_id - 1),
            RoundAssessment.phase == "commit",
            RoundAssessment.as_of <= as_of,
        )
        .group_by(RoundAssessment.round_id)
    )
    raw = list(
        session.scalars(select(RoundAssessment.raw_attempt).where(RoundAssessment.id.in_(newest)))
    )
    if len(raw) < _FEWEST_PAST:
        return missing(f"{len(raw)} earlier rounds were assessed; it takes {_FEWEST_PAST}")
    return known(sum(raw) / len(raw))
