"""What adjudicated audits say: the rate of wrong undisputed answers, and how many get disputed.

docs/methodology.md, "Adjudication".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from service.risk.beta_quantiles import beta_quantile
from service.risk.draws import Values
from service.risk.intervals import interval_of
from service.risk.parameters import Prior
from service.risk.result import Interval

_DRAWS = 20_000
_SEED = 20261126
# Jeffreys.
_HALF = 0.5
# An assumed prior gives way from so many real labels of its transition on, and then weighs at most
# so many pseudo-observations.
LABELS_NEEDED = 30
ASSUMED_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class AuditedStratum:
    """One stratum's audits: N_h, n_h, and the sum of q over them (soft, so fractional)."""

    name: str
    size: int
    audited: int
    wrong: float


@dataclass(frozen=True, slots=True)
class AuditRate:
    """P(wrong | undisputed) over all strata."""

    # sum W_h wrong_h / n_h; None while a stratum has no audit.
    weighted: float | None
    interval: Interval
    audited: int
    # The stratum most of the uncertainty comes from, and its share of the variance.
    widest: str
    widest_share: float
    # Strata without a single audit: the interval takes any rate for possible there.
    unaudited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recaptured:
    """Chapman's estimate of how many there are, from two lists."""

    total: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class DisputedShare:
    """d1w, P(disputed | the first proposal is wrong), out of adjudicated questions."""

    measured: Interval
    # Wrong first proposals behind it, soft.
    labels: float
    # What the model may use: the prior, or the prior updated.
    mean: float
    n: float
    is_used: bool
    reason: str


def estimate_rate(strata: Sequence[AuditedStratum]) -> tuple[AuditRate, Values]:
    """The rate with a 90 % interval, and its draws; ``ValueError`` without any market.

    Each p_h is drawn from Beta(y + 1/2, n - y + 1/2); a stratum audited in full is known. The draws
    of a large stratum without findings outweigh every other: its width is a statement about how
    little was looked at there, and ``widest`` says so.
    """
    total = sum(stratum.size for stratum in strata)
    if total == 0:
        message = "no settled, undisputed market in any stratum: there is no rate to estimate"
        raise ValueError(message)
    rng = np.random.default_rng(_SEED)
    drawn = {s.name: s.size / total * _rates(s, rng) for s in strata if s.size}
    variances = {name: float(values.var()) for name, values in drawn.items()}
    widest = max(variances, key=lambda name: variances[name])
    spread = sum(variances.values())
    unaudited = tuple(s.name for s in strata if s.size and not s.audited)
    weighted = None
    if not unaudited:
        weighted = sum(s.size / total * s.wrong / s.audited for s in strata if s.size)
    draws: Values = np.sum(list(drawn.values()), axis=0)
    rate = AuditRate(
        weighted=weighted,
        interval=interval_of(draws),
        audited=sum(s.audited for s in strata),
        widest=widest,
        widest_share=variances[widest] / spread if spread else 0.0,
        unaudited=unaudited,
    )
    return rate, draws


def upper_bound(wrong: float, audited: int, share: float = 0.95) -> float:
    """The exact one-sided bound on a rate (Clopper and Pearson); 1 without audits."""
    if audited == 0 or wrong >= audited:
        return 1.0
    return beta_quantile(wrong + 1, audited - wrong, share)


def recapture(first: int, second: int, both: int) -> Recaptured:
    """Chapman's (n1+1)(n2+1)/(m+1) - 1; ``ValueError`` where ``both`` exceeds a list.

    Lists of famous cases share their cases, so this is a LOWER bound, never used alone.
    """
    if not 0 <= both <= min(first, second):
        message = f"{both} on both lists of {first} and {second}: no list holds more than all"
        raise ValueError(message)
    total = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both)
    return Recaptured(total, sqrt(variance / ((both + 1) ** 2 * (both + 2))))


def disputed_share(
    disputed: AuditedStratum, undisputed: Sequence[AuditedStratum], prior: Prior
) -> DisputedShare:
    """d1w = disputed wrong / (disputed wrong + wrong among the undisputed, scaled up).

    ``disputed``: all disputed questions of the same frame, how many of them are adjudicated, and
    the sum of q of their first proposals. The assumed prior is updated from 30 labels on only.
    """
    rng = np.random.default_rng([_SEED, 1])
    _, rate = estimate_rate(undisputed)
    missed = rate * sum(stratum.size for stratum in undisputed)
    caught = disputed.size * _rates(disputed, rng)
    shares: Values = caught / np.maximum(caught + missed, 1e-300)
    labels = disputed.wrong + sum(stratum.wrong for stratum in undisputed)
    n = min(prior.n, ASSUMED_AT_MOST) if labels >= LABELS_NEEDED else prior.n
    measured = interval_of(shares)
    if labels < LABELS_NEEDED:
        reason = f"{labels:.1f} of {LABELS_NEEDED} labels of wrong first proposals: prior kept"
        return DisputedShare(measured, labels, prior.mean, n, is_used=False, reason=reason)
    # As many observations as a Beta of the same mean and variance stands for, and never more than
    # there are labels: a population known in full is still a sample of the next one.
    mean, variance = float(shares.mean()), float(shares.var())
    spread = mean * (1 - mean)
    seen = labels if variance <= spread / (labels + 1) else max(spread / variance - 1, 0.0)
    reason = f"{labels:.1f} labels, worth {seen:.0f} observations, beside a prior of {n:.0f}"
    pooled = (prior.mean * n + mean * seen) / (n + seen)
    return DisputedShare(measured, labels, pooled, n + seen, is_used=True, reason=reason)


def _rates(stratum: AuditedStratum, rng: np.random.Generator) -> Values:
    if not 0 <= stratum.wrong <= stratum.audited <= stratum.size:
        message = f"{stratum.name}: {stratum.wrong} wrong of {stratum.audited} of {stratum.size}"
        raise ValueError(message)
    if stratum.audited == stratum.size:
        return np.full(_DRAWS, stratum.wrong / max(stratum.size, 1))
    right = stratum.audited - stratum.wrong
    return rng.beta(stratum.wrong + _HALF, right + _HALF, _DRAWS)
