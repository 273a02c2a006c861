"""What speaks for and against a proposal beside its course, as log likelihood ratios.

Positive speaks against. docs/methodology.md, "Belief".
"""

from service.risk import belief
from service.risk.parameters import RiskParameters
from service.risk.situation import Situation


def ln_against(s: Situation, parameters: RiskParameters) -> float:
    """Prices, a feed and a late settlement together, within the cap."""
    priors = parameters.belief
    total = belief.ln_price_ratio(belief.price_of(s.proposed, s.price_yes), priors)
    venue = belief.price_of(s.proposed, s.venue_price)
    if venue is not None and priors.venue_exponent:
        # The same form as the price's own, with its own exponent.
        total += belief.ln_price_ratio(venue, priors) * (
            priors.venue_exponent / priors.price_exponent
        )
    total += {"contradicts": priors.ln_lr_feed, "supports": -priors.ln_lr_feed}.get(s.feed or "", 0)
    if s.settlement_late:
        total += priors.ln_lr_late
    return min(max(total, -priors.ln_ratio_cap), priors.ln_ratio_cap)


def ln_judged(s: Situation, parameters: RiskParameters) -> float:
    """What people who looked into the case said: an earlier vote, and adjudicators."""
    total = -s.ln_adjudicated
    if s.earlier_vote is not None and s.proposed is not None:
        price = belief.price_of(s.proposed, s.price_yes)
        lam = parameters.vote_information[belief.ambiguity_of(price, s.stage, parameters)]
        total += belief.ln_vote(lam) * (-1 if s.earlier_vote is s.proposed else 1)
    return total
