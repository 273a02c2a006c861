"""Rates by count and by money say no more than their data: worked figures and invariants."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import Support
from models.rate_enums import RateMethod, RateStatus
from service.risk.draws import Values
from service.risk.rates.base_rates import (
    Labelled,
    contested_bound,
    count_rate,
    misresolved_bound,
    weighted_rate,
)
from service.risk.rates.rate_estimate import NO_WEIGHTED_RATE, RateEstimate
from service.risk.rates.rate_intervals import jeffreys, kish_size, linearised_error, wilson
from service.risk.rates.rate_parameters import load_rate_parameters

PARAMETERS = replace(load_rate_parameters(), bootstrap=400)
MILLION = 1e6


def apart(outcomes: Values) -> Labelled:
    """Questions that have nothing in common."""
    n = len(outcomes)
    return Labelled(outcomes, np.arange(n), np.full(n, -1))


def with_positives(n: int, *places: int) -> Values:
    outcomes = np.zeros(n)
    outcomes[list(places)] = 1
    return outcomes


def lognormal_markets() -> tuple[Labelled, Values]:
    """The worked sample: 20,000 markets of lognormal money, sigma 2.5, four of them wrong."""
    rng = np.random.default_rng(6)
    weights = rng.lognormal(0, 2.5, 20_000)
    return apart(with_positives(20_000, *rng.choice(20_000, 4, replace=False))), weights


def test_published_counts_have_the_published_intervals() -> None:
    index = wilson(1_654, 164_000)
    assert (index.low, index.high) == pytest.approx((0.0096, 0.0106), abs=5e-5)
    wrong = wilson(886, 1_097)
    assert (wrong.low, wrong.high) == pytest.approx((0.78, 0.83), abs=0.005)
    again = wilson(61, 1_126)
    assert (again.low, again.high) == pytest.approx((0.042, 0.069), abs=5e-4)
    # No attack in about 600 rounds: below half a percent a round.
    assert jeffreys(0, 600, 0.025, 0.975).high < 0.005
    assert jeffreys(0, 600).low == 0


def test_four_famous_cases_are_one_anecdote() -> None:
    money = np.array([237, 16, 7, 1]) * MILLION
    assert kish_size(money) == pytest.approx(1.2, abs=0.01)
    found = weighted_rate(apart(np.ones(4)), money, PARAMETERS)
    assert found.status is RateStatus.REFUSED
    assert found.value is None
    assert found.low is None
    assert found.high == 1
    assert (found.n, found.positives) == (4, 4)
    assert found.n_eff == pytest.approx(1.2, abs=0.01)
    assert found.largest_share == pytest.approx(237 / 261)
    assert found.reason == f"{NO_WEIGHTED_RATE}: effective sample size 1.2, 50 needed"


def test_a_few_wrong_among_heavy_tailed_money_by_the_effective_size() -> None:
    # The worked sample itself had an effective size of 241 and a weighted rate of 0.48 %.
    span = jeffreys(241 * 0.0048, 241, 0.025, 0.975)
    assert (span.low, span.high) == pytest.approx((0.0006, 0.020), abs=5e-4)
    questions, weights = lognormal_markets()
    count = count_rate(questions, PARAMETERS)
    assert count.value == pytest.approx(0.0002)
    assert count.n_eff == pytest.approx(20_000)
    money = weighted_rate(questions, weights, PARAMETERS)
    assert money.method is RateMethod.KISH_BETA
    assert 50 < money.n_eff < 500
    assert money.standard_error is not None
    assert money.value is not None
    # The error is as large as the rate: a handful of cases decides it.
    assert money.standard_error > money.value / 3
    assert money.low is not None
    assert money.high is not None
    assert money.low < money.value < money.high
    assert money.high - money.low > 10 * (jeffreys(4, 20_000).high - jeffreys(4, 20_000).low)


def test_from_ten_positives_on_the_interval_is_bootstrapped() -> None:
    rng = np.random.default_rng(1)
    weights = rng.lognormal(0, 1, 3_000)
    for positives, method in ((9, RateMethod.KISH_BETA), (10, RateMethod.CLUSTER_BOOTSTRAP)):
        questions = apart(with_positives(3_000, *range(positives)))
        found = weighted_rate(questions, weights, PARAMETERS)
        assert found.method is method
        assert found.status is RateStatus.ESTIMATED


def test_the_bootstrap_agrees_with_the_linearised_error_where_many_count() -> None:
    rng = np.random.default_rng(2)
    weights = rng.lognormal(0, 0.5, 20_000)
    outcomes = (rng.random(20_000) < 0.03).astype(float)
    found = weighted_rate(apart(outcomes), weights, load_rate_parameters())
    assert found.standard_error is not None
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.645 * found.standard_error, rel=0.06)


def test_the_linearised_error_is_the_formula_s() -> None:
    questions = Labelled(np.array([1.0, 0, 0, 1, 0]), np.array([7, 7, 8, 9, 9]), np.full(5, -1))
    weights = np.array([1.0, 2, 3, 4, 5])
    rate = 5 / 15
    by_group = [1 * (1 - rate) - 2 * rate, -3 * rate, 4 * (1 - rate) - 5 * rate]
    expected = (3 / 2 * sum(v * v for v in by_group)) ** 0.5 / 15
    (clustering,) = questions.cluster()
    assert linearised_error(questions.outcomes, weights, clustering) == pytest.approx(expected)


def test_alike_questions_of_a_group_say_no_more_than_one() -> None:
    outcomes = np.repeat(with_positives(100, 3, 4, 5), 10)
    groups = np.repeat(np.arange(100), 10)
    alike = count_rate(Labelled(outcomes, groups, np.full(1_000, -1)), PARAMETERS)
    single = count_rate(apart(with_positives(100, 3, 4, 5)), PARAMETERS)
    assert alike.design_effect == pytest.approx(10, rel=0.02)
    assert alike.value == single.value
    assert alike.high == pytest.approx(single.high, rel=0.02)


def test_disputes_of_one_round_are_alike_though_their_groups_differ() -> None:
    outcomes = with_positives(2_000, *range(40))
    rounds = np.full(2_000, -1)
    alone = weighted_rate(apart(outcomes), np.ones(2_000), PARAMETERS)
    rounds[:40] = np.arange(40) // 20
    together = weighted_rate(
        Labelled(outcomes, np.arange(2_000), rounds), np.ones(2_000), PARAMETERS
    )
    assert width(together) > 1.5 * width(alone)


def test_large_groups_that_are_alike_count_for_more_than_the_mean_group() -> None:
    # One large group went wrong as a whole; the mean group has hardly two questions.
    outcomes = with_positives(1_000, *range(60))
    groups = np.where(np.arange(1_000) < 60, 0, np.arange(1_000) // 2)
    found = count_rate(Labelled(outcomes, groups, np.full(1_000, -1)), PARAMETERS)
    assert found.design_effect is not None
    assert found.design_effect > 30


def width(found: RateEstimate) -> float:
    assert found.high is not None
    assert found.low is not None
    return found.high - found.low


def test_no_positive_is_a_bound_and_a_group_then_counts_for_one_question() -> None:
    loose = count_rate(apart(np.zeros(1_000)), PARAMETERS)
    assert (loose.status, loose.value, loose.low) == (RateStatus.BOUND_ONLY, None, None)
    assert loose.high == pytest.approx(jeffreys(0, 1_000).high)
    grouped = Labelled(np.zeros(1_000), np.arange(1_000) // 10, np.full(1_000, -1))
    assert count_rate(grouped, PARAMETERS).high == pytest.approx(jeffreys(0, 100).high)
    few = count_rate(apart(with_positives(99, 1)), PARAMETERS)
    assert few.status is RateStatus.BOUND_ONLY
    assert few.reason is not None
    assert "100" in few.reason


def test_nothing_known_is_said_and_never_zero() -> None:
    none = count_rate(apart(np.zeros(0)), PARAMETERS)
    assert (none.value, none.high, none.n) == (None, None, 0)
    missing = weighted_rate(apart(np.ones(5)), np.full(5, np.nan), PARAMETERS)
    assert (missing.status, missing.value, missing.missing) == (RateStatus.MISSING, None, 5)
    unpriced = weighted_rate(apart(np.ones(5)), np.zeros(5), PARAMETERS)
    assert unpriced.status is RateStatus.MISSING


def test_without_truth_labels_there_is_a_bound_with_its_assumption() -> None:
    disputed = count_rate(apart(with_positives(5_000, *range(60))), PARAMETERS)
    flipped = count_rate(apart(with_positives(5_000, *range(10))), PARAMETERS)
    found = misresolved_bound(disputed, flipped, PARAMETERS)
    assert (found.status, found.value) == (RateStatus.UNCALIBRATED, None)
    assert found.support is Support.ASSUMED
    assert disputed.high is not None
    assert flipped.high is not None
    assert found.high == pytest.approx(disputed.high + flipped.high)
    assert contested_bound(disputed).high == 1
    nothing = count_rate(apart(np.zeros(0)), PARAMETERS)
    assert misresolved_bound(nothing, nothing, PARAMETERS).high is None


@pytest.mark.parametrize("bad", [1.5, -0.1, float("nan")])
def test_an_outcome_that_is_no_share_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        apart(np.array([0.0, bad]))
    with pytest.raises(ValueError, match="negative"):
        weighted_rate(apart(np.zeros(2)), np.array([1.0, -1.0]), PARAMETERS)


@st.composite
def samples(draw: st.DrawFn) -> tuple[Labelled, Values]:
    n = draw(st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share, sigma = draw(st.floats(0, 1)), draw(st.floats(0, 3))
    outcomes = (rng.random(n) < share).astype(float) * rng.choice([1.0, 0.5], n, p=[0.9, 0.1])
    rounds = np.where(outcomes > 0, rng.integers(0, 20, n), -1)
    questions = Labelled(outcomes, rng.integers(0, draw(st.integers(1, 400)), n), rounds)
    return questions, rng.lognormal(0, sigma, n)


QUICK = replace(PARAMETERS, bootstrap=60)


@settings(max_examples=60, deadline=None)
@given(samples())
def test_estimates_lie_in_their_intervals_and_refusals_have_no_estimate(
    sample: tuple[Labelled, Values],
) -> None:
    questions, weights = sample
    for found in (count_rate(questions, QUICK), weighted_rate(questions, weights, QUICK)):
        assert found.high is not None
        assert 0 <= found.high <= 1
        assert found.n_eff <= found.n * (1 + 1e-9)
        if found.status is RateStatus.ESTIMATED:
            assert found.value is not None
            assert found.low is not None
            assert 0 <= found.low <= found.value <= found.high
        else:
            assert (found.value, found.low) == (None, None)
            assert found.reason
    money = weighted_rate(questions, weights, QUICK)
    is_enough = money.positives >= 3 and money.n_eff >= 50
    assert (money.status is RateStatus.ESTIMATED) == is_enough


@settings(max_examples=40, deadline=None)
@given(samples(), st.floats(1e-3, 1e6), st.integers(0, 2**32 - 1))
def test_neither_the_unit_of_money_nor_the_order_of_rows_matters(
    sample: tuple[Labelled, Values], unit: float, seed: int
) -> None:
    questions, weights = sample
    order = np.random.default_rng(seed).permutation(len(weights))
    before = weighted_rate(questions, weights, QUICK)
    after = weighted_rate(questions.kept(order), (weights * unit)[order], QUICK)
    assert (after.value is None) == (before.value is None)
    if before.value is not None:
        assert after.value == pytest.approx(before.value, rel=1e-9)
    assert after.n_eff == pytest.approx(before.n_eff, rel=1e-9)
    assert after.positives == before.positives
    if before.method is RateMethod.KISH_BETA:
        assert after.high == pytest.approx(before.high, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(samples())
def test_equal_money_is_a_count_and_unknown_money_counts_for_nothing(
    sample: tuple[Labelled, Values],
) -> None:
    questions, _ = sample
    n = len(questions.outcomes)
    equal = weighted_rate(questions, np.full(n, 7.0), QUICK)
    count = count_rate(questions, QUICK)
    if equal.value is not None and count.value is not None:
        assert equal.value == pytest.approx(count.value)
    twice = Labelled(
        *(np.concatenate([a, a]) for a in (questions.outcomes, questions.groups, questions.rounds))
    )
    known = np.concatenate([np.full(n, 7.0), np.full(n, np.nan)])
    half = weighted_rate(twice, known, QUICK)
    assert replace(half, missing=0) == equal
    assert half.missing == n


def test_nine_in_ten_intervals_hold_the_rate_though_questions_come_in_groups() -> None:
    rng, held, true = np.random.default_rng(5), 0, 0.05
    for _ in range(300):
        # Groups of five that are alike: a beta-binomial with intra-class correlation 1/3.
        shares = rng.beta(true * 2, (1 - true) * 2, 200)
        outcomes = (rng.random((200, 5)) < shares[:, None]).astype(float).ravel()
        groups = np.repeat(np.arange(200), 5)
        found = count_rate(Labelled(outcomes, groups, np.full(1_000, -1)), PARAMETERS)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= true <= found.high
    assert 0.85 <= held / 300 <= 0.95
