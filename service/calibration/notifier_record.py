"""What UMA's notifier did after the answers, by its stored verdicts, beside the model's forecasts.

It speaks later than any forecast here and reads what the market said of the answer: it is told, and
never compared as a baseline. docs/methodology.md, "Backtest".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.calibration.logistic import Values
from service.calibration.rows import StudyRow, Target


@dataclass(frozen=True, slots=True)
class NotifierRecord:
    """Of the rows with stored verdicts; the model's alerts are as many as there were pages."""

    rows: int
    positives: int
    pages: int
    # Positives among the pages, and among as many rows that the model suspected most.
    caught: int
    caught_by_model: int


def notifier_record(
    rows: Sequence[StudyRow], target: Target, model: Values
) -> NotifierRecord | None:
    """Count the rows whose verdicts are stored; None where none is."""
    known = [
        (-p, row.market_key, bool(row.labels.of(target)), row.labels.notifier_paged)
        for row, p in zip(rows, model, strict=True)
        if row.labels.notifier_paged is not None
    ]
    if not known:
        return None
    pages = sum(bool(paged) for *_, paged in known)
    return NotifierRecord(
        len(known),
        sum(label for _, _, label, _ in known),
        pages,
        sum(label for _, _, label, paged in known if paged),
        sum(label for _, _, label, _ in sorted(known)[:pages]),
    )
