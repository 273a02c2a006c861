"""The baselines a model must beat, each calibrated on the training rows the model had.

docs/methodology.md, "Backtest". A fitted set is plain numbers, so that it can be kept beside a
frozen model and score later rows without the training rows at hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.baseline_columns import LEXICAL, PRICE, columns_of
from service.calibration.baseline_rates import CellRates, fit_cell_rates, jeffreys
from service.calibration.logistic import Values, clipped, expit, fit_logistic, logit
from service.calibration.rows import StudyRow, Target

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
    cells: CellRates
    # Baseline -> column -> coefficient; "constant" is the intercept.
    coefficients: Mapping[str, Mapping[str, float]]

    def predict(self, rows: Sequence[StudyRow]) -> dict[str, Values]:
        """Each baseline's probabilities, in the order of the rows."""
        columns = columns_of(rows)
        found = {
            GLOBAL: np.full(len(rows), self.rate),
            CELLS: self.cells.of(rows),
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
            float(str(document["rate"])),
            CellRates.from_document(document),
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
        fit_cell_rates(kept, y),
        {name: _coefficients(kept, y, rate, columns) for name, columns in _LOGISTIC.items()},
    )


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
