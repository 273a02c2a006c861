"""The cluster bootstrap: whole groups are drawn again, since siblings repeat each other.

The same draws serve every measure of every predictor, so that their differences are paired.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.logistic import Values

DRAWS = 1000
SEED = 20251
_PERCENT = (5.0, 95.0)
# Fewer usable draws than this share give no interval.
_USABLE = 0.8


@dataclass(frozen=True, slots=True)
class Interval:
    """A 90 % interval."""

    p05: float
    p95: float


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """How often each group was drawn, and each row's group."""

    # One row a draw, one column a group.
    counts: NDArray[np.float64]
    group_of: NDArray[np.intp]

    @classmethod
    def of(cls, groups: Sequence[str], *, draws: int = DRAWS, seed: int = SEED) -> "Resamples":
        """Draw as many groups as there are, with replacement."""
        names, group_of = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
        rng = np.random.default_rng(seed)
        shares = np.full(len(names), 1 / max(len(names), 1))
        counts = rng.multinomial(len(names), shares, size=draws).astype(np.float64)
        return cls(counts, group_of)

    def weights(self, draw: int) -> Values:
        """How often each row is in a draw."""
        return np.asarray(self.counts[draw][self.group_of], dtype=np.float64)

    def means(self, values: Values, weights: Values) -> Values:
        """The weighted mean in each draw; NaN where nothing weighs."""
        groups = self.counts.shape[1]
        above = self.counts @ np.bincount(self.group_of, values * weights, minlength=groups)
        below = self.counts @ np.bincount(self.group_of, weights, minlength=groups)
        found: Values = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
        return found

    def repeat(self, measure: Callable[[Values], Sequence[float] | None], width: int) -> Values:
        """A measure of ``width`` numbers in each draw, (draws, width); NaN where it has none."""
        found = np.full((len(self.counts), width), np.nan)
        for draw in range(len(self.counts)):
            value = measure(self.weights(draw))
            if value is not None:
                found[draw] = value
        return found


def interval(values: Values) -> Interval | None:
    """The middle 90 % of the draws that have a value."""
    usable = values[np.isfinite(values)]
    if len(usable) < _USABLE * len(values) or not len(usable):
        return None
    low, high = np.percentile(usable, _PERCENT)
    return Interval(float(low), float(high))
