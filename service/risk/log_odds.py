"""Probabilities and their log odds: the one logistic function, of a number and of an array."""

from math import exp

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

# Beyond it exp leaves floating point; the probability is 0 or 1 long before.
_FURTHEST = 700.0


def expit(x: float) -> float:
    """The probability of log odds, without overflow at either end."""
    if x >= 0:
        return 1 / (1 + exp(-x))
    odds = exp(x)
    return odds / (1 + odds)


def expits(x: Values) -> Values:
    """``expit`` of each number of an array."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -_FURTHEST, _FURTHEST))), dtype=np.float64)
