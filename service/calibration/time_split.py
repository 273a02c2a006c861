"""One split in time: a model fitted once, before a day, and tested on everything after it.

docs/methodology.md, "Backtest".
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.calibration.backtest import Backtest, backtest_frozen
from service.calibration.baselines import fit_baselines
from service.calibration.protocols import DisputeModel
from service.calibration.resampling import DRAWS
from service.calibration.rows import StudyRow, Target
from service.calibration.split import is_over, labelled
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
    """Fit model and baselines on the rows before the day, and test them on later ones.

    A row before the day whose outcome was known only after it neither trains nor tests; as in a
    monthly refit it still counts, without its label, in proposers' histories.
    """
    shown = [row if row.score_time >= day or is_over(row, day) else row.blinded() for row in rows]
    before = [row for row in shown if row.score_time < day]
    fitted = model.fit(before, target)
    baselines = fit_baselines(before, target)
    found = backtest_frozen(shown, target, fitted, baselines, draws=draws)
    # The coefficients are of the rows before the day; the form was chosen on the model's own.
    split = replace(found.split, baselines_from="training rows", chosen_to=model.trained_to)
    return replace(found, split=split)
