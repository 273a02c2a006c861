"""Outcomes of one event of which a single one pays Yes: what each believes binds the others.

docs/methodology.md, "Siblings".
"""

from math import exp

from models.enums import Outcome
from service.risk.belief import ln_price_ratio, price_of
from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters

_SECOND = 2


def bind(inputs: MarketInputs, parameters: RiskParameters) -> tuple[float, float]:
    """The siblings' P(T = Yes) in all, and the part of what lacks in one that falls to this one.

    Both in three digits. Zeros where the market has no siblings or no proposed Yes or No.
    """
    own = inputs.current_proposal or inputs.first_proposal
    if not inputs.siblings or own is None or own.outcome not in (Outcome.YES, Outcome.NO):
        return 0.0, 0.0
    here = _believed_yes(own.outcome, inputs.disputes, inputs.price_before_proposal, parameters)
    told = [s for s in inputs.siblings if s.value in (Outcome.YES, Outcome.NO)]
    beliefs = [(s, _believed_yes(s.value, s.disputes, s.price_yes, parameters)) for s in told]
    others = sum(believed for _, believed in beliefs)
    # What nobody proposed an answer for is as likely as its price; unpriced, it takes the rest.
    untold = [s.price_yes for s in inputs.siblings if s.value not in (Outcome.YES, Outcome.NO)]
    open_prices = sum(1.0 if price is None else price for price in untold)
    lacking = max(0.0, 1 - here - others - open_prices)
    if own.outcome is Outcome.YES or lacking == 0:
        return _digits(others), 0.0
    doubted = here + sum(believed for s, believed in beliefs if s.value is Outcome.NO)
    part = lacking * here / max(doubted + open_prices, 1e-12)
    return _digits(others), _digits(part)


def _believed_yes(
    value: Outcome | None, disputes: int, price_yes: float | None, parameters: RiskParameters
) -> float:
    """P(T = Yes) of an outcome by its proposal's class and price, at the prior means."""
    mean = {name: prior.mean for name, prior in parameters.transitions.items()}
    if disputes == 0:
        wrong = mean["a1w"] + mean["a1e"]
        standing = disputed = wrong / (1 - wrong)
    else:
        standing = mean["a2w"] / (1 - mean["a2w"])
        again = mean["d2w"] / mean["d2c"] if disputes >= _SECOND else 1.0
        disputed = standing * again
    ratio = exp(ln_price_ratio(price_of(value, price_yes), parameters.belief))
    # As for the market itself: of a dispute and a low price the stronger doubt counts.
    odds = max(disputed, standing * ratio) if ratio > 1 else disputed * ratio
    doubt = odds / (1 + odds)
    return 1 - doubt if value is Outcome.YES else doubt


def _digits(value: float) -> float:
    return float(f"{value:.3g}")
