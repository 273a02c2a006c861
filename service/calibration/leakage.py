"""The test against looking ahead: shuffle what came after the scores, and no score may move."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np

from service.calibration.logistic import Values, clipped
from service.calibration.protocols import DisputeModel
from service.calibration.resampling import SEED
from service.calibration.rows import StudyRow
from service.errors import SettlewatchError

_TOLERANCE = 1e-12


class LookedAhead(SettlewatchError):
    """A score changed with what happened after its time."""


def shuffled_future(rows: Sequence[StudyRow], seed: int = SEED) -> tuple[StudyRow, ...]:
    """The rows with their labels, final volumes and settlements dealt out to one another."""
    later = [(row.labels, row.borrowed) for row in rows]
    Random(seed).shuffle(later)  # noqa: S311  # a shuffle, not a secret
    return tuple(
        replace(row, labels=labels, borrowed=borrowed)
        for row, (labels, borrowed) in zip(rows, later, strict=True)
    )


def require_blindness(model: DisputeModel, rows: Sequence[StudyRow], scores: Values) -> None:
    """Score the rows with their futures shuffled and unblinded; raises LookedAhead."""
    again = clipped(model.predict(shuffled_future(rows)))
    moved = float(np.abs(again - scores).max()) if len(rows) else 0.0
    if moved > _TOLERANCE:
        raise LookedAhead(
            f"{type(model).__name__}: a score moved by {moved:.2g} when only what came after it "
            "was shuffled. Take that out of its features."
        )
