"""The notifier's rule with other prices than its defaults: what it catches at how many pages.

Its defaults page of nearly every market that is still traded, which says little of the rule. Swept
are both prices together, by one margin: the winner offered below 1 - margin, the loser bid above
it; the volume's threshold stays. docs/methodology.md, "Baseline B2".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.logistic import Values
from service.calibration.measures import Ranking
from service.calibration.rows import StudyRow, Target

MARGINS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class SweepStep:
    """What the rule pages of at one margin, beside as many alerts of the model."""

    margin: float
    pages: int
    caught: int
    caught_by_model: int
    # None where it pages of nothing, or there is nothing to catch.
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class NotifierSweep:
    """Of the rows whose books and volume were known when the answer came."""

    rows: int
    positives: int
    # Over all margins there are; None without both classes.
    auprc: float | None
    auprc_of_model: float | None
    steps: tuple[SweepStep, ...]


def sweep_notifier(rows: Sequence[StudyRow], target: Target, model: Values) -> NotifierSweep | None:
    """Sweep the rule over the rows that have what it reads; None where none has."""
    known = [
        (margin, bool(row.labels.of(target)), p, row.market_key)
        for row, p in zip(rows, model, strict=True)
        if (margin := row.for_baselines.notifier_margin) is not None
    ]
    if not known:
        return None
    margins, labels = (np.array([float(one[place]) for one in known]) for place in (0, 1))
    suspected = [label for _, label, _, _ in sorted(known, key=lambda one: (-one[2], one[3]))]
    steps = []
    for margin in MARGINS:
        paged = margins > margin
        pages, caught = int(paged.sum()), int(labels[paged].sum())
        steps.append(
            SweepStep(
                margin,
                pages,
                caught,
                sum(suspected[:pages]),
                caught / pages if pages else None,
                caught / float(labels.sum()) if labels.any() else None,
            )
        )
    return NotifierSweep(
        len(known),
        int(labels.sum()),
        _area(labels, margins),
        _area(labels, np.array([p for _, _, p, _ in known])),
        tuple(steps),
    )


def _area(labels: Values, p: Values) -> float | None:
    areas = Ranking.of(labels, p).areas(np.ones(len(labels)))
    return None if areas is None else areas[0]
