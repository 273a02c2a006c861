"""Baselines that some rows have alone: the notifier's rule and the rank by volume."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from service.calibration.backtest import Backtest, backtest_frozen, backtest_rolling
from service.calibration.backtest_document import backtest_document
from service.calibration.backtest_page import backtest_page
from service.calibration.backtest_table import measure_rows
from service.calibration.baselines import Baselines, fit_baselines
from service.calibration.headline import headline
from service.calibration.leakage import LookedAhead
from service.calibration.rows import BaselineFacts, Labels, StudyRow, Target
from tests.calibration.study_rows import DAY, START, FunctionModel, row

DRAWS = 60
# Disputed of a hundred, by whether the notifier pages; tenfold volume where it does.
PAGED, QUIET = 40, 5


def traded(rows: int, *, known: Callable[[int], bool] = lambda _: True) -> list[StudyRow]:
    """Stored questions, ten a day; the notifier pages of each second one."""
    made = []
    for number in range(rows):
        pages = number % 2 == 0
        disputed = number // 2 % 100 * 37 % 100 < (PAGED if pages else QUIET)
        facts = BaselineFacts(100_000.0 if pages else 10_000.0, pages)
        made.append(
            row(
                number,
                score_time=START + number * DAY / 10,
                recorded_as="store",
                for_baselines=facts if known(number) else BaselineFacts(),
                labels=Labels(disputed=disputed, flipped=False, weight_usd=1.0),
            )
        )
    return made


def bare(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Rows without what is for baselines."""
    return [replace(r, for_baselines=BaselineFacts()) for r in rows]


def frozen(
    rows: Sequence[StudyRow], kept: Baselines | None = None, trained_days: int = 0
) -> Backtest:
    model = FunctionModel(lambda _: 0.2, START, START + trained_days * DAY)
    return backtest_frozen(rows, Target.DISPUTED, model, kept, draws=DRAWS)


def test_each_is_calibrated_on_the_training_rows_that_have_a_value() -> None:
    rows = traded(800, known=lambda n: n < 600)
    paged, quiet, unknown = rows[0], rows[1], rows[700]

    fitted = fit_baselines(rows, Target.DISPUTED)
    found = fitted.predict([paged, quiet, unknown])

    for name in ("B2", "B4"):
        assert found[name][:2] == pytest.approx([PAGED / 100, QUIET / 100], abs=0.02)
        assert np.isnan(found[name][2])
    again = Baselines.from_document(json.loads(json.dumps(fitted.to_document())))
    assert again.predict([paged])["B4"] == pytest.approx(found["B4"][:1])
    assert fitted.coefficients["B4"]["log_volume"] > 1
    without = fit_baselines(bare(rows), Target.DISPUTED)
    assert not {"B2", "B4"} & without.coefficients.keys()
    assert without.predict(rows)["B5"] == pytest.approx(fitted.predict(rows)["B5"])


def test_model_and_baseline_meet_on_the_rows_that_have_it_and_the_others_are_counted() -> None:
    rows = traded(2000, known=lambda n: n % 4 < 2)

    found = frozen(rows, fit_baselines(rows[:1000], Target.DISPUTED))

    alone = [r for r in rows[found.split.left_out_embargo + 1 :] if r.for_baselines.volume_usd]
    part = found.all.parts["B4"]
    assert part.rows == len(alone)
    assert part.positives == sum(bool(r.labels.disputed) for r in alone) >= 50
    assert (part.without_value, part.not_forecast) == (found.all.rows - part.rows, 0)
    loss = -np.mean([np.log(0.2 if r.labels.disputed else 0.8) for r in alone])
    assert part.model.log_loss == pytest.approx(loss)
    gain = found.all.comparison.log_loss["B4"]
    assert gain.gain == pytest.approx(found.all.baselines["B4"].log_loss - part.model.log_loss)
    assert gain.verdict == "worse"
    assert "B2 in log loss, B4 in log loss" in found.all.comparison.reason
    assert found.all.parts.keys() == {"B2", "B4"}


def test_table_document_and_page_tell_of_how_many_rows_each_is() -> None:
    rows = traded(2000, known=lambda n: n % 4 < 2)

    found = frozen(rows, fit_baselines(rows[:1000], Target.DISPUTED))

    part = found.all.parts["B2"]
    told = backtest_document(found, "a model", ())["baselines"]["B2"]["compared_on"]
    assert (told["rows"], told["positives"]) == (part.rows, part.positives)
    assert told["left_out_without_value"] == part.without_value
    assert told["model"]["log_loss"] == part.model.log_loss
    on = f"on {part.rows} rows, {part.positives} positives"
    names = [cells[0] for cells in measure_rows(found.all)]
    assert names.count(f"model\n{on}") == 2
    assert f"B2 the oracle's notifier\n{on}" in names
    page = backtest_page(found, "a model", ())
    assert page.index(f"B2 (the oracle&#39;s notifier) is compared with the model on {part.rows}")
    assert f"rank by volume\n{on}" in page


def test_a_model_file_without_them_has_them_calibrated_on_the_first_tested_rows() -> None:
    rows = traded(2000, known=lambda n: n >= 400)
    found = frozen(rows, fit_baselines(bare(rows[:400]), Target.DISPUTED))

    part = found.all.parts["B2"]
    assert found.split.baselines_from == "model file"
    assert part.rows == pytest.approx(0.6 * 1600, abs=2)
    assert part.not_forecast > 0
    assert part.rows + part.not_forecast + part.without_value == found.all.rows
    assert any("not later than the rows it was calibrated on" in line for line in headline(found))
    assert found.all.baselines["B2"].slope == pytest.approx(1.1, abs=0.1)


def test_a_refit_calibrates_them_month_by_month_where_earlier_rows_have_values() -> None:
    rows = traded(2400, known=lambda n: n >= 600)

    found = backtest_rolling(rows, Target.DISPUTED, FunctionModel(lambda _: 0.2), draws=DRAWS)

    # Values begin on day 60, so months are forecast from the embargo's end after it.
    assert found.all.rows > found.all.parts["B4"].rows > 500
    assert found.all.parts["B4"].not_forecast > 0


def test_too_few_positives_with_a_value_decide_nothing_and_are_named() -> None:
    rows = traded(2000, known=lambda n: n >= 1000 and n % 10 < 2)
    kept = fit_baselines(traded(1000), Target.DISPUTED)
    model = FunctionModel(
        lambda r: 0.4 if int(r.market_key, 16) % 2 == 0 else 0.05, START, START + DAY
    )

    found = backtest_frozen(rows, Target.DISPUTED, model, kept, draws=DRAWS)

    part, whole = found.all.parts["B4"], found.all.comparison
    assert part.positives < 50 < found.all.positives
    assert whole.log_loss["B4"].verdict == "inconclusive"
    assert whole.verdict == "better"
    assert f"too few positives with a value of B2 ({part.positives}), B4" in whole.reason


def test_what_no_row_has_is_said_for_recordings_and_stored_questions_apart() -> None:
    blank = bare(traded(400))
    volumes = [replace(r, for_baselines=BaselineFacts(5.0)) for r in blank]
    kept = fit_baselines(blank, Target.DISPUTED)

    stored = frozen(blank, kept).all.missing
    assert "none of the 399 stored questions" in stored["B4"]
    assert "recording" not in stored["B2"] + stored["B4"]
    assert "(the volume of 399)" in frozen(volumes, kept).all.missing["B2"]
    recorded = frozen([replace(r, recorded_as="proposals") for r in blank], kept).all.missing
    assert "none of these recordings" in recorded["B2"]
    assert "final volume only" in recorded["B4"]
    assert "stored" not in recorded["B2"] + recorded["B4"]
    both = [replace(r, recorded_as="proposals") if n % 2 else r for n, r in enumerate(blank)]
    mixed = frozen(both, kept)
    assert "recordings" in mixed.all.missing["B4"]
    assert "stored questions" in mixed.all.missing["B4"]
    assert "recordings" not in mixed.by_recording["store"].missing["B4"]


def test_values_on_rows_of_one_class_calibrate_nothing_and_the_reason_is_told() -> None:
    rows = [
        replace(r, labels=Labels(disputed=r.for_baselines.volume_usd is None and n % 3 == 0))
        for n, r in enumerate(traded(900, known=lambda n: n % 2 == 0))
    ]

    found = frozen(rows, fit_baselines(rows, Target.DISPUTED)).all

    assert not {"B2", "B4"} & found.baselines.keys()
    assert "positive and negative rows" in found.missing["B4"]


def test_a_model_that_reads_what_is_for_baselines_is_caught() -> None:
    peeking = FunctionModel(lambda r: 0.1 if r.for_baselines.volume_usd is None else 0.2)

    with pytest.raises(LookedAhead, match="for baselines"):
        backtest_frozen(traded(200), Target.DISPUTED, peeking, None, draws=DRAWS)


def test_what_the_notifier_did_later_is_told_beside_as_many_alerts_of_the_model() -> None:
    """It paged of four, two of them disputed; the model's four first hold all three."""
    rows = [
        replace(
            r,
            labels=Labels(
                disputed=n in {20, 21, 22},
                notifier_paged=None if n < 20 else n in {20, 21, 25, 26},
            ),
        )
        for n, r in enumerate(traded(40))
    ]
    model = FunctionModel(lambda r: 0.9 - 0.01 * int(r.market_key, 16))
    kept = fit_baselines(rows, Target.DISPUTED)

    found = backtest_frozen(rows, Target.DISPUTED, model, kept, draws=DRAWS)

    told = backtest_document(found, "a model", ())["notifier_after_the_answer"]
    assert told == {"rows": 20, "positives": 3, "pages": 4, "caught": 2, "caught_by_model": 3}
    assert any("paged 4 of the 20 answers" in line for line in headline(found))
    silent = [replace(r, labels=replace(r.labels, notifier_paged=None)) for r in rows]
    none = backtest_frozen(silent, Target.DISPUTED, model, kept, draws=DRAWS)
    assert "notifier_after_the_answer" not in backtest_document(none, "a model", ())
