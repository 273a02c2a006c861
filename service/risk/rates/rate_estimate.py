"""What a base rate is: an estimate with its interval, or the reason why there is none."""

from dataclasses import dataclass

from models.enums import Support
from models.rate_enums import RateMethod, RateStatus
from service.risk.rates.rate_intervals import Span

NO_WEIGHTED_RATE = "data cannot support a weighted rate"


@dataclass(frozen=True, slots=True)
class RateEstimate:
    """One rate of one set of questions under one weight.

    ``low`` and ``high`` are the 5 % and 95 % quantiles; where ``value`` is None only ``high`` is
    said. ``positives`` adds up soft outcomes. ``n_eff`` is how many independent questions of equal
    weight would say as much.
    """

    status: RateStatus
    method: RateMethod
    value: float | None
    low: float | None
    high: float | None
    # Wilson's 95 % of a plain count, for display.
    wilson: Span | None
    n: int
    # Questions whose weight is not known: not among the n.
    missing: int
    positives: float
    clusters: int
    n_eff: float
    design_effect: float | None
    # The largest positive's share of all positive weight.
    largest_share: float | None
    # Linearised, clustered.
    standard_error: float | None
    reason: str | None
    support: Support = Support.MEASURED


def without_rate(status: RateStatus, reason: str, **known: int) -> RateEstimate:
    """A row that only says why there is no rate; ``known`` may give ``n`` and ``missing``."""
    return RateEstimate(
        status=status,
        method=RateMethod.NONE,
        value=None,
        low=None,
        high=None,
        wilson=None,
        n=known.get("n", 0),
        missing=known.get("missing", 0),
        positives=0.0,
        clusters=0,
        n_eff=0.0,
        design_effect=None,
        largest_share=None,
        standard_error=None,
        reason=reason,
        support=Support.ASSUMED,
    )
