"""Weighted logistic regression with a ridge, by Newton's steps: enough for a handful of columns."""

import numpy as np
from numpy.typing import NDArray

from service.risk.log_odds import expits

Values = NDArray[np.float64]

LOWEST = 1e-6
_STEPS = 60
_TOLERANCE = 1e-9
# A step of this size in log odds is halved: Newton overshoots where classes nearly separate.
_LONGEST_STEP = 5.0


def clipped(p: Values) -> Values:
    """Probabilities within [1e-6, 1 - 1e-6], where every measure is finite."""
    return np.clip(np.asarray(p, dtype=np.float64), LOWEST, 1 - LOWEST)


def logit(p: Values) -> Values:
    """Log odds of clipped probabilities."""
    inside = clipped(p)
    return np.log(inside) - np.log1p(-inside)


def fit_logistic(
    columns: Values,
    y: Values,
    weights: Values,
    ridge: Values,
    start: Values | None = None,
) -> Values | None:
    """Coefficients of y on the columns (n, k); ``ridge`` (k,) penalises each one's square / 2.

    ``start`` saves steps where an answer is near. None where no finite fit exists: one class only,
    or classes that separate without a ridge.
    """
    total = float(weights.sum())
    positives = float((weights * y).sum())
    if positives <= 0 or positives >= total:
        return None
    beta = np.zeros(columns.shape[1]) if start is None else start
    for _ in range(_STEPS):
        p = expits(columns @ beta)
        gradient = columns.T @ (weights * (y - p)) - ridge * beta
        curvature = (columns.T * (weights * p * (1 - p))) @ columns + np.diag(ridge + 1e-12)
        try:
            step = np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError:
            return None
        longest = float(np.abs(step).max())
        beta = beta + step * min(1.0, _LONGEST_STEP / max(longest, 1e-300))
        if longest < _TOLERANCE:
            return beta
    return None
