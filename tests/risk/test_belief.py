"""How the price before the proposal, disputes and votes move the belief about the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Outcome
from service.risk import belief
from service.risk.belief import Classes
from service.risk.parameters import Ambiguity
from tests.risk.scenes import PARAMETERS, at_means

PRIORS = PARAMETERS.belief
CHANCES = st.floats(1e-9, 1 - 1e-9)
PRICES = st.floats(0, 1)


def wrong(base: float) -> Classes:
    return Classes(np.array([base]), np.zeros(1))


def priced(base: float, price: float | None) -> float:
    moved = belief.with_price(wrong(base), belief.ln_price_ratio(price, PRIORS), PRIORS)
    return float(moved.bad[0])


@pytest.mark.parametrize(
    ("base", "price", "expected"),
    [
        (2.1e-4, 0.999, 3.3e-5),
        (2.1e-4, 0.99, 2.1e-4),
        (2.1e-4, 0.90, 1.4e-3),
        (2.1e-4, 0.62, 5.6e-3),
        (2.1e-4, 0.16, 3.0e-2),
        (0.05, 0.16, 0.89),
    ],
)
def test_price_moves_the_odds_to_the_worked_values(
    base: float, price: float, expected: float
) -> None:
    assert priced(base, price) == pytest.approx(expected, rel=0.025)


def test_no_price_moves_nothing() -> None:
    assert priced(2.1e-4, None) == 2.1e-4


@given(PRICES)
def test_no_price_counts_for_more_than_the_cap(price: float) -> None:
    assert abs(belief.ln_price_ratio(price, PRIORS)) <= PRIORS.ln_ratio_cap


@given(CHANCES, PRICES, PRICES)
def test_a_lower_price_never_lowers_the_doubt(base: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert priced(base, low) >= priced(base, high) * (1 - 1e-12)


@given(st.floats(1e-9, 1e-5), st.floats(0.99, 1))
def test_a_price_for_the_proposal_never_lifts_the_doubt(base: float, price: float) -> None:
    assert priced(base, price) <= base * (1 + 1e-9)


def test_a_50_50_proposal_is_not_judged_by_the_price_of_yes() -> None:
    assert belief.price_of(Outcome.HALF, 0.5) is None
    assert belief.price_of(Outcome.NO, 0.16) == pytest.approx(0.84)


@given(PRICES)
def test_a_low_price_and_a_dispute_do_not_count_twice(price: float) -> None:
    t = at_means()
    ln_ratio = belief.ln_price_ratio(price, PRIORS)
    disputed, standing = belief.second_disputed_classes(t), belief.second_standing(t, 0)
    both = belief.after_dispute(disputed, standing, ln_ratio, PRIORS).bad[0]
    alone = max(disputed.bad[0], belief.with_price(standing, ln_ratio, PRIORS).bad[0])
    assert both <= alone * (1 + 1e-12)


@pytest.mark.parametrize(("lam", "expected"), [(1, 0.84), (3, 0.64), (9, 0.37)])
def test_a_vote_tells_more_where_the_rules_are_clear(lam: float, expected: float) -> None:
    answered = belief.informed(np.array([0.16]), lam)
    assert 1 - answered[0] == pytest.approx(expected, abs=0.005)


@given(PRICES, PRICES, CHANCES)
def test_outcome_beliefs_and_vote_answers_each_sum_to_one(
    true: float, price: float, error: float
) -> None:
    for proposed in Outcome:
        tau = belief.over_outcomes(proposed, np.array([true]), price, PRIORS)
        assert tau.sum() == pytest.approx(1)
        vote = belief.vote_answers(tau, np.array([error]), PRIORS.half_share)
        assert vote.sum() == pytest.approx(1)
        assert (vote >= 0).all()


@given(PRICES, PRICES, st.floats(1e-6, 0.999))
def test_a_50_50_answer_is_believed_as_bayes_has_it(
    true: float, price: float, error: float
) -> None:
    share, wrong_vote = PRIORS.half_error_share, np.array([error])
    tau = belief.over_outcomes(Outcome.YES, np.array([true]), price, PRIORS)
    vote = belief.vote_answers(tau, wrong_vote, share)
    known = belief.informed(tau[2], belief.half_information(wrong_vote, share))
    assert known * vote[2] == pytest.approx(tau[2] * (1 - error), rel=1e-9)


def test_a_50_50_nobody_proposed_tells_far_more_than_another_answer() -> None:
    found = [
        float(belief.half_information(np.array([wrong]), PRIORS.half_error_share)[0])
        for wrong in (0.0125, 0.0324, 0.1023)
    ]
    assert found == pytest.approx([3038, 1149, 338], rel=0.005)


@given(st.sampled_from(Outcome), PRICES, PRICES)
def test_a_refund_moves_the_odds_against_what_was_paid_and_nothing_else(
    paid: Outcome, true: float, price: float
) -> None:
    tau = belief.over_outcomes(Outcome.YES, np.array([true]), price, PRIORS)
    after = belief.after_refund(tau, paid, PRIORS)
    row = belief.OUTCOMES.index(paid)
    assert after.sum() == pytest.approx(1)
    assert after[row] <= tau[row]
    others = [i for i in range(3) if i != row]
    assert after[others[0]] * tau[others[1]] == pytest.approx(after[others[1]] * tau[others[0]])
    if after[row] > PRIORS.clip and tau[row] < 1:
        odds = [(1 - t[row]) / t[row] for t in (tau, after)]
        assert odds[1] == pytest.approx(odds[0] * np.exp(PRIORS.ln_lr_refund), rel=1e-6, abs=1e-12)


def test_ambiguity_follows_the_price_before_the_proposal() -> None:
    found = [belief.ambiguity_of(price, 0, PARAMETERS) for price in (0.96, 0.9, 0.3, None)]
    assert found == [
        Ambiguity.CLEAR,
        Ambiguity.MODERATE,
        Ambiguity.CONTESTED,
        Ambiguity.CLEAR,
    ]


@pytest.mark.parametrize("mean", [1e-6, 0.003, 0.2, 0.5, 0.75, 0.999])
def test_spreading_a_belief_keeps_its_mean_inside_its_interval(mean: float) -> None:
    drawn = belief.spread(np.full(PARAMETERS.draws, mean), PRIORS.k, PARAMETERS)
    low, high = np.percentile(drawn, [5, 95])
    assert drawn.mean() == pytest.approx(mean, rel=0.01)
    assert low < mean < high
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_stale_inputs_widen_the_belief() -> None:
    base = np.full(PARAMETERS.draws, 0.4)
    fresh = belief.spread(base, PRIORS.k, PARAMETERS)
    stale = belief.spread(base, PRIORS.k_stale, PARAMETERS)
    assert stale.std() > 1.2 * fresh.std()
