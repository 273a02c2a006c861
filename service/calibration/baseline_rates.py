"""B1: the rate of a row's recording and category, as far as either has been counted.

docs/methodology.md, "Backtest". A category's count is pooled over recordings, each measured by its
recording's own rate, as the model's own category term is: else B1 would know nothing of a category
in a recording it has not seen, and the model would win by that alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.baseline_columns import CELL, cell_of
from service.calibration.logistic import Values
from service.calibration.model_defaults import CATEGORY_PSEUDO
from service.calibration.rows import StudyRow
from service.risk.text.frozen_dispute import number_of

# Pseudo-rows, in a cell, of what its recording and its category say.
_CELL_ROWS = 50.0
_JEFFREYS = 0.5
_HIGHEST = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class CellRates:
    """Rates in 0..1 by cell ("recording/category") and recording, ratios by category."""

    # Of all rows: for a recording that was not seen.
    rate: float
    recordings: Mapping[str, float]
    # What a category's rate is over the usual one.
    categories: Mapping[str, float]
    cells: Mapping[str, float]

    def of(self, rows: Sequence[StudyRow]) -> Values:
        """The rate of each row."""
        return np.array([self.cells.get(cell_of(row), self._elsewhere(row)) for row in rows])

    def _elsewhere(self, row: StudyRow) -> float:
        usual = self.recordings.get(row.recorded_as, self.rate)
        return min(usual * self.categories.get(str(row.category), 1.0), _HIGHEST)

    def to_document(self) -> dict[str, object]:
        """Plain numbers, without the rate of all rows."""
        return {
            "recordings": dict(sorted(self.recordings.items())),
            "categories": dict(sorted(self.categories.items())),
            "cells": dict(sorted(self.cells.items())),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "CellRates":
        """Read what ``to_document`` wrote. Raises KeyError, TypeError or ValueError."""
        return cls(
            number_of(document["rate"], "rate of B1", 0.0, 1.0),
            *(_table(document[name], name) for name in ("recordings", "categories", "cells")),
        )


def fit_cell_rates(rows: Sequence[StudyRow], y: Values) -> CellRates:
    """Count labels y (n,) of the rows; small counts stay near what is usual."""
    recordings = {
        name: jeffreys(*counts)
        for name, counts in _counts([r.recorded_as for r in rows], y).items()
    }
    categories = _category_ratios(rows, y, recordings)
    cells = {}
    for cell, (events, number) in _counts([cell_of(row) for row in rows], y).items():
        recording, _, category = cell.partition(CELL)
        usual = min(recordings[recording] * categories.get(category, 1.0), _HIGHEST)
        cells[cell] = (events + _CELL_ROWS * usual) / (number + _CELL_ROWS)
    return CellRates(jeffreys(float(y.sum()), len(y)), recordings, categories, cells)


def jeffreys(events: float, number: int) -> float:
    """A rate that is above 0 without an event and below 1 with nothing else."""
    return (events + _JEFFREYS) / (number + 2 * _JEFFREYS)


def _category_ratios(
    rows: Sequence[StudyRow], y: Values, recordings: Mapping[str, float]
) -> dict[str, float]:
    happened: dict[str, float] = {}
    expected: dict[str, float] = {}
    for row, label in zip(rows, y, strict=True):
        # Without a title nobody knows the category.
        if row.title:
            name = str(row.category)
            happened[name] = happened.get(name, 0.0) + float(label)
            expected[name] = expected.get(name, 0.0) + recordings[row.recorded_as]
    return {
        name: (happened[name] + CATEGORY_PSEUDO) / (expected[name] + CATEGORY_PSEUDO)
        for name in happened
    }


def _counts(names: Sequence[str], y: Values) -> dict[str, tuple[float, int]]:
    counts: dict[str, tuple[float, int]] = {}
    for name, label in zip(names, y, strict=True):
        events, number = counts.get(name, (0.0, 0))
        counts[name] = (events + float(label), number + 1)
    return counts


def _table(found: object, of: str) -> dict[str, float]:
    """Rates, or a category's ratio to the usual one."""
    if not isinstance(found, Mapping):
        raise TypeError("the rates of B1 must be tables")
    return {str(name): number_of(value, f"{of} {name} of B1", 0.0) for name, value in found.items()}
