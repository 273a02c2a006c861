"""``fuse_attacks``: the attack score of every subject something new was said about.

docs/methodology.md, "One attack score".
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from models.attack_enums import SignalSubject
from service.clock import Clock
from service.protocol.rounds import round_at
from service.risk.signs.attack_calibration import LabelledScores, calibrate
from service.risk.signs.attack_fusion import fuse
from service.store.attacks.attack_scores import DueSubject, add_score, list_due
from service.store.attacks.fusion_inputs import has_requests, signs_for

# Older news is history; a stop of the service may be as long.
LOOKBACK = timedelta(days=14)
# The rest waits for the next run.
PER_RUN = 200


def fuse_attacks(
    sessions: sessionmaker[Session], clock: Clock, history: LabelledScores | None = None
) -> CycleReport:
    """Fuse what is due; a subject nothing new is said of costs nothing.

    A round without requests is left until it has one: a line that somebody is above is told of
    whoever holds the stake, and of no vote.
    ``history``: past scores with what became of them. None are known yet, so that a score is an
    order and no probability.
    """
    now = clock.now()
    known = LabelledScores() if history is None else history
    current = round_at(int(now.timestamp()))

    # Looked up first by whoever only reads: mostly nothing is due, and nobody has to wait for it.
    with sessions() as session:
        found = list_due(session, now - LOOKBACK, now, current_round=current, limit=PER_RUN)
        due = [one for one in found if _is_scored(session, one, now)]

    def work(session: Session) -> int:
        added = 0
        for one in due:
            score = fuse(one.kind, one.subject, signs_for(session, one.kind, one.subject, now))
            calibrated = calibrate(score.score, known)
            added += add_score(session, score, calibrated, one.through, now)
        return added

    added = in_transaction(sessions, work) if due else 0
    return CycleReport({"due": len(due), "added": added})


def _is_scored(session: Session, due: DueSubject, now: datetime) -> bool:
    return due.kind is not SignalSubject.ROUND or has_requests(session, int(due.subject), now)
