"""The reliability curve: how often what is called p happens, by isotonic regression (CORP).

The band is one of consistency: where the curve would lie, 9 times in 10, were the probabilities
right and the rows independent. Siblings are not, so it is narrow rather than wide.
Dimitriadis, Gneiting, Jordan (2021), "Stable reliability diagrams for probabilistic classifiers".
"""

from dataclasses import dataclass

import numpy as np

from service.calibration.logistic import Values, clipped
from service.calibration.resampling import SEED

_DRAWS = 200
_POINTS = 60


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """At a forecast: the share that happened, and the band a right forecaster would stay in."""

    forecast: float
    happened: float
    low: float
    high: float


def reliability(y: Values, p: Values) -> tuple[ReliabilityPoint, ...]:
    """The curve at quantiles of the forecasts, rising; empty without rows."""
    if not len(y):
        return ()
    order = np.argsort(clipped(p), kind="stable")
    ranked = clipped(p)[order]
    rng = np.random.default_rng(SEED)
    simulated = np.array(
        [_rising((rng.random(len(ranked)) < ranked).astype(float), ranked) for _ in range(_DRAWS)]
    )
    low, high = np.percentile(simulated, [5, 95], axis=0)
    curve = _rising(np.asarray(y, dtype=np.float64)[order], ranked)
    places = np.unique(np.linspace(0, len(ranked) - 1, _POINTS).astype(int))
    return tuple(
        ReliabilityPoint(float(ranked[i]), float(curve[i]), float(low[i]), float(high[i]))
        for i in places
    )


def _rising(y: Values, ranked: Values) -> Values:
    """Isotonic regression of y in the order of the forecasts, equal forecasts pooled first."""
    from scipy.optimize import isotonic_regression  # noqa: PLC0415  # half a second to import

    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    sizes = np.diff(np.append(starts, len(ranked))).astype(np.float64)
    pooled = np.add.reduceat(y, starts) / sizes
    fitted = isotonic_regression(pooled, weights=sizes).x
    return np.asarray(np.repeat(fitted, sizes.astype(int)), dtype=np.float64)
