"""Signs of attacks: kept when they say something new, read as of a time."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from models.attack_enums import SignalSubject
from models.attack_signal import AttackSignal
from service.risk.signs.attack_signs import AttackSign, sign_digest, sign_document
from service.store.upserts import IN_CHUNK, chunks

# What all rows of one history share.
_Key = tuple[str, str, str, int | None]


def add_signals(
    session: Session, signs: Sequence[AttackSign], model_version: str, known_at: datetime
) -> int:
    """Keep each sign that says other than the newest row of its subject; how many were kept."""
    kept = {_key(row): row.digest for row in signals_of(session, _subjects(signs), known_at)}
    added = 0
    for sign in signs:
        digest = sign_digest(sign, model_version)
        key = sign.subject_kind, sign.subject, sign.signal, sign.round_id
        # A sign that was never there need not be told to be gone.
        if kept.get(key) == digest or (sign.log_lr == 0 and key not in kept):
            continue
        kept[key] = digest
        session.add(
            AttackSignal(
                family=sign.family,
                signal=sign.signal,
                subject_kind=sign.subject_kind,
                subject=sign.subject,
                round_id=sign.round_id,
                log_lr=sign.log_lr,
                value=sign.value,
                unit=sign.unit,
                support=sign.support,
                document=sign_document(sign),
                digest=digest,
                model_version=model_version,
                known_at=known_at,
            )
        )
        added += 1
    session.flush()
    return added


def signals_of(
    session: Session, subjects: Collection[tuple[SignalSubject, str]], as_of: datetime
) -> list[AttackSignal]:
    """The newest row of each sign of these subjects known by a time, those that went away too."""
    found: list[AttackSignal] = []
    # Two parameters a subject.
    for part in chunks(sorted(set(subjects)), IN_CHUNK // 2):
        of_these = tuple_(AttackSignal.subject_kind, AttackSignal.subject).in_(part)
        newest = (
            select(func.max(AttackSignal.id))
            .where(of_these, AttackSignal.known_at <= as_of)
            .group_by(
                AttackSignal.subject_kind,
                AttackSignal.subject,
                AttackSignal.signal,
                AttackSignal.round_id,
            )
        )
        rows = session.scalars(select(AttackSignal).where(AttackSignal.id.in_(newest)))
        found.extend(rows)
    return sorted(found, key=lambda row: row.id)


def signals_of_round(session: Session, round_id: int, as_of: datetime) -> list[AttackSignal]:
    """The newest row of each sign of a round, whatever its subject, known by a time."""
    newest = (
        select(func.max(AttackSignal.id))
        .where(AttackSignal.round_id == round_id, AttackSignal.known_at <= as_of)
        .group_by(AttackSignal.subject_kind, AttackSignal.subject, AttackSignal.signal)
    )
    query = select(AttackSignal).where(AttackSignal.id.in_(newest)).order_by(AttackSignal.id)
    return list(session.scalars(query))


def _subjects(signs: Iterable[AttackSign]) -> set[tuple[SignalSubject, str]]:
    return {(sign.subject_kind, sign.subject) for sign in signs}


def _key(row: AttackSignal) -> _Key:
    return row.subject_kind, row.subject, row.signal, row.round_id
