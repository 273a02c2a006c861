"""Features of a market: what was seen, what it adds to a score's logit, and where it stands.

docs/methodology.md, "Rule text".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import erf, exp, log, pi, sqrt
from typing import Literal

# |b x| of one feature, and of all together: no single reading may drown a cell's own rate.
FEATURE_CAP = 3.0
SUM_CAP = 6.0

CoefSource = Literal["default", "fitted", "off"]


class Bearing(StrEnum):
    """Which rates of a first request a reading moves; docs/methodology.md, "Features"."""

    # Proposed wrongly, too early, and disputed though correct: all alike.
    ALL = "all"
    # Measured on disputes: wrong proposals move by an assumed share.
    DISPUTED = "disputed"
    # It says that the answer came too early, which is no word on a wrong one.
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a text that drove a feature: ``text[start:end] == words``."""

    field: Literal["title", "rules"]
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One reading of a market.

    ``logit`` is its signed share of the log-odds against a market with nothing unusual, capped at
    ``FEATURE_CAP``. ``coef_source`` is "off" where out-of-time data gave it no place: it is then
    shown with logit 0.
    """

    name: str
    value: float
    unit: str
    logit: float
    coef_source: CoefSource
    spans: tuple[Span, ...] = ()
    # In plain words, where no span can show it.
    evidence: tuple[str, ...] = ()
    bearing: Bearing = Bearing.ALL
    # Standard deviation of the effect whose mean odds factor ``logit`` is; 0 where it is assumed.
    spread: float = 0.0


def capped(logit: float) -> float:
    """A feature's share of the log-odds, within ``FEATURE_CAP``."""
    return min(max(logit, -FEATURE_CAP), FEATURE_CAP)


def mean_effect(mean: float, sd: float) -> float:
    """Ln of the mean odds factor of an effect known to Normal(mean, sd), within ``FEATURE_CAP``.

    Odds of rare events multiply, so that what is not known well raises their mean, except near the
    upper cap. The effect at ``mean`` itself would be too near 0 where that is positive, and too far
    from it where negative.
    """
    if sd <= 0:
        return capped(mean)

    low, high = (-FEATURE_CAP - mean) / sd, (FEATURE_CAP - mean) / sd
    inside = exp(mean + sd * sd / 2) * (_below(high - sd) - _below(low - sd))
    return log(exp(-FEATURE_CAP) * _below(low) + inside + exp(FEATURE_CAP) * _below(-high))


def effect_spread(mean: float, sd: float) -> float:
    """The standard deviation of an effect known to Normal(mean, sd), within ``FEATURE_CAP``."""
    if sd <= 0:
        return 0.0
    low, high = (-FEATURE_CAP - mean) / sd, (FEATURE_CAP - mean) / sd
    inside, beyond = _below(high) - _below(low), (_below(low), _below(-high))
    at_low, at_high = _density(low), _density(high)
    first = mean * inside + sd * (at_low - at_high) + FEATURE_CAP * (beyond[1] - beyond[0])
    second = (mean * mean + sd * sd) * inside + FEATURE_CAP**2 * sum(beyond)
    second += 2 * mean * sd * (at_low - at_high) + sd * sd * (low * at_low - high * at_high)
    return sqrt(max(second - first * first, 0.0))


def _below(x: float) -> float:
    return 0.5 * (1 + erf(x / sqrt(2)))


def _density(x: float) -> float:
    return exp(-x * x / 2) / sqrt(2 * pi)


def total_logit(features: Iterable[Feature]) -> float:
    """What the features add to a score's log-odds together, within ``SUM_CAP``."""
    return min(max(sum(f.logit for f in features), -SUM_CAP), SUM_CAP)


def wrong_logit(features: Iterable[Feature], disputed_share: float) -> float:
    """What they add to the log-odds of a wrong proposal, within ``SUM_CAP``.

    ``disputed_share``: how much of what was measured on disputes.
    """
    share = _shares(disputed_share)
    return min(max(sum(f.logit * share[f.bearing] for f in features), -SUM_CAP), SUM_CAP)


def total_spread(features: Iterable[Feature], disputed_share: float | None = None) -> float:
    """The standard deviation of ``total_logit``; of ``wrong_logit`` where its share is given.

    As if what is not known of one reading said nothing of another.
    """
    share = dict.fromkeys(Bearing, 1.0) if disputed_share is None else _shares(disputed_share)
    return sqrt(sum((f.spread * share[f.bearing]) ** 2 for f in features))


def _shares(disputed_share: float) -> dict[Bearing, float]:
    return {Bearing.ALL: 1.0, Bearing.DISPUTED: disputed_share, Bearing.EARLY: 0.0}
