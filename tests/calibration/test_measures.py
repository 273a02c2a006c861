"""Measures against scikit-learn's, and calibration lines of forecasts whose error is known."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from service.calibration.logistic import Values, fit_logistic, logit
from service.calibration.measures import (
    CalibrationLine,
    Ranking,
    effective_rows,
    log_losses,
    squared_errors,
)
from service.calibration.reliability import ReliabilityPoint, reliability
from service.calibration.resampling import Resamples, interval
from service.risk.log_odds import expits

RNG = np.random.default_rng(7)
Y = (RNG.random(400) < 0.2).astype(float)
# Two decimals, so that there are ties.
P: Values = np.round(np.clip(0.2 + 0.3 * Y + 0.25 * RNG.standard_normal(400), 0, 1), 2).astype(
    np.float64
)
WEIGHTS = RNG.integers(0, 4, 400).astype(float)


@pytest.mark.parametrize("weights", [np.ones(400), WEIGHTS])
def test_areas_are_those_of_scikit_learn_ties_and_weights_included(
    weights: Values,
) -> None:
    areas = Ranking.of(Y, P).areas(weights)

    assert areas == pytest.approx(
        (
            average_precision_score(Y, P, sample_weight=weights),
            roc_auc_score(Y, P, sample_weight=weights),
        )
    )


def test_a_constant_has_its_base_rate_and_no_slope() -> None:
    constant = np.full(400, 0.3)

    assert Ranking.of(Y, constant).areas(np.ones(400)) == pytest.approx((Y.mean(), 0.5))
    assert CalibrationLine(Y, constant).fit(np.ones(400)) is None


def test_one_class_has_neither_areas_nor_a_slope() -> None:
    nothing = np.zeros(400)

    assert Ranking.of(nothing, P).areas(np.ones(400)) is None
    assert CalibrationLine(nothing, P).fit(np.ones(400)) is None


def test_certainty_about_the_wrong_thing_costs_a_finite_loss() -> None:
    assert log_losses(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(
        [-np.log(1e-6)] * 2
    )
    assert squared_errors(np.array([1.0]), np.array([0.25])) == pytest.approx([0.5625])


def test_the_slope_tells_too_extreme_forecasts_from_right_ones() -> None:
    rng = np.random.default_rng(3)
    right = expits(rng.normal(-2, 1.5, 20_000))
    y = (rng.random(20_000) < right).astype(float)

    slope, intercept = CalibrationLine(y, right).fit(np.ones(20_000)) or (0, 9)
    assert (slope, intercept) == pytest.approx((1, 0), abs=0.06)
    extreme = CalibrationLine(y, expits(2 * logit(right))).fit(np.ones(20_000)) or (0, 9)
    assert extreme[0] == pytest.approx(slope / 2, rel=1e-4)


def test_classes_that_separate_have_no_line_but_a_ridge_finds_one() -> None:
    x = np.column_stack([np.ones(4), np.array([-2.0, -1.0, 1.0, 2.0])])
    y = np.array([0.0, 0.0, 1.0, 1.0])

    assert fit_logistic(x, y, np.ones(4), np.zeros(2)) is None
    assert fit_logistic(x, y, np.ones(4), np.array([0.0, 1.0])) is not None


def test_siblings_widen_the_interval_as_copies_should() -> None:
    values = RNG.standard_normal(300)
    copies = np.repeat(values, 4)
    alone = Resamples.of([str(i) for i in range(1200)], draws=600)
    grouped = Resamples.of([str(i // 4) for i in range(1200)], draws=600)

    def width(resamples: Resamples) -> float:
        found = interval(resamples.means(copies, np.ones(1200)))
        assert found is not None
        return found.p95 - found.p05

    assert width(grouped) / width(alone) == pytest.approx(2, rel=0.15)


def test_the_band_of_a_right_forecaster_holds_its_curve_and_that_of_a_wrong_one_does_not() -> None:
    rng = np.random.default_rng(11)
    p = rng.uniform(0.02, 0.6, 4000)
    y = (rng.random(4000) < p).astype(float)

    right, wrong = reliability(y, p), reliability(y, p / 3)

    def share_inside(points: tuple[ReliabilityPoint, ...]) -> float:
        inside = [q.low <= q.happened <= q.high for q in points]
        return sum(inside) / len(inside)

    assert share_inside(right) > 0.75
    assert share_inside(wrong) < 0.2
    assert [q.happened for q in right] == sorted(q.happened for q in right)


def test_effective_rows_count_weights_not_rows() -> None:
    assert effective_rows(np.ones(10)) == pytest.approx(10)
    assert effective_rows(np.array([1000.0] + [1.0] * 99)) < 1.3
    assert effective_rows(np.zeros(3)) == 0
