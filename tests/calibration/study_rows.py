"""Study rows made in a test, and models that stand in for the fitted one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np

from service.calibration.logistic import Values
from service.calibration.rows import Labels, StudyRow, Target, TimeBasis

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def row(number: int, **changes: object) -> StudyRow:
    """A proposal a day, undisputed, in a group of its own."""
    made = StudyRow(
        market_key=f"{number:08x}",
        group=f"{number:08x}",
        score_time=START + number * DAY,
        time_basis=TimeBasis.PROPOSAL,
        recorded_as="proposals",
        title="Will it?",
        rules="Resolves to Yes if it does.",
        price_of_proposed=0.99,
        labels=Labels(disputed=False, flipped=False),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def world(rows: int, *, days: int, seed: int = 1, base: float = 0.15) -> list[StudyRow]:
    """Rows whose price tells, on the logit scale, how likely a dispute is."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(rows):
        price = float(rng.choice((0.999, 0.99, 0.9, 0.7, 0.5)))
        chance = min(0.95, base * (1 - price) * 5)
        disputed = bool(rng.random() < chance)
        made.append(
            row(
                number,
                group=f"g{number // 2}",
                score_time=START + timedelta(minutes=number * days * 1440 / rows),
                price_of_proposed=price,
                labels=Labels(
                    disputed=disputed,
                    flipped=disputed and bool(rng.random() < 0.5),
                    weight_usd=100.0,
                ),
            )
        )
    return made


@dataclass
class FunctionModel:
    """A model that computes what it is told, and remembers what it was fitted on."""

    score: Callable[[StudyRow], float]
    trained_from: datetime | None = None
    trained_to: datetime | None = None

    def predict(self, rows: Sequence[StudyRow]) -> Values:
        return np.array([self.score(row) for row in rows])

    def fit(self, rows: Sequence[StudyRow], target: Target) -> Self:
        return self


def true_chance(base: float = 0.15) -> Callable[[StudyRow], float]:
    """What ``world`` drew from."""
    return lambda row: min(0.95, base * (1 - (row.price_of_proposed or 0)) * 5)
