"""``detect_rings``: bursts of first disputes, and who disputes whom too often.

docs/methodology.md, "Bursts of disputes" and "Rings of proposers and disputers".
"""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from service.clock import Clock
from service.risk.signs.ring_parameters import RINGS_VERSION, load_ring_parameters
from service.risk.signs.ring_signs import PASSING, detect
from service.store.attacks.attack_signals import add_signals
from service.store.attacks.gone_signals import gone_signs
from service.store.attacks.ring_inputs import load_ring_inputs


def detect_rings(sessions: sessionmaker[Session], clock: Clock) -> CycleReport:
    """Work the signs out while reading, then keep those that say something new."""
    now = clock.now()
    parameters = load_ring_parameters()
    with sessions() as session:
        inputs = load_ring_inputs(session, now, parameters)
    if inputs is None:
        return CycleReport({"disputes": 0})
    found = detect(inputs.seen, inputs.paid, inputs.first, inputs.as_of, parameters)

    def keep(session: Session) -> int:
        gone = gone_signs(session, found.signs, PASSING, now)
        return add_signals(session, [*found.signs, *gone], RINGS_VERSION, now)

    return CycleReport(
        {
            "disputes": len(inputs.seen),
            "self_disputes": found.self_disputes,
            "streams": len(found.bursts),
            "streams_without_history": len(found.missing),
            "rings": len(found.rings),
            "standing": sum(sign.log_lr > 0 for sign in found.signs),
            "added": in_transaction(sessions, keep),
        }
    )
