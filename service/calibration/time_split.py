"""One split in time: a model fitted once, before a day, and tested on everything after it.

docs/methodology.md, "Backtest".
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from service.calibration.backtest import Backtest, backtest_frozen
from service.calibration.baselines import fit_baselines
from service.calibration.protocols import DisputeModel
from service.calibration.resampling import DRAWS
from service.calibration.rows import StudyRow, Target
from service.calibration.split import labelled
from service.errors import UsageError

_DAY = timedelta(days=1)


def half_way(rows: Sequence[StudyRow], target: Target) -> datetime:
    """The first midnight (UTC) after the middle of the labelled proposals' time.

    Raises UsageError where no labelled proposal is recorded.
    """
    found = [row.score_time for row in labelled(rows, target) if row.proposed_at is not None]
    if not found:
        raise UsageError(f"--target {target}: no labelled proposal whose time could be halved.")
    middle = found[0] + (found[-1] - found[0]) / 2
    return datetime(middle.year, middle.month, middle.day, tzinfo=UTC) + _DAY


def backtest_once(
    rows: Sequence[StudyRow],
    target: Target,
    model: DisputeModel,
    day: datetime,
    *,
    draws: int = DRAWS,
) -> Backtest:
    """Fit model and baselines on the rows before the day, and test them on later ones."""
    kept = [row for row in rows if row.score_time < day]
    fitted = model.fit(kept, target)
    return backtest_frozen(rows, target, fitted, fit_baselines(kept, target), draws=draws)
