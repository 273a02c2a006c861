"""One split in time beside the monthly refit: fitted before a day, tested on what follows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.calibration.backtest import backtest_rolling
from service.calibration.backtest_document import backtest_document
from service.calibration.dispute_model import FrozenDisputeModel
from service.calibration.fitting import fit_dispute
from service.calibration.headline import first_lines
from service.calibration.rows import Labels, StudyRow, Target, TimeBasis
from service.calibration.time_split import backtest_once, half_way
from service.errors import UsageError
from tests.calibration.study_rows import DAY, START, row
from tests.calibration.test_fitting import newcomers

DRAWS = 60


def test_the_split_lies_after_the_middle_of_the_proposals_time() -> None:
    listing = row(500, time_basis=TimeBasis.SETTLEMENT)

    assert half_way([*(row(n) for n in range(11)), listing], Target.DISPUTED) == START + 6 * DAY
    with pytest.raises(UsageError, match="could be halved"):
        half_way([listing], Target.DISPUTED)


def test_the_single_split_stands_beside_the_monthly_refit_in_the_first_lines() -> None:
    rows = newcomers(1500, days=150)
    day = half_way(rows, Target.DISPUTED)
    model = FrozenDisputeModel(fit_dispute(rows, Target.DISPUTED).model)

    once = backtest_once(rows, Target.DISPUTED, model, day, draws=DRAWS)
    monthly = replace(backtest_rolling(rows, Target.DISPUTED, model, draws=DRAWS), once=once)

    assert once.split.train_to is not None
    assert once.split.train_to < day <= once.split.test_from
    assert once.split.test_to == rows[-1].score_time
    told = backtest_document(monthly, "a model", ())["fitted_once"]
    assert told["positives"] == once.deciding.positives
    assert told["split"]["mode"] == "frozen"
    # Its form had been chosen with the later rows in view, and no model file brought baselines.
    assert model.trained_to == rows[-1].score_time > day
    assert told["split"]["model_form_chosen_to"] == f"{model.trained_to:%Y-%m-%dT%H:%M:%S}Z"
    assert told["split"]["baselines_from"] == "training rows"
    assert told["model"]["slope"] == once.deciding.model.slope
    monthly_line, once_line = (
        next(line for line in first_lines(monthly) if line.startswith(begins))
        for begins in (
            "At proposal time (fitted again each month) the 90 %",
            "Fitted once, on rows",
        )
    )
    assert "calibration slope" in monthly_line
    assert "calibration slope" in once_line
    assert "expected" in once_line
    assert first_lines(replace(monthly, once=None)) == [
        line for line in first_lines(monthly) if line != once_line
    ]


def test_an_outcome_known_only_after_the_day_trains_nothing_and_is_not_tested() -> None:
    rows = newcomers(1500, days=150)
    day = half_way(rows, Target.DISPUTED)
    model = FrozenDisputeModel(fit_dispute(rows, Target.DISPUTED).model)
    late = [day - timedelta(days=4) <= found.score_time < day for found in rows]

    def told(*, disputed: bool) -> list[StudyRow]:
        """The rows of the last days before the split settle after it, with this outcome."""
        settled = Labels(disputed=disputed, settled_at=day + DAY)
        return [
            replace(found, labels=settled) if is_late else found
            for found, is_late in zip(rows, late, strict=True)
        ]

    one, other = (
        backtest_once(told(disputed=word), Target.DISPUTED, model, day, draws=DRAWS)
        for word in (True, False)
    )

    assert sum(late) > 30
    assert one.all == other.all
    assert one.split.test_from >= day
