"""The baselines a model must beat, each calibrated on the training rows the model had.

docs/methodology.md, "Backtest". A fitted set is plain numbers, so that it can be kept beside a
frozen model and score later rows without the training rows at hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.baseline_columns import (
    LEXICAL,
    PAGES,
    PRICE,
    TRADED,
    columns_of,
    partial_columns,
)
from service.calibration.baseline_rates import CellRates, fit_cell_rates, jeffreys
from service.calibration.logistic import Values, clipped, fit_logistic, logit
from service.calibration.rows import StudyRow, Target
from service.risk.log_odds import expits
from service.risk.text.frozen_dispute import number_of

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
_LOGISTIC: Mapping[str, tuple[str, ...]] = {
    NOTIFIER: PAGES,
    CONTRARY_PRICE: PRICE,
    VOLUME: TRADED,
    PRICE_AND_WORDS: LEXICAL,
}
# These have a value on rows of the store alone, and not on each of them.
PARTIAL = (NOTIFIER, VOLUME)


@dataclass(frozen=True, slots=True)
class Baselines:
    """B0, B1, B3 and B5, fitted; B2 and B4 where training rows had a value of theirs."""

    target: Target
    rows: int
    positives: int
    rate: float
    cells: CellRates
    # Baseline -> column -> coefficient; "constant" is the intercept.
    coefficients: Mapping[str, Mapping[str, float]]

    def predict(self, rows: Sequence[StudyRow]) -> dict[str, Values]:
        """Each baseline's probabilities, in the order of the rows.

        Not a number where a row has no value of a partial baseline.
        """
        columns = columns_of(rows)
        found = {
            GLOBAL: np.full(len(rows), self.rate),
            CELLS: self.cells.of(rows),
        }
        for name, coefficients in self.coefficients.items():
            found[name] = _probabilities(columns, coefficients)
        return {name: clipped(found[name]) for name in NAMES if name in found}

    def to_document(self) -> dict[str, object]:
        """Plain numbers for a model file."""
        return {
            "target": str(self.target),
            "rows": self.rows,
            "positives": self.positives,
            "rate": self.rate,
            **self.cells.to_document(),
            "coefficients": {name: dict(c) for name, c in self.coefficients.items()},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> "Baselines":
        """Read what ``to_document`` wrote. Raises KeyError, TypeError or ValueError."""
        coefficients = document["coefficients"]
        if not isinstance(coefficients, Mapping):
            raise TypeError("coefficients must be a table")
        known = columns_of(())
        for name, found in coefficients.items():
            if name not in _LOGISTIC or not set(found) <= known.keys():
                raise ValueError(f"{name}: unknown baseline or column")
        return cls(
            Target(str(document["target"])),
            int(str(document["rows"])),
            int(str(document["positives"])),
            number_of(document["rate"], "rate of B0", 0.0, 1.0),
            CellRates.from_document(document),
            {
                str(name): {
                    str(column): number_of(value, f"{column} of {name}")
                    for column, value in found.items()
                }
                for name, found in coefficients.items()
            },
        )


def fit_baselines(rows: Sequence[StudyRow], target: Target) -> Baselines:
    """Fit every computable baseline on the labelled rows; those without a label are unused."""
    labelled = [(row, label) for row in rows if (label := row.labels.of(target)) is not None]
    kept = [row for row, _ in labelled]
    y = np.array([float(label) for _, label in labelled])
    rate = jeffreys(float(y.sum()), len(y))
    columns = columns_of(kept)
    coefficients: dict[str, dict[str, float]] = {}
    for name in _LOGISTIC:
        found = _fit_partial(kept, y, name) if name in PARTIAL else _fit(columns, y, name)
        if found is None and name not in PARTIAL:
            found = {"constant": float(logit(np.array([rate]))[0])}
        if found is not None:
            coefficients[name] = found
    return Baselines(target, len(y), int(y.sum()), rate, fit_cell_rates(kept, y), coefficients)


def forecast_late(
    train: Sequence[StudyRow], test: Sequence[StudyRow], target: Target, name: str
) -> Values | None:
    """A partial baseline's probabilities, calibrated on labelled rows that are not the model's.

    None where the training rows that have a value of it are of one class.
    """
    y = np.array([float(bool(row.labels.of(target))) for row in train])
    fitted = _fit_partial(train, y, name)
    return None if fitted is None else clipped(_probabilities(columns_of(test), fitted))


def has_value(rows: Sequence[StudyRow], name: str) -> NDArray[np.bool_]:
    """Which rows a partial baseline has a value on."""
    columns = partial_columns(rows)
    lacks: NDArray[np.bool_] = np.any(
        [np.isnan(columns[column]) for column in _LOGISTIC[name]], axis=0
    )
    return ~lacks


def _fit_partial(rows: Sequence[StudyRow], y: Values, name: str) -> dict[str, float] | None:
    """On the rows that have a value."""
    has = has_value(rows, name)
    known = [row for row, is_in in zip(rows, has, strict=True) if is_in]
    return _fit(columns_of(known), y[has], name)


def _fit(columns: Mapping[str, Values], y: Values, name: str) -> dict[str, float] | None:
    """A ridge logistic regression; None where none can be fitted."""
    chosen = ("constant", *_LOGISTIC[name])
    ridge = np.array([0.0] + [_RIDGE] * len(_LOGISTIC[name]))
    matrix = np.column_stack([columns[column] for column in chosen])
    beta = fit_logistic(matrix, y, np.ones(len(y)), ridge)
    if beta is None:
        return None
    return {column: float(value) for column, value in zip(chosen, beta, strict=True)}


def _probabilities(columns: Mapping[str, Values], coefficients: Mapping[str, float]) -> Values:
    scores = sum(
        (columns[name] * value for name, value in coefficients.items()),
        start=np.zeros(len(columns["constant"])),
    )
    return expits(np.asarray(scores, dtype=np.float64))
