"""``detect_conflicts``: who holds the answer it pushes, and who bought before it was proposed.

docs/methodology.md, "Conflicts" and "Order flow before a proposal".
"""

from dataclasses import replace

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.risk.signs.conflicts import align
from service.risk.signs.market_pushes import MARKET_SIGNALS, alignment_sign, market_signs
from service.risk.signs.ring_parameters import RINGS_VERSION, load_ring_parameters
from service.store.attacks.attack_signals import add_signals
from service.store.attacks.flow_inputs import load_flow
from service.store.attacks.gone_signals import gone_signs
from service.store.attacks.markets_at_issue import list_at_issue
from service.store.attacks.positioned_votes import load_positioned_votes
from service.store.attacks.pushes import load_pushes

# Disputed ones first, then by open interest; the work of a run is bounded by it.
MARKETS_A_RUN = 200


def detect_conflicts(
    sessions: sessionmaker[Session], clock: Clock, book: ContractBook
) -> CycleReport:
    """Look at every market at issue, and keep the signs that say something new."""
    now = clock.now()
    parameters = load_ring_parameters()
    with sessions() as session:
        issues, left_out = list_at_issue(
            session, book, now, parameters.burst.open_interest_usd, MARKETS_A_RUN
        )
        flow = load_flow(session, issues, now, parameters.flow)
        markets = load_pushes(session, issues, now)
        votes = load_positioned_votes(session, book, now, parameters.conflict.alignment_days)
    alignment = align(votes, parameters.conflict)
    by_condition = {to_hex(one.condition_id): flow.get(one.market_id, ()) for one in issues}
    signs = [
        sign
        for market in markets
        for sign in market_signs(
            replace(market, flow=by_condition[market.market]), parameters.conflict
        )
    ]
    signs.append(alignment_sign(alignment, parameters.conflict))

    def keep(session: Session) -> int:
        looked_at = {market.market for market in markets}
        gone = [
            sign
            for sign in gone_signs(session, signs, MARKET_SIGNALS, now)
            if sign.subject in looked_at
        ]
        return add_signals(session, [*signs, *gone], RINGS_VERSION, now)

    return CycleReport(
        {
            "markets": len(markets),
            "left_out": left_out,
            "pushes": sum(len(market.pushes) for market in markets),
            "votes_of_holders": alignment.holders,
            "standing": sum(sign.log_lr > 0 for sign in signs),
            "added": in_transaction(sessions, keep),
        }
    )
