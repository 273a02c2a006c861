"""What an alert budget buys: the k most suspected rows of each week.

docs/methodology.md, "Backtest".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.logistic import Values
from service.calibration.resampling import Interval, Resamples, interval
from service.calibration.rows import StudyRow, Target

# One page a week, and a digest of twenty a day.
BUDGETS = (1, 140)
_EARLY_PERCENT = 10


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """Precision and recall of the alerts of one budget; None where nothing was to be found."""

    per_week: int
    alerts: int
    caught: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    # Share of the positives' final volume that was caught, where it is known.
    money_recall: float | None
    # Hours from the proposal to the settlement of what was caught, where both are known.
    lead_hours_median: float | None
    lead_hours_p10: float | None
    lead_rows: int


def alert_budgets(
    rows: Sequence[StudyRow], target: Target, p: Values, resamples: Resamples
) -> tuple[BudgetRow, ...]:
    """One entry a budget."""
    y = np.array([float(bool(row.labels.of(target))) for row in rows])
    weeks = [row.score_time.isocalendar()[:2] for row in rows]
    keys = [row.market_key for row in rows]
    order = sorted(range(len(rows)), key=lambda i: (weeks[i], -p[i], keys[i]))
    place = np.zeros(len(rows), dtype=np.intp)
    for position, index in enumerate(order):
        new_week = position == 0 or weeks[index] != weeks[order[position - 1]]
        place[index] = 0 if new_week else place[order[position - 1]] + 1
    return tuple(_budget(rows, y, place < k, k, resamples) for k in BUDGETS)


def _budget(
    rows: Sequence[StudyRow],
    y: Values,
    alerted: np.ndarray[tuple[int], np.dtype[np.bool_]],
    per_week: int,
    resamples: Resamples,
) -> BudgetRow:
    flags = alerted.astype(np.float64)
    caught = [row for row, hit in zip(rows, alerted & (y > 0), strict=True) if hit]
    money = np.array([row.labels.weight_usd or 0.0 for row in rows])
    lost = float((money * y).sum())
    leads = [hours for row in caught if (hours := _lead_hours(row)) is not None]
    return BudgetRow(
        per_week,
        alerts=int(flags.sum()),
        caught=len(caught),
        precision=len(caught) / float(flags.sum()) if flags.any() else None,
        precision_interval=interval(resamples.means(y, flags)) if flags.any() else None,
        recall=len(caught) / float(y.sum()) if y.any() else None,
        recall_interval=interval(resamples.means(flags, y)) if y.any() else None,
        money_recall=float((money * y * flags).sum()) / lost if lost > 0 else None,
        lead_hours_median=float(np.median(leads)) if leads else None,
        lead_hours_p10=float(np.percentile(leads, _EARLY_PERCENT)) if leads else None,
        lead_rows=len(leads),
    )


def _lead_hours(row: StudyRow) -> float | None:
    """From the proposal to the settlement; a settlement not after it is a recording's slip."""
    settled = row.labels.settled_at
    if row.proposed_at is None or settled is None or settled <= row.proposed_at:
        return None
    return (settled - row.proposed_at).total_seconds() / 3600
