"""``watch_rounds``: the structural signs of the vote under way, kept when they change.

docs/methodology.md, "Structural signs".
"""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.risk.structural_signs import STRUCTURAL_VERSION, structural_signs
from service.store.attack_signals import add_signals
from service.store.watched_rounds import load_watched_rounds


def watch_rounds(sessions: sessionmaker[Session], clock: Clock, book: ContractBook) -> CycleReport:
    """Work the signs out from what is known now; a run that sees nothing new writes nothing."""
    now = clock.now()
    with sessions() as session:
        watched = load_watched_rounds(session, book, now)
    signs = [sign for one in watched for sign in structural_signs(one)]
    added = in_transaction(
        sessions, lambda session: add_signals(session, signs, STRUCTURAL_VERSION, now)
    )
    return CycleReport(
        {
            "rounds": len(watched),
            "requests": sum(one.requests_in_vote for one in watched),
            "standing": sum(sign.log_lr > 0 for sign in signs),
            "added": added,
        }
    )
