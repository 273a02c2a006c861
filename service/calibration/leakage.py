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


def blind_scores(
    model: DisputeModel, rows: Sequence[StudyRow], history: Sequence[StudyRow]
) -> Values:
    """The scores of the rows; ``history`` are other questions, known where they are earlier.

    Scored three times: blinded; with all futures, shuffled, and what is for baselines to be seen;
    and the earlier half of the rows without any later question. Raises LookedAhead where the three
    differ.
    """

    def scores(scored: Sequence[StudyRow], others: Sequence[StudyRow]) -> Values:
        return clipped(model.predict([*others, *scored]))[len(others) :]

    blind, before = [row.blinded() for row in rows], [row.blinded() for row in history]
    found = scores(blind, before)
    _require_same(model, found, scores(shuffled_future(rows), shuffled_future(history)))
    moment = sorted(row.score_time for row in rows)[len(rows) // 2]
    early = np.array([row.score_time <= moment for row in rows])
    alone = scores(
        [row for row in blind if row.score_time <= moment],
        [row for row in before if row.score_time <= moment],
    )
    _require_same(model, found[early], alone)
    return found


def _require_same(model: DisputeModel, scores: Values, again: Values) -> None:
    moved = float(np.abs(again - scores).max())
    if moved > _TOLERANCE:
        raise LookedAhead(
            f"{type(model).__name__}: a score moved by {moved:.2g} when only what came after it, "
            "or is for baselines alone, was changed. Take that out of its features."
        )
