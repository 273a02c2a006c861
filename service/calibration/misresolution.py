"""Target misresolved: a bound, never a model. docs/methodology.md, "Backtest".

No public recording says which payouts were wrong, and flips are something else (most correct an
error). So nothing is fitted for this target and no other target's labels stand in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.calibration.rows import StudyRow, Target

_JEFFREYS = 0.5
_PERCENT = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class MisresolutionBound:
    """What the adjudicated rows say of the rate among rows like them."""

    adjudicated: int
    misresolved: int
    # Jeffreys' 90 % interval; without adjudicated rows None, for then nothing is known.
    low: float | None
    high: float | None

    @property
    def reason(self) -> str:
        """In one line."""
        if self.high is None:
            return "uncalibrated: no row carries an adjudicated outcome, so not even a bound exists"
        return (
            f"uncalibrated: {self.misresolved} misresolved of {self.adjudicated} adjudicated rows, "
            f"so at 95 % no more than {self.high:.2%} of rows chosen like these"
        )


def upper_bound(positives: int, rows: int) -> float:
    """Jeffreys' 95 % upper end of a rate, in 0..1."""
    from scipy.stats import beta  # noqa: PLC0415  # a second to import

    return float(beta.ppf(_PERCENT[1], positives + _JEFFREYS, rows - positives + _JEFFREYS))


def bound_misresolution(rows: Sequence[StudyRow]) -> MisresolutionBound:
    """Jeffreys' interval of the adjudicated rows; a rate needs a sample drawn by chance."""
    labels = [row.labels.of(Target.MISRESOLVED) for row in rows]
    known = [label for label in labels if label is not None]
    wrong = sum(known)
    if not known:
        return MisresolutionBound(0, 0, None, None)
    from scipy.stats import beta  # noqa: PLC0415  # a second to import

    low, high = (
        float(beta.ppf(share, wrong + _JEFFREYS, len(known) - wrong + _JEFFREYS))
        for share in _PERCENT
    )
    return MisresolutionBound(len(known), wrong, low if wrong else 0.0, high)
