"""The budget of false pages holds on quiet scores, and adapts to those that were false."""

import random

import pytest

from service.risk.signs.alert_threshold import Method, Week, poisson_rate, threshold_of


def quiet(weeks: int, scores: int, seed: int = 1) -> list[Week]:
    draw = random.Random(seed)  # noqa: S311  # a test's draws
    return [Week(tuple(draw.gauss(-6, 1) for _ in range(scores))) for _ in range(weeks)]


def test_the_realised_rate_on_quiet_weeks_stays_within_the_budget() -> None:
    """Every page of a quiet week is false, and is counted so."""
    budget, weeks, length = 0.5, quiet(26, 20), 1_500
    for week in quiet(length, 20, seed=2):
        threshold = threshold_of(weeks, budget)
        pages = sum(threshold.is_exceeded(score) for score in week.scores)
        weeks.append(Week(week.scores, false_pages=pages))
    realised = sum(week.false_pages for week in weeks) / length
    assert 0.6 * budget <= realised <= budget


def test_many_scores_allow_a_p_value_and_few_the_largest() -> None:
    many = threshold_of(quiet(26, 100), 0.5)
    assert many.method is Method.CONFORMAL
    scores = sorted((s for week in quiet(26, 100) for s in week.scores), reverse=True)
    # Twelve of 2,600 are above it: with the one to come, 13 in 26 weeks.
    assert many.value == scores[12]
    # One score a week for four weeks at a level the past spent: no p-value can be so small.
    spent = [Week(week.scores, false_pages=9) for week in quiet(4, 5)]
    few = threshold_of(spent, 0.25)
    assert few.method is Method.LARGEST
    assert few.value == max(score for week in spent for score in week.scores)


def test_too_short_a_history_pages_nobody() -> None:
    assert threshold_of([], 0.5).method is Method.NONE
    fresh = threshold_of([Week((-5.0,), false_pages=1)], 0.5)
    assert fresh.method is Method.NONE
    assert not fresh.is_exceeded(100.0)


def test_false_pages_raise_the_threshold_and_incidents_are_no_quiet_weeks() -> None:
    weeks = quiet(26, 200)
    calm = threshold_of(weeks, 0.5)
    noisy = threshold_of([Week(week.scores, false_pages=1) for week in weeks], 0.5)
    assert calm.value is not None
    assert noisy.value is not None
    assert noisy.value > calm.value
    attacked = [*weeks[:-1], Week((9.0,) * 50, has_incident=True)]
    assert threshold_of(attacked, 0.5).is_exceeded(5.0)


@pytest.mark.parametrize(
    ("events", "weeks", "low", "high"),
    # Garwood: chi-squared quantiles over two.
    [(0, 26, 0.0, 0.1152), (1, 1, 0.0513, 4.7439), (10, 1, 5.4254, 16.9622)],
)
def test_the_interval_of_a_rate_is_exact(events: int, weeks: int, low: float, high: float) -> None:
    rate = poisson_rate(events, weeks)
    assert rate is not None
    assert [rate.low, rate.high] == pytest.approx([low, high], abs=1e-4)
