"""``watch_rounds``: the structural signs of the vote under way, kept when they change.

docs/methodology.md, "Structural signs".
"""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.risk.signs.context_signs import pays_sign, rights_sign
from service.risk.signs.structural_signs import STRUCTURAL_VERSION, structural_signs
from service.store.attacks.attack_signals import add_signals
from service.store.attacks.sign_context import forcing_blocs, rights_before, standing_bursts
from service.store.attacks.watched_rounds import load_watched_rounds
from service.store.operations.job_runs import last_count

NAME = "watch_rounds"
# What a run counts under this name is the round it saw under way.
ROUND = "round"


def watch_rounds(sessions: sessionmaker[Session], clock: Clock, book: ContractBook) -> CycleReport:
    """Work the signs out from what is known now; a run that sees nothing new writes nothing."""
    now = clock.now()
    with sessions() as session:
        seen = last_count(session, NAME, ROUND)
        watched = load_watched_rounds(session, book, now, seen)
        bursts = standing_bursts(session, now)
        rights = rights_before(session, bursts, now)
        paying = {
            one.round_id: forcing_blocs(session, one.round_id, now)
            for one in watched
            if not one.is_over
        }
    signs = [sign for one in watched for sign in structural_signs(one)]
    signs.append(rights_sign([str(row.document["words"]) for row in bursts], rights))
    signs += [pays_sign(round_id, blocs) for round_id, blocs in paying.items()]
    added = in_transaction(
        sessions, lambda session: add_signals(session, signs, STRUCTURAL_VERSION, now)
    )
    under_way = [one.round_id for one in watched if not one.is_over]
    return CycleReport(
        {
            # By this the next run knows that the round before was seen to its end.
            **({ROUND: min(under_way)} if under_way else {}),
            "rounds": len(watched),
            "requests": sum(one.requests_in_vote for one in watched),
            "standing": sum(sign.log_lr > 0 for sign in signs),
            "added": added,
        }
    )
