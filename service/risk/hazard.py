"""What silence says: a proposal nobody disputes is less likely to be wrong.

docs/methodology.md, "Time undisputed".
"""

from datetime import datetime
from functools import lru_cache

import numpy as np

from service.risk.draws import Values
from service.risk.inputs import Proposal
from service.risk.parameters import HazardPriors, RiskParameters


def elapsed_steps(proposal: Proposal, at: datetime, hazard: HazardPriors) -> int:
    """Whole steps of ten minutes since the proposal; the score sees time in no finer grain."""
    seconds = (at - proposal.proposed_at).total_seconds()
    return max(0, int(seconds // hazard.step_seconds))


def liveness_seconds(proposal: Proposal, hazard: HazardPriors) -> int:
    """The request's own liveness; the protocol's default where it is not known."""
    if proposal.liveness_seconds is not None and proposal.liveness_seconds > 0:
        return proposal.liveness_seconds
    if proposal.expires_at is not None and proposal.expires_at > proposal.proposed_at:
        return max(1, int((proposal.expires_at - proposal.proposed_at).total_seconds()))
    return hazard.default_liveness_seconds


def disputes_seen(
    proposal: Proposal, at: datetime, parameters: RiskParameters, *, is_managed: bool = False
) -> float:
    """F(t): of the disputes a wrong proposal will meet, the share that would have come by now.

    On the managed oracle a small share comes after the expiry, while nobody has settled.
    """
    hazard = parameters.hazard
    elapsed = elapsed_steps(proposal, at, hazard) * hazard.step_seconds
    liveness = liveness_seconds(proposal, hazard)
    seen = cumulative(elapsed / liveness, hazard)
    if not is_managed:
        return seen
    late = min(max(elapsed - liveness, 0) / hazard.late_seconds, 1.0)
    return seen * (1 - hazard.after_expiry_share) + hazard.after_expiry_share * late


def is_late(proposal: Proposal, at: datetime, hazard: HazardPriors) -> bool:
    """Whether a proposal is unsettled for longer after its expiry than 99 % were."""
    ends = proposal.proposed_at.timestamp() + liveness_seconds(proposal, hazard)
    return at.timestamp() - ends > hazard.late_seconds


def window_share(seconds: int, hazard: HazardPriors) -> float:
    """Of the disputes that two hours of liveness see, the share that so many seconds do.

    Longer windows get no credit: 1. In steps of 5 %, so that markets share their scores.
    """
    wanted, usual = (
        dispute_share(s / 60, hazard) for s in (seconds, hazard.default_liveness_seconds)
    )
    return min(1.0, max(0.05, round(20 * wanted / usual) / 20))


def dispute_share(minutes: float, hazard: HazardPriors) -> float:
    """Of all disputes, the share that comes within so many minutes; linear in log time."""
    # A second at the least, a week at the most.
    ends = np.log([1 / 60, *hazard.dispute_minutes, 7 * 24 * 60])
    shares = (0.0, *hazard.dispute_shares, 1.0)
    return float(np.interp(np.log(max(minutes, 1 / 60)), ends, shares))


@lru_cache(maxsize=1024)
def cumulative(fraction: float, hazard: HazardPriors) -> float:
    """F at a fraction of the liveness, from 0 at 0 to 1 at its end and after."""
    knots = np.linspace(0, 1, len(hazard.cumulative) + 1)
    return float(np.interp(fraction, knots, (0.0, *hazard.cumulative)))


def survival(chance: Values, seen: float) -> Values:
    """S(t): P(undisputed so far) of a proposal disputed with ``chance`` in the end."""
    return 1 - chance * seen


def remaining(chance: Values, seen: float) -> Values:
    """P(disputed later | undisputed so far)."""
    return chance * (1 - seen) / np.maximum(1 - chance * seen, 1e-12)
