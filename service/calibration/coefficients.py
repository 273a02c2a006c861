"""The fit behind a dispute model: priors, how many coefficients may leave them, intervals.

docs/methodology.md, "Dispute model". Maximum a posteriori by Newton's steps, so equal rows give
equal bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.logistic import Values
from service.risk.log_odds import expits
from service.risk.text.features import FEATURE_CAP

# b_j ~ Normal(default_j, 1) where it is freed.
PRIOR_SD = 1.0
# One coefficient is freed for so many positives.
POSITIVES_EACH = 10
_INTERCEPT_SD = 10.0
_STEPS = 100
_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Fitted:
    """Coefficients in the columns' order; ``sds`` NaN where a coefficient kept its default."""

    intercept: float
    intercept_sd: float
    values: tuple[float, ...]
    sds: tuple[float, ...]
    freed: tuple[bool, ...]


def freed_count(positives: int) -> int:
    """How many coefficients so many positives pay for."""
    return positives // POSITIVES_EACH


def fit_coefficients(
    columns: Values,
    y: Values,
    offset: Values,
    defaults: Sequence[float],
    groups: Sequence[str],
) -> Fitted:
    """Fit y (n,) on columns (n, k) beside an offset (n,); the first columns are freed first.

    A coefficient whose largest effect would pass ``FEATURE_CAP`` is set there and the others are
    fitted again, since the model caps it anyway. Intervals are the wider of Laplace's and the one
    robust to siblings of a group repeating each other.
    """
    values = np.asarray(defaults, dtype=np.float64).copy()
    is_free = np.zeros(len(values), dtype=bool)
    is_free[: freed_count(int(y.sum()))] = True
    is_free &= np.ptp(columns, axis=0) > 0 if len(columns) else False
    freed = is_free.copy()
    intercept = float(np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5)))
    while True:
        intercept, values = _maximise(columns, y, offset, (intercept, values, is_free), defaults)
        largest = np.abs(columns).max(axis=0, initial=0.0)
        over = is_free & (np.abs(values) * largest > FEATURE_CAP * (1 + 1e-9))
        if not over.any():
            break
        values[over] = np.sign(values[over]) * FEATURE_CAP / largest[over]
        is_free &= ~over
    p = expits(intercept + columns @ values + offset)
    sds = _sds(columns[:, freed], y - p, p * (1 - p), groups)
    all_sds = np.full(len(values), np.nan)
    all_sds[freed] = sds[1:]
    return Fitted(
        intercept,
        float(sds[0]),
        tuple(float(v) for v in values),
        tuple(float(s) for s in all_sds),
        tuple(bool(f) for f in freed),
    )


def shift_to_mean(eta: Values, mean: float) -> float:
    """What to add to log-odds so that the probabilities have this mean."""
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        if float(expits(eta + middle).mean()) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _maximise(
    columns: Values,
    y: Values,
    offset: Values,
    start: tuple[float, Values, NDArray[np.bool_]],
    defaults: Sequence[float],
) -> tuple[float, Values]:
    intercept, values, is_free = start
    values = values.copy()
    fixed = offset + columns[:, ~is_free] @ values[~is_free]
    design = np.column_stack([np.ones(len(y)), columns[:, is_free]])
    goal = np.concatenate([[0.0], np.asarray(defaults)[is_free]])
    weight = _precision(int(is_free.sum()))
    beta = np.concatenate([[intercept], values[is_free]])
    for _ in range(_STEPS):
        p = expits(design @ beta + fixed)
        gradient = design.T @ (y - p) - weight * (beta - goal)
        curvature = (design.T * (p * (1 - p))) @ design + np.diag(weight)
        step = np.linalg.solve(curvature, gradient)
        beta = beta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        if float(np.abs(step).max()) < _TOLERANCE:
            break
    values[is_free] = beta[1:]
    return float(beta[0]), values


def _precision(coefficients: int) -> Values:
    return np.concatenate([[_INTERCEPT_SD**-2], np.full(coefficients, PRIOR_SD**-2)])


def _sds(columns: Values, residuals: Values, curvature: Values, groups: Sequence[str]) -> Values:
    design = np.column_stack([np.ones(len(residuals)), columns])
    hessian = (design.T * curvature) @ design + np.diag(_precision(columns.shape[1]))
    inverse = np.linalg.inv(hessian)
    names, group_of = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    scores = np.zeros((len(names), design.shape[1]))
    np.add.at(scores, group_of, design * residuals[:, None])
    robust = inverse @ (scores.T @ scores) @ inverse
    wider = np.maximum(np.diag(inverse), np.diag(robust))
    return np.asarray(np.sqrt(wider), dtype=np.float64)
