"""Signs that stand: whose newest row known by a time says that they are there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.attack_enums import SignalSubject
from models.attack_signal import AttackSignal


def find_standing(
    session: Session, kind: SignalSubject, signals: Collection[str], as_of: datetime
) -> dict[str, frozenset[str]]:
    """Of these signs the ones that stand, by subject of a kind; of no round, or of any."""
    newest = (
        select(func.max(AttackSignal.id))
        .where(
            AttackSignal.signal.in_(sorted(signals)),
            AttackSignal.subject_kind == kind,
            AttackSignal.known_at <= as_of,
        )
        .group_by(AttackSignal.subject, AttackSignal.signal, AttackSignal.round_id)
    )
    query = select(AttackSignal.subject, AttackSignal.signal).where(
        AttackSignal.id.in_(newest), AttackSignal.log_lr > 0
    )
    found: dict[str, set[str]] = {}
    for subject, signal in session.execute(query):
        found.setdefault(subject, set()).add(signal)
    return {subject: frozenset(names) for subject, names in found.items()}
