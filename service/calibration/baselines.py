"""The baselines a model must beat, each calibrated on the training rows the model had.

docs/methodology.md, "Backtest". A fitted set is plain numbers, so that it can be kept beside a
frozen model and score later rows without the training rows at hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.baseline_columns import CELL, LEXICAL, PRICE, cell_of, columns_of
from service.calibration.logistic import Values, clipped, expit, fit_logistic, logit
from service.calibration.rows import StudyRow, Target

# Pseudo-rows of its recording's rate in a cell.
_CELL_ROWS = 50.0
_JEFFREYS = 0.5
# Ridge: the intercept is free, every other coefficient has a standard deviation of 1.
_RIDGE = 1.0

GLOBAL, CELLS, NOTIFIER, CONTRARY_PRICE, VOLUME, PRICE_AND_WORDS = (
    "B0",
    "B1",
    "B2",
    "B3",
    "B4",
    "B5",
)
NAMES: Mapping[str, str] = {
    GLOBAL: "global rate",
    CELLS: "rate of category and recording",
    NOTIFIER: "the oracle's notifier",
    CONTRARY_PRICE: "1 - price of the answer",
    VOLUME: "rank by volume",
    PRICE_AND_WORDS: "price and words",
}
UNAVAILABLE: Mapping[str, str] = {
    NOTIFIER: "needs the order book and the trades after the proposal, "
    "which none of these recordings hold",
    VOLUME: "needs the volume as of the proposal; these recordings hold final volume only, "
    "which a dispute itself raises",
}
_LOGISTIC: Mapping[str, tuple[str, ...]] = {CONTRARY_PRICE: PRICE, PRICE_AND_WORDS: LEXICAL}
FITTED = (GLOBAL, CELLS, CONTRARY_PRICE, PRICE_AND_WORDS)


@dataclass(frozen=True, slots=True)
class Baselines:
    """B0, B1, B3 and B5, fitted."""

    target: Target
    rows: int
    positives: int
    rate: float
    cells: Mapping[str, float]
    # Baseline -> column -> coefficient; "constant" is the intercept.
    coefficients: Mapping[str, Mapping[str, float]]

    def predict(self, rows: Sequence[StudyRow]) -> dict[str, Values]:
        """Each baseline's probabilities, in the order of the rows."""
        columns = columns_of(rows)
        found = {
            GLOBAL: np.full(len(rows), self.rate),
            CELLS: np.array([self.cells.get(cell_of(row), self.rate) for row in rows]),
        }
        for name, coefficients in self.coefficients.items():
            scores = sum(
                (columns[column] * value for column, value in coefficients.items()),
                start=np.zeros(len(rows)),
            )
            found[name] = expit(np.asarray(scores, dtype=np.float64))
        return {name: clipped(found[name]) for name in FITTED if name in found}

    def to_document(self) -> dict[str, object]:
        """Plain numbers for a model file."""
        return {
            "target": str(self.target),
            "rows": self.rows,
            "positives": self.positives,
            "rate": self.rate,
            "cells": dict(sorted(self.cells.items())),
            "coefficients": {name: dict(c) for name, c in self.coefficients.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "Baselines":
        """Read what ``to_document`` wrote. Raises KeyError, TypeError or ValueError."""
        cells, coefficients = document["cells"], document["coefficients"]
        if not isinstance(cells, Mapping) or not isinstance(coefficients, Mapping):
            raise TypeError("cells and coefficients must be tables")
        known = columns_of(())
        for name, found in coefficients.items():
            if name not in _LOGISTIC or not set(found) <= known.keys():
                raise ValueError(f"{name}: unknown baseline or column")
        return cls(
            Target(str(document["target"])),
            int(str(document["rows"])),
            int(str(document["positives"])),
            float(str(document["rate"])),
            {str(cell): float(rate) for cell, rate in cells.items()},
            {
                str(name): {str(column): float(value) for column, value in found.items()}
                for name, found in coefficients.items()
            },
        )


def fit_baselines(rows: Sequence[StudyRow], target: Target) -> Baselines:
    """Fit every computable baseline on the labelled rows; those without a label are unused."""
    labelled = [(row, label) for row in rows if (label := row.labels.of(target)) is not None]
    kept = [row for row, _ in labelled]
    y = np.array([float(label) for _, label in labelled])
    rate = jeffreys(float(y.sum()), len(y))
    return Baselines(
        target,
        len(y),
        int(y.sum()),
        rate,
        _cell_rates(kept, y),
        {name: _coefficients(kept, y, rate, columns) for name, columns in _LOGISTIC.items()},
    )


def _cell_rates(rows: Sequence[StudyRow], y: Values) -> dict[str, float]:
    """Rates by cell, shrunk to the rate of the cell's recording."""
    recordings = _counts([row.recorded_as for row in rows], y)
    parents = {name: jeffreys(*counts) for name, counts in recordings.items()}
    return {
        cell: (events + _CELL_ROWS * parents[cell.partition(CELL)[0]]) / (number + _CELL_ROWS)
        for cell, (events, number) in _counts([cell_of(row) for row in rows], y).items()
    }


def _counts(names: Sequence[str], y: Values) -> dict[str, tuple[float, int]]:
    counts: dict[str, tuple[float, int]] = {}
    for name, label in zip(names, y, strict=True):
        events, number = counts.get(name, (0.0, 0))
        counts[name] = (events + float(label), number + 1)
    return counts


def jeffreys(events: float, number: int) -> float:
    """A rate that is above 0 without an event and below 1 with nothing else."""
    return (events + _JEFFREYS) / (number + 2 * _JEFFREYS)


def _coefficients(
    rows: Sequence[StudyRow], y: Values, rate: float, names: Sequence[str]
) -> dict[str, float]:
    """A ridge logistic regression; where none can be fitted, the rate alone."""
    columns = columns_of(rows)
    chosen = ("constant", *names)
    ridge = np.array([0.0] + [_RIDGE] * len(names))
    matrix = np.column_stack([columns[name] for name in chosen])
    beta = fit_logistic(matrix, y, np.ones(len(y)), ridge)
    if beta is None:
        return {"constant": float(logit(np.array([rate]))[0])}
    return {name: float(value) for name, value in zip(chosen, beta, strict=True)}
