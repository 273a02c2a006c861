"""Signs that stood and are made no more: told to be gone, so that the newest row says so."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.attack_enums import SignalFamily, SignalSubject
from models.attack_signal import AttackSignal
from models.enums import Support
from service.risk.signs.attack_signs import AttackSign
from service.store.attacks.attack_signals import signals_of


def gone_signs(
    session: Session, signs: Iterable[AttackSign], names: Collection[str], as_of: datetime
) -> list[AttackSign]:
    """Signs of ``log_lr`` 0 for those of these names that stand and are not in ``signs``."""
    made = {(one.signal, one.subject_kind, one.subject, one.round_id) for one in signs}
    query = (
        select(AttackSignal.subject_kind, AttackSignal.subject)
        .where(
            AttackSignal.signal.in_(sorted(names)),
            AttackSignal.known_at <= as_of,
            AttackSignal.log_lr != 0,
        )
        .distinct()
    )
    subjects = [(SignalSubject(kind), subject) for kind, subject in session.execute(query)]
    return [
        AttackSign(
            family=SignalFamily(row.family),
            signal=row.signal,
            subject_kind=SignalSubject(row.subject_kind),
            subject=row.subject,
            log_lr=0.0,
            support=Support(row.support),
            words="not seen any more",
            unit=row.unit,
            round_id=row.round_id,
        )
        for row in signals_of(session, subjects, as_of)
        if row.signal in names
        and row.log_lr != 0
        and (row.signal, row.subject_kind, row.subject, row.round_id) not in made
    ]
