"""What a backtest asks of a model."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from service.calibration.rows import StudyRow, Target

Values = NDArray[np.float64]


class DisputeModel(Protocol):
    """A model of one target's probability at the first proposal."""

    # The earliest and latest score time of the rows it was fitted on; None where none were.
    @property
    def trained_from(self) -> datetime | None:
        """The first training row's score time."""

    @property
    def trained_to(self) -> datetime | None:
        """The last training row's score time."""

    def predict(self, rows: Sequence[StudyRow]) -> Values:
        """The probability of each row, in their order. Rows come blinded."""

    def fit(self, rows: Sequence[StudyRow], target: Target) -> Self:
        """A model of the same form fitted on labelled rows; rows whose label is None are unused."""
