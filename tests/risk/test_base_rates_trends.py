"""Trends of rates: over months with breaks, and with the money."""

import numpy as np
import pytest

from service.risk.rates.rate_parameters import load_rate_parameters
from service.risk.rates.rate_trends import PeriodCount, fit_slope, fit_trend

PRIORS = load_rate_parameters().trend


def months(rng: np.random.Generator, before: float, after: float) -> list[PeriodCount]:
    """Thirty months of 4,000 questions; the rules changed after the fifteenth."""
    return [
        PeriodCount(m, (m >= 15,), 4_000, float(rng.binomial(4_000, after if m >= 15 else before)))
        for m in range(30)
    ]


def test_a_break_is_found_with_its_interval_and_the_months_borrow() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(40):
        counts = months(rng, 0.02, 0.006)
        trend = fit_trend(counts, PRIORS)
        (ratio,) = trend.odds_ratios
        assert ratio is not None
        held += ratio.low <= (0.006 / 0.994) / (0.02 / 0.98) <= ratio.high
        raw = np.array([c.positives / c.n for c in counts[:15]])
        smooth = np.array([rate.value for rate in trend.rates[:15]])
        assert smooth.std() < raw.std()
        assert smooth.mean() == pytest.approx(raw.mean(), rel=0.1)
    # The walk is allowed more than these months need, so that nearly all hold it.
    assert held >= 36


def test_a_steady_rate_has_no_break() -> None:
    (ratio,) = fit_trend(months(np.random.default_rng(2), 0.01, 0.01), PRIORS).odds_ratios
    assert ratio is not None
    assert ratio.low < 1 < ratio.high


def test_a_break_with_questions_on_one_side_only_is_not_told() -> None:
    counts = [PeriodCount(m, (True, False), 500, 5) for m in range(4)]
    assert fit_trend(counts, PRIORS).odds_ratios == (None, None)


def test_months_without_any_positive_have_a_rate_below_their_bound() -> None:
    trend = fit_trend([PeriodCount(m, (), 300, 0) for m in (1, 2, 9)], PRIORS)
    assert all(0 < rate.low < rate.value < rate.high for rate in trend.rates)
    assert trend.rates[0].value < 0.01


def test_a_month_may_be_split_by_a_break_but_not_out_of_order() -> None:
    split = [PeriodCount(3, (False,), 400, 8), PeriodCount(3, (True,), 400, 2)]
    first, second = fit_trend(split, PRIORS).rates
    assert first.value > second.value
    for bad in ([], [PeriodCount(2, (), 1, 0), PeriodCount(1, (), 1, 0)]):
        with pytest.raises(ValueError, match="order"):
            fit_trend(bad, PRIORS)


def test_the_slope_over_deciles_of_the_development_data() -> None:
    # Share disputed by decile of final volume, 8,808 labelled markets.
    shares = np.array([0.2, 0.9, 1.0, 1.4, 0.8, 2.2, 1.4, 3.7, 5.2, 8.2]) / 100
    n = np.full(10, 880.8)
    found = fit_slope(np.arange(1.0, 11), n, n * shares)
    assert found.value == pytest.approx(1.41, abs=0.02)
    assert found.low > 1.3
    flat = fit_slope(np.arange(1.0, 11), n, n * 0.02)
    assert flat.value == pytest.approx(1, abs=1e-3)
    assert flat.low < 1 < flat.high


def test_the_slope_s_interval_holds_the_truth_nine_times_in_ten() -> None:
    rng, held = np.random.default_rng(3), 0
    steps = np.arange(1.0, 11)
    shares = 1 / (1 + np.exp(-(-5 + 0.2 * steps)))
    for _ in range(200):
        found = fit_slope(steps, np.full(10, 2_000.0), rng.binomial(2_000, shares).astype(float))
        held += found.low <= np.exp(0.2) <= found.high
    assert 0.84 <= held / 200 <= 0.96
