"""The backtest: honest verdicts on worlds whose truth is known, and nothing from the future."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from service.calibration.backtest import Mode, backtest_frozen, backtest_rolling, forecast
from service.calibration.backtest_document import backtest_document
from service.calibration.backtest_page import backtest_page
from service.calibration.baselines import fit_baselines
from service.calibration.dispute_model import load_model
from service.calibration.headline import first_lines, headline
from service.calibration.leakage import LookedAhead, shuffled_future
from service.calibration.logistic import Values
from service.calibration.misresolution import bound_misresolution
from service.calibration.rows import Labels, StudyRow, Target, TimeBasis
from service.calibration.split import rolling_folds
from service.calibration.study import read_study
from service.errors import UsageError
from tests.calibration.study_rows import DAY, START, FunctionModel, row, true_chance, world

DRAWS = 80
MIXED = {1: 0.02, 0: 0.4}


def worded(rows: int, days: int) -> list[StudyRow]:
    """A world that only the title's length tells apart, which no baseline looks at."""
    rng = np.random.default_rng(5)
    made = []
    for number, base in enumerate(world(rows, days=days)):
        telling = number // 2 % 2
        disputed = bool(rng.random() < MIXED[telling])
        title = "Will it?" if telling else "Will it ever?"
        labels = Labels(disputed=disputed, flipped=False, weight_usd=10.0)
        made.append(replace(base, title=title, price_of_proposed=0.9, labels=labels))
    return made


def knows_titles(row: StudyRow) -> float:
    return MIXED[1] if row.title == "Will it?" else MIXED[0]


def test_a_model_that_knows_more_is_better_and_one_that_has_it_backwards_worse() -> None:
    rows = worded(1600, 100)
    middle = START + 40 * DAY

    good = backtest_frozen(
        rows, Target.DISPUTED, FunctionModel(knows_titles, START, middle), None, draws=DRAWS
    )
    bad = backtest_frozen(
        rows,
        Target.DISPUTED,
        FunctionModel(lambda r: 0.42 - knows_titles(r), START, middle),
        None,
        draws=DRAWS,
    )

    assert good.all.comparison.verdict == "better"
    assert all(g.interval and g.interval.p05 > 0 for g in good.all.comparison.log_loss.values())
    slope = good.all.model.intervals["slope"]
    assert slope.p05 < 1 < slope.p95
    assert bad.all.comparison.verdict == "worse"
    assert any("behind B0 (global rate) in log loss" in line for line in headline(bad)[:9])
    assert headline(bad)[0].startswith("Verdict, P(disputed) at proposal time: worse")
    assert any("calibration slope" in line and "contains 1" in line for line in first_lines(good))
    assert any("calibration slope" in line and "excludes 1" in line for line in first_lines(bad))


def test_a_model_that_fails_where_the_money_is_is_told_so() -> None:
    """Right on every row but the large ones, which weigh a thousand times as much."""
    rows = [
        replace(r, labels=replace(r.labels, weight_usd=1000.0 if n % 20 == 0 else 1.0))
        for n, r in enumerate(worded(1600, 100))
    ]
    large = {r.market_key for r in rows if r.labels.weight_usd == 1000.0}
    model = FunctionModel(
        lambda r: 0.42 - knows_titles(r) if r.market_key in large else knows_titles(r),
        START,
        START + 10 * DAY,
    )

    found = backtest_frozen(rows, Target.DISPUTED, model, None, draws=DRAWS)

    assert found.all.comparison.log_loss["B0"].gain > 0
    assert found.all.comparison.money["B0"].verdict == "worse"
    assert any("behind B0 (global rate) in log loss weighted" in line for line in headline(found))


def test_below_50_positives_every_verdict_is_inconclusive() -> None:
    rows = worded(300, 100)
    model = FunctionModel(knows_titles, START, START + 40 * DAY)

    found = backtest_frozen(rows, Target.DISPUTED, model, None, draws=DRAWS)

    assert 20 < found.all.positives < 50
    assert found.all.comparison.verdict == "inconclusive"
    assert f"{found.all.positives} positives" in headline(found)[0]


def test_rows_the_model_was_trained_on_are_called_in_sample_first_of_all() -> None:
    rows = world(900, days=60, base=0.3)
    found = backtest_frozen(
        rows,
        Target.DISPUTED,
        FunctionModel(true_chance(), START, START + 90 * DAY),
        None,
        draws=DRAWS,
    )

    document = backtest_document(found, "a model", ())
    assert found.split.mode is Mode.IN_SAMPLE
    assert headline(found)[0].startswith("IN-SAMPLE")
    assert any("flatter" in line for line in headline(found))
    assert document["calibration_status"] == "uncalibrated"
    assert found.all.positives > 50
    assert document["verdict"] == "inconclusive"
    assert {gain["verdict"] for gain in document["paired"].values()} == {"inconclusive"}
    assert document["split"]["in_sample_rows"] == 900


def test_a_model_that_looks_at_labels_is_caught() -> None:
    """Its scores are blind when asked for, but move when the future is shuffled."""
    peeking = FunctionModel(lambda r: 0.9 if r.labels.disputed else 0.1)

    with pytest.raises(LookedAhead, match="FunctionModel"):
        backtest_frozen(world(200, days=60), Target.DISPUTED, peeking, None, draws=DRAWS)


class CountingModel(FunctionModel):
    """Scores by how many questions it is shown, so a later one moves an earlier score."""

    def predict(self, rows: Sequence[StudyRow]) -> Values:
        return np.full(len(rows), 1 / (1 + len(rows)))


def test_a_model_that_counts_later_questions_is_caught() -> None:
    with pytest.raises(LookedAhead, match="CountingModel"):
        backtest_frozen(
            world(200, days=60), Target.DISPUTED, CountingModel(true_chance()), None, draws=DRAWS
        )


def test_earlier_proposals_that_are_no_test_rows_are_shown_as_history() -> None:
    """A row without a label is not tested, but its proposer had proposed."""

    class Experience(FunctionModel):
        def predict(self, rows: Sequence[StudyRow]) -> Values:
            return np.array(
                [0.1 + 0.1 * sum(o.score_time < r.score_time for o in rows) for r in rows]
            )

    rows = [row(0, labels=Labels()), row(1), row(2)]
    p = forecast(Experience(true_chance()), rows[1:], rows)

    assert p == pytest.approx([0.2, 0.3])


class PriceModel:
    """B5 as a model: the stand-in that is fitted again."""

    trained_from: datetime | None = None
    trained_to: datetime | None = None

    def __init__(self, rows: Sequence[StudyRow], target: Target) -> None:
        self.fitted = fit_baselines(rows, target)

    def predict(self, rows: Sequence[StudyRow]) -> Values:
        return self.fitted.predict(rows)["B5"]

    def fit(self, rows: Sequence[StudyRow], target: Target) -> Self:
        return type(self)(rows, target)


def test_shuffling_what_came_after_a_moment_moves_no_score_before_it() -> None:
    rows = world(1500, days=240)
    moment = START + timedelta(days=150)
    past = [r for r in rows if r.score_time < moment]
    future = [r for r in rows if r.score_time >= moment]

    def losses(study: list[StudyRow]) -> list[float]:
        return [
            float(p)
            for fold in rolling_folds(study, Target.DISPUTED)
            for r, p in zip(
                fold.test,
                forecast(PriceModel(fold.train, Target.DISPUTED), fold.test, study),
                strict=True,
            )
            if r.score_time < moment
        ]

    before = losses(rows)
    assert len(before) > 300
    assert losses([*past, *shuffled_future(future, seed=9)]) == before
    assert losses([*shuffled_future(past, seed=9), *future]) != before


def test_a_rolling_refit_is_the_same_each_time_and_ties_with_itself() -> None:
    rows = world(800, days=200, base=0.3)

    def report() -> tuple[dict[str, Any], str]:
        found = backtest_rolling(
            rows, Target.DISPUTED, PriceModel(rows, Target.DISPUTED), draws=DRAWS
        )
        return backtest_document(found, "price", ("one.csv: read",)), backtest_page(
            found, "price", ("one.csv: read",)
        )

    (document, page), again = report(), report()

    assert (document, page) == again
    assert document["paired"]["B5"]["gain"] == 0
    assert document["split"]["embargo_days"] == 30
    assert "src=" not in page
    assert "http" not in page
    assert page.index("Verdict,") < page.index("<table>")
    assert page.count("<svg") == 4


def test_the_document_has_the_names_of_the_contract() -> None:
    model = FunctionModel(true_chance(), START, START + 20 * DAY)
    found = backtest_frozen(world(900, days=60), Target.FLIPPED, model, None, draws=DRAWS)

    document = backtest_document(found, "a model", ())

    assert document.keys() >= {"target", "rows", "positives", "split", "model", "baselines"}
    assert document.keys() >= {"paired", "verdict"}
    assert document["split"].keys() >= {
        *("mode", "train_from", "train_to", "test_from", "test_to", "embargo_days"),
    }
    measures = {"log_loss", "brier", "auprc", "auroc", "slope", "intercept", "intervals"}
    assert document["model"].keys() >= measures
    baselines = document["baselines"]
    assert list(baselines) == ["B0", "B1", "B2", "B3", "B4", "B5"]
    assert "order book" in baselines["B2"]["unavailable"]
    assert "final volume" in baselines["B4"]["unavailable"]
    for gain in document["paired"].values():
        assert gain.keys() >= {"gain", "p05", "p95"}


def test_later_rows_alone_are_compared_with_the_baselines_kept_with_the_model() -> None:
    rows = world(2000, days=100)
    early, late = rows[:1000], rows[1000:]
    model = FunctionModel(true_chance(), START, early[-1].score_time)
    kept = fit_baselines(early, Target.DISPUTED)

    both = backtest_frozen(rows, Target.DISPUTED, model, None, draws=DRAWS)
    alone = backtest_frozen(late, Target.DISPUTED, model, kept, draws=DRAWS)
    without = backtest_frozen(late, Target.DISPUTED, model, None, draws=DRAWS)

    assert alone.split.baselines_from == "model file"
    assert alone.all.comparison.log_loss["B3"].gain == pytest.approx(
        both.all.comparison.log_loss["B3"].gain
    )
    assert without.split.baselines_from == "warm-up"
    assert without.all.rows < alone.all.rows == 400
    assert (alone.split.embargo_days, alone.split.left_out_embargo) == (30, 600)


def test_an_alert_budget_takes_the_most_suspected_of_each_week() -> None:
    monday = START + 5 * DAY
    rows = [
        row(n, score_time=monday + (n // 10) * 7 * DAY, labels=Labels(disputed=n % 10 < 2))
        for n in range(40)
    ]
    rows[0] = replace(
        rows[0],
        labels=Labels(disputed=True, settled_at=rows[0].score_time + timedelta(hours=7)),
    )
    model = FunctionModel(lambda r: 0.9 - 0.01 * (int(r.market_key, 16) % 10))
    kept = fit_baselines(rows, Target.DISPUTED)

    found = backtest_frozen(rows, Target.DISPUTED, model, kept, draws=DRAWS).all.model.budgets

    assert [(b.per_week, b.alerts, b.caught) for b in found] == [(1, 4, 4), (140, 40, 8)]
    assert (found[0].precision, found[0].recall) == (1, 0.5)
    assert (found[0].lead_hours_median, found[0].lead_rows) == (7, 1)


def test_misresolution_has_a_bound_only_and_flips_say_nothing_of_it() -> None:
    flipped = [row(n, labels=Labels(disputed=True, flipped=True)) for n in range(50)]
    right = [row(n, labels=Labels(misresolved=False)) for n in range(300)]

    none, some = bound_misresolution(flipped), bound_misresolution([*flipped, *right])

    assert none.high is None
    assert "no row carries an adjudicated outcome" in none.reason
    assert (some.adjudicated, some.misresolved, some.low) == (300, 0, 0.0)
    # Jeffreys at 0 of 300: the 95 % point of Beta(1/2, 300 1/2).
    assert some.high == pytest.approx(0.00638, abs=2e-5)


def test_nothing_left_to_test_is_refused() -> None:
    unlabelled = [row(number, labels=Labels()) for number in range(3)]
    model = FunctionModel(true_chance())

    with pytest.raises(UsageError, match="none of the 3 rows carries a label"):
        backtest_frozen(unlabelled, Target.DISPUTED, model, None)
    with pytest.raises(UsageError, match="none of the 3 rows carries a label"):
        backtest_rolling(unlabelled, Target.DISPUTED, model)


def test_rows_at_proposal_time_decide_and_the_pooled_verdict_stands_below() -> None:
    """Good on many rows without a proposal time, on few with one: no verdict of the latter."""
    rows = [
        replace(r, time_basis=TimeBasis.SETTLEMENT, recorded_as="markets") if n % 5 else r
        for n, r in enumerate(worded(1600, 100))
    ]
    model = FunctionModel(knows_titles, START, START + 40 * DAY)

    found = backtest_frozen(rows, Target.DISPUTED, model, None, draws=DRAWS)
    document = backtest_document(found, "a model", ())

    first, pooled = document["headline"][:2]
    assert first.startswith("Verdict, P(disputed) at proposal time: inconclusive")
    assert pooled.startswith("All rows pooled")
    assert "better" in pooled
    assert (document["verdict"], document["all_rows"]["verdict"]) == ("inconclusive", "better")
    assert document["verdict_rows"] == "at proposal time"
    assert document["rows"] < document["all_rows"]["rows"]
    page = backtest_page(found, "a model", ())
    assert page.index("at proposal time: inconclusive") < page.index("All rows pooled")


def test_a_level_ten_times_too_low_is_told_in_the_first_lines() -> None:
    model = FunctionModel(lambda r: knows_titles(r) / 10, START, START + 10 * DAY)

    found = backtest_frozen(worded(1600, 100), Target.DISPUTED, model, None, draws=DRAWS)

    said = [line for line in first_lines(found) if "happened" in line]
    assert len(said) == 1
    assert said[0].endswith("the probabilities are too low.")
    document = backtest_document(found, "a model", ())
    assert document["calibration_status"] == "miscalibrated"


def test_of_a_handful_of_rows_no_rate_is_said_to_be_too_low() -> None:
    model = FunctionModel(lambda _: 0.01, START, START + 10 * DAY)

    found = backtest_frozen(worded(40, 3), Target.DISPUTED, model, None, draws=DRAWS)

    said = [line for line in first_lines(found) if "happened" in line]
    assert said
    assert all(
        line.endswith("too little for a rate, which needs 100 rows with a positive.")
        for line in said
    )


def test_too_few_positives_are_called_uncalibrated_with_a_bound() -> None:
    rows = [row(number) for number in range(300)]
    model = FunctionModel(lambda _: 0.01, None, START + 10 * DAY)
    kept = fit_baselines(rows, Target.DISPUTED)

    found = backtest_frozen(rows, Target.DISPUTED, model, kept, draws=DRAWS)
    document = backtest_document(found, "a model", ())

    assert document["calibration_status"] == "uncalibrated"
    # Jeffreys at 0 of 289: the 95 % point of Beta(1/2, 289 1/2).
    assert document["bound"]["p95"] == pytest.approx(0.00662, abs=2e-5)
    assert any("no more than 0.662% of rows" in line for line in document["headline"])
    assert document["split"]["embargo_days"] == 0
    assert any(line.startswith("No embargo") for line in document["weaknesses"])


RECORDED = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded development data are not here")
def test_the_recorded_proposals_of_june_are_tested_and_never_called_more_than_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """June alone, forecast from March and April: the whole run is ``make backtest``."""
    # The proposals span 85 days: without the markets' rows a refit would refuse them.
    monkeypatch.setattr("service.calibration.split.SHORTEST", 80 * DAY)
    study = read_study([RECORDED / "proposals.parquet", RECORDED / "disputed_contracts.parquet"])
    model = load_model("shipped", Target.DISPUTED)

    found = backtest_rolling(study.rows, Target.DISPUTED, model, draws=60)

    assert (found.deciding.rows, found.deciding.positives) == (611, 7)
    first = first_lines(found)
    assert first[0].startswith("Verdict, P(disputed) at proposal time: inconclusive (7 positives")
    assert any("calibration slope" in line for line in first)
    assert any("the model expected" in line and "happened" in line for line in first)
    # Recorded: 1.06 (0.6 to 1.7), 2.1 % expected of 1.1 % (0.5 to 1.8).
    assert 0.7 < (found.deciding.model.slope or 0) < 1.5
    assert found.deciding.comparison.log_loss["B1"].gain > 0
