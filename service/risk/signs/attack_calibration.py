"""From scores to probabilities, as far as known attacks allow; below 20 they do not.

docs/methodology.md, "One attack score".
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from service.risk.log_odds import expit, expits

# Known attacks from which a probability may be said, and from which an interval of it.
PLATT_FROM, VENN_ABERS_FROM = 20, 100
# Slope of the ridge: a score is in log odds already.
_SLOPE_MEAN, _SLOPE_SD = 1.0, 0.3
_STEPS = 50
_SMALL = 1e-10

Floats = NDArray[np.float64]


class CalibrationStatus(StrEnum):
    """What the number beside a score is."""

    # Nothing but an order.
    UNCALIBRATED_RANKED = "uncalibrated_ranked"
    PLATT = "platt"
    VENN_ABERS = "venn_abers"


@dataclass(frozen=True, slots=True)
class LabelledScores:
    """Scores of the past, and which of their subjects were attacked."""

    scores: tuple[float, ...] = ()
    attacked: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        """Refuse labels that are not the scores'."""
        if len(self.scores) != len(self.attacked):
            raise ValueError("as many labels as scores are needed")

    @property
    def status(self) -> CalibrationStatus:
        """What so many attacks allow; without quiet ones beside them nothing."""
        positives = sum(self.attacked)
        if positives < PLATT_FROM or positives == len(self.attacked):
            return CalibrationStatus.UNCALIBRATED_RANKED
        if positives < VENN_ABERS_FROM:
            return CalibrationStatus.PLATT
        return CalibrationStatus.VENN_ABERS


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The probability of an attack; None where no such claim can be made."""

    status: CalibrationStatus
    mean: float | None = None
    # Both ends of the Venn-Abers prediction, no confidence interval.
    low: float | None = None
    high: float | None = None


def calibrate(score: float, history: LabelledScores) -> Calibrated:
    """A score as a probability by what past scores turned out to be."""
    match history.status:
        case CalibrationStatus.UNCALIBRATED_RANKED:
            return Calibrated(history.status)
        case CalibrationStatus.PLATT:
            intercept, slope = fit_platt(history)
            return Calibrated(history.status, expit(intercept + slope * score))
        case CalibrationStatus.VENN_ABERS:
            low, high = venn_abers(score, history)
            return Calibrated(history.status, high / (1 - low + high), low, high)


def fit_platt(history: LabelledScores) -> tuple[float, float]:
    """Intercept and slope of a logistic fit whose slope is held near 1 (normal, sd 0.3)."""
    x = np.array(history.scores, dtype=np.float64)
    y = np.array(history.attacked, dtype=np.float64)
    beta: Floats = np.array([0.0, _SLOPE_MEAN])
    design = np.column_stack([np.ones_like(x), x])
    precision = np.array([0.0, 1 / _SLOPE_SD**2])
    for _ in range(_STEPS):
        p = expits(design @ beta)
        gradient = design.T @ (y - p) - precision * (beta - np.array([0.0, _SLOPE_MEAN]))
        weights = np.maximum(p * (1 - p), _SMALL)
        hessian = (design * weights[:, None]).T @ design + np.diag(precision)
        step = np.linalg.solve(hessian, gradient)
        # Far from the answer a whole step may overshoot.
        beta = beta + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < _SMALL:
            break
    return float(beta[0]), float(beta[1])


def venn_abers(score: float, history: LabelledScores) -> tuple[float, float]:
    """The two isotonic predictions with the new score taken for quiet, and for attacked."""
    return _isotonic_at(score, history, 0.0), _isotonic_at(score, history, 1.0)


def _isotonic_at(score: float, history: LabelledScores, label: float) -> float:
    pairs = [*zip(history.scores, map(float, history.attacked), strict=True), (score, label)]
    # Equal scores are one block from the beginning.
    groups: dict[float, list[float]] = {}
    for at, one in pairs:
        groups.setdefault(at, []).append(one)
    blocks: list[tuple[float, int, float]] = []
    for at in sorted(groups):
        total, count, last = sum(groups[at]), len(groups[at]), at
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count, last))
    return next(total / count for total, count, last in blocks if score <= last)
