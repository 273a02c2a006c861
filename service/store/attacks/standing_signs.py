"""Signs that stand: whose newest row known by a time says that they are there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models.attack_enums import SignalSubject
from models.attack_signal import AttackSignal


def find_standing(
    session: Session,
    kind: SignalSubject,
    signals: Collection[str],
    as_of: datetime,
    gone_since: datetime | None = None,
) -> dict[str, frozenset[str]]:
    """Of these signs the ones that stand, by subject of a kind; of no round, or of any.

    Subjects of which one went since ``gone_since`` are among them, with none if no other stands.
    """
    newest = (
        select(func.max(AttackSignal.id))
        .where(
            AttackSignal.signal.in_(sorted(signals)),
            AttackSignal.subject_kind == kind,
            AttackSignal.known_at <= as_of,
        )
        .group_by(AttackSignal.subject, AttackSignal.signal, AttackSignal.round_id)
    )
    stands = AttackSignal.log_lr > 0
    wanted = stands if gone_since is None else or_(stands, AttackSignal.known_at >= gone_since)
    query = select(AttackSignal.subject, AttackSignal.signal, stands).where(
        AttackSignal.id.in_(newest), wanted
    )
    found: dict[str, set[str]] = {}
    for subject, signal, is_there in session.execute(query):
        found.setdefault(subject, set()).update({signal} if is_there else ())
    return {subject: frozenset(names) for subject, names in found.items()}
