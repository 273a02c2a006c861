"""Measures of probabilities against outcomes, each with weights so that it can be resampled.

docs/methodology.md, "Backtest". Arrays are one value a row, in one order; y is 0 or 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.logistic import Values, clipped, fit_logistic, logit

Indices = NDArray[np.intp]


def log_losses(y: Values, p: Values) -> Values:
    """-log of the probability given to what happened, a row."""
    inside = clipped(p)
    return np.asarray(-np.where(y > 0, np.log(inside), np.log1p(-inside)), dtype=np.float64)


def squared_errors(y: Values, p: Values) -> Values:
    """Brier's term, a row."""
    return np.asarray((clipped(p) - y) ** 2, dtype=np.float64)


def weighted_mean(values: Values, weights: Values) -> float | None:
    """None where nothing weighs."""
    total = float(weights.sum())
    return float((values * weights).sum() / total) if total > 0 else None


def effective_rows(weights: Values) -> float:
    """Kish's effective sample size, (sum w)^2 / sum w^2."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows from the most to the least suspected, equal probabilities together."""

    order: Indices
    # Position of each tie's last row in the order.
    ends: Indices
    y: Values

    @classmethod
    def of(cls, y: Values, p: Values) -> "Ranking":
        """Rank rows by probability."""
        inside = clipped(p)
        order = np.argsort(-inside, kind="stable")
        ranked = inside[order]
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        return cls(order, ends, np.asarray(y, dtype=np.float64)[order])

    def areas(self, weights: Values) -> tuple[float, float] | None:
        """Average precision (AUPRC) and AUROC; None without both classes.

        Ties count as one threshold, so that a constant has its base rate and 0.5.
        """
        ranked = weights[self.order]
        hits = np.cumsum(ranked * self.y)[self.ends]
        flagged = np.cumsum(ranked)[self.ends]
        positives, total = float(hits[-1]), float(flagged[-1])
        negatives = total - positives
        if positives <= 0 or negatives <= 0:
            return None
        new_hits = np.diff(hits, prepend=0.0)
        precision = hits / np.maximum(flagged, 1e-300)
        new_misses = np.diff(flagged - hits, prepend=0.0)
        above = (hits - new_hits / 2) / positives
        return (
            float((new_hits * precision).sum() / positives),
            float((new_misses * above).sum() / negatives),
        )

    def curve(self) -> list[tuple[float, float]]:
        """(recall, precision) at each threshold, from the first row on."""
        hits, flagged = np.cumsum(self.y)[self.ends], self.ends + 1.0
        return [(float(h / hits[-1]), float(h / f)) for h, f in zip(hits, flagged, strict=True)]


class CalibrationLine:
    """Slope and intercept of outcome on log odds: 1 and 0 are calibrated."""

    def __init__(self, y: Values, p: Values) -> None:
        """Of outcomes and the probabilities they were given."""
        x = logit(p)
        self._y = y
        self._columns = np.column_stack([np.ones_like(x), x])
        self._is_constant = float(np.ptp(x)) < 1e-9  # noqa: PLR2004  # but for rounding
        self._start: Values | None = None

    def fit(self, weights: Values) -> tuple[float, float] | None:
        """(slope, intercept); None for a constant, one class, or classes that separate.

        A later fit starts from the first one's answer.
        """
        if self._is_constant:
            return None
        beta = fit_logistic(self._columns, self._y, weights, np.zeros(2), self._start)
        if beta is None:
            return None
        if self._start is None:
            self._start = beta
        return float(beta[1]), float(beta[0])


def calibration_line(y: Values, p: Values, weights: Values) -> tuple[float, float] | None:
    """``CalibrationLine`` for one set of weights."""
    return CalibrationLine(y, p).fit(weights)
