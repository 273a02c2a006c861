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


def disputes_seen(proposal: Proposal, at: datetime, parameters: RiskParameters) -> float:
    """F(t): of the disputes a wrong proposal will meet, the share that would have come by now."""
    hazard = parameters.hazard
    elapsed = elapsed_steps(proposal, at, hazard) * hazard.step_seconds
    return cumulative(elapsed / liveness_seconds(proposal, hazard), hazard)


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
