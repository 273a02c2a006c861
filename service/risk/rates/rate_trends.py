"""How a rate moves: over months with breaks where rules changed, and with the money.

docs/methodology.md, "Base rates". Logistic regressions by penalised iterated least squares; the
intervals are Laplace's. Before-after comparisons: not causal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp

import numpy as np

from service.risk.draws import Values
from service.risk.log_odds import expit, expits
from service.risk.rates.rate_parameters import TrendPriors

# The 95 % quantile of the normal distribution: 90 % intervals.
_Z_90 = 1.6448536269514722
_ITERATIONS = 100
_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class PeriodCount:
    """Questions first proposed in one month under one set of rules.

    ``month`` counts months from any origin; ``breaks`` says which changes were in force.
    Clustered counts come divided by their design effect.
    """

    month: int
    breaks: tuple[bool, ...]
    n: float
    positives: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted value with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The smoothed rate of each period, and the odds ratio of each break (None: not told apart)."""

    rates: tuple[Fitted, ...]
    odds_ratios: tuple[Fitted | None, ...]


def fit_trend(periods: Sequence[PeriodCount], priors: TrendPriors) -> Trend:
    """Logit of the rate = level + breaks + a random walk over months.

    A break is told apart only where questions lie on both of its sides. Empty input, and periods
    out of order, are a ``ValueError``.
    """
    if not periods or any(a.month > b.month for a, b in pairwise(periods)):
        raise ValueError("periods must be given in the order of their months")
    months = sorted({period.month for period in periods})
    names = len(periods[0].breaks)
    is_told = [_is_told(periods, index) for index in range(names)]
    design = np.zeros((len(periods), 1 + names + len(months)))
    design[:, 0] = 1
    for row, period in enumerate(periods):
        design[row, 1 : 1 + names] = period.breaks
        design[row, 1 + names + months.index(period.month)] = 1
    penalty = _penalty(months, names, priors)
    n = np.array([period.n for period in periods])
    y = np.array([period.positives for period in periods])
    beta, covariance = _fit(design, n, y, penalty)
    logits = design @ beta
    errors = np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design))
    rates = tuple(_rate(*pair) for pair in zip(logits, errors, strict=True))
    ratios = tuple(
        _ratio(float(beta[1 + i]), float(covariance[1 + i, 1 + i]) ** 0.5) if told else None
        for i, told in enumerate(is_told)
    )
    return Trend(rates, ratios)


def fit_slope(steps: Values, n: Values, positives: Values) -> Fitted:
    """The odds ratio of one step up (volume deciles, say); at least two steps with questions.

    Counts come divided by their design effect. The level is free, the slope's prior is wide
    (standard deviation 2 a step).
    """
    design = np.column_stack([np.ones(len(steps)), steps - steps.mean()])
    penalty = np.diag([1e-4, 0.25])
    beta, covariance = _fit(design, n, positives, penalty)
    return _ratio(float(beta[1]), float(covariance[1, 1]) ** 0.5)


def _is_told(periods: Sequence[PeriodCount], index: int) -> bool:
    after = sum(p.n for p in periods if p.breaks[index])
    before = sum(p.n for p in periods if not p.breaks[index])
    return after > 0 and before > 0


def _penalty(months: Sequence[int], names: int, priors: TrendPriors) -> Values:
    """Precisions of the priors: level, breaks, and steps of the walk from its first month's 0."""
    size = 1 + names + len(months)
    penalty = np.zeros((size, size))
    penalty[0, 0] = priors.level_sd**-2
    for index in range(1, 1 + names):
        penalty[index, index] = priors.break_sd**-2
    start = 1 + names
    # The walk begins at 0: the level is the first month's.
    penalty[start, start] += 1e8
    for place in range(1, len(months)):
        gap = months[place] - months[place - 1]
        precision = 1 / (priors.step_sd**2 * gap)
        i, j = start + place - 1, start + place
        penalty[i, i] += precision
        penalty[j, j] += precision
        penalty[i, j] -= precision
        penalty[j, i] -= precision
    return penalty


def _fit(design: Values, n: Values, y: Values, penalty: Values) -> tuple[Values, Values]:
    """The mode and the covariance there. Newton steps, halved while they make it worse."""
    beta = np.zeros(design.shape[1])
    share = (y.sum() + 0.5) / (n.sum() + 1)
    beta[0] = np.log(share / (1 - share))
    worth = _log_posterior(design, n, y, penalty, beta)
    information = penalty.copy()
    for _ in range(_ITERATIONS):
        p = expits(design @ beta)
        gradient = design.T @ (y - n * p) - penalty @ beta
        information = design.T @ (design * (n * p * (1 - p))[:, None]) + penalty
        step: Values = np.linalg.solve(information, gradient).astype(np.float64)
        moved = _log_posterior(design, n, y, penalty, beta + step)
        while moved < worth - 1e-12 * abs(worth) and float(np.abs(step).max()) > _TOLERANCE:
            step = step / 2
            moved = _log_posterior(design, n, y, penalty, beta + step)
        beta += step
        worth = moved
        if float(np.abs(step).max()) < _TOLERANCE:
            break
    covariance: Values = np.linalg.inv(information).astype(np.float64)
    return beta, covariance


def _log_posterior(design: Values, n: Values, y: Values, penalty: Values, beta: Values) -> float:
    logits = design @ beta
    likelihood = float((y * logits - n * np.logaddexp(0, logits)).sum())
    return likelihood - 0.5 * float(beta @ penalty @ beta)


def _rate(logit: float, error: float) -> Fitted:
    ends = [expit(logit + z * error) for z in (0, -_Z_90, _Z_90)]
    return Fitted(*ends)


def _ratio(log_odds: float, error: float) -> Fitted:
    return Fitted(exp(log_odds), exp(log_odds - _Z_90 * error), exp(log_odds + _Z_90 * error))
