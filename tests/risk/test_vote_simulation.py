"""The vote's answer by stake and thresholds, at the worked numbers of the mineral-deal example."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.risk.belief import informed
from service.risk.parameters import Ambiguity
from service.risk.path import from_first
from service.risk.vote_simulation import Chances, Lean, Round, beta_at, simulate
from tests.risk.scenes import PARAMETERS, at_means

MILLION = 1e6
# A share of votes for Yes around 0.35; 5 of 20 million UMA vote as one; nobody else abstains.
OTHERS = Lean(0.35, 3)
TRUE_YES = 0.16
ROLL_TO_YES = 0.25


def commit(spat: float) -> Round:
    return Round(
        stake=22 * MILLION, gat=5 * MILLION, spat=spat, bloc_a=5 * MILLION, sealed=15 * MILLION,
        can_seal=False,
    )  # fmt: skip


def reveal(spat: float) -> Round:
    """9.5 million opened for Yes, 2.5 for No by some 5 voters; 8 million of some 10 are sealed."""
    return Round(
        stake=22 * MILLION, gat=5 * MILLION, spat=spat, opened_a=9.5 * MILLION,
        opened_b=2.5 * MILLION, opened_voters=5, sealed=8 * MILLION, sealed_voters=10,
        can_seal=False,
    )  # fmt: skip


def wrong(chances: Chances) -> float:
    """P(the answer is wrong) where voters know only what we know."""
    answered = chances.a * (1 - TRUE_YES) + chances.b * TRUE_YES
    rolled = ROLL_TO_YES * (1 - TRUE_YES) + (1 - ROLL_TO_YES) * TRUE_YES
    return answered + chances.rolled * rolled


@pytest.mark.parametrize(
    ("mean", "spat", "expected", "score"),
    [
        (0.35, 0.50, (0.388, 0.433, 0.180), 0.45),
        (0.35, 0.65, (0.161, 0.078, 0.760), 0.40),
        (0.55, 0.50, (0.699, 0.161, 0.141), 0.66),
        (0.55, 0.65, (0.425, 0.009, 0.566), 0.55),
    ],
)
def test_sealed_votes_answer_as_in_the_worked_example(
    mean: float, spat: float, expected: tuple[float, float, float], score: float
) -> None:
    found = simulate(commit(spat), Lean(mean, 3), PARAMETERS)
    assert (found.a, found.b, found.rolled) == pytest.approx(expected, abs=0.0015)
    assert round(wrong(found), 2) == score


@pytest.mark.parametrize(("spat", "score"), [(0.50, 0.33), (0.65, 0.30)])
def test_without_the_bloc_the_same_stake_is_likelier_right(spat: float, score: float) -> None:
    alone = replace(commit(spat), bloc_a=0.0, sealed=20 * MILLION)
    assert round(wrong(simulate(alone, OTHERS, PARAMETERS)), 2) == score


@pytest.mark.parametrize(("spat", "score"), [(0.50, 0.83), (0.65, 0.69)])
def test_opened_votes_tell_of_the_sealed_ones(spat: float, score: float) -> None:
    found = simulate(reveal(spat), Lean(0.55, 3), PARAMETERS)
    assert found.b == 0
    assert round(wrong(found), 2) == score


def test_the_proposal_at_16_cents_scores_as_in_the_worked_example() -> None:
    # Disputed with 0.9 if wrong, then voted on as sealed votes at SPAT 0.50.
    voted = wrong(simulate(commit(0.50), OTHERS, PARAMETERS))
    terms = {"a1w": 1 - TRUE_YES, "a1e": 0.0, "d1w": 0.9, "d2w": 1.0, "d2c": 1.0}
    found = from_first(at_means(PARAMETERS, **terms, r=0.0, va=0.0, vh=voted))
    assert round(float(found.total[0]), 2) == 0.43


@pytest.mark.parametrize(("lam", "doubt"), [(1, 0.84), (3, 0.64), (9, 0.37)])
def test_the_answer_yes_scores_as_in_the_worked_example(lam: float, doubt: float) -> None:
    found = 1 - float(informed(np.array([TRUE_YES]), lam)[0])
    assert round(found, 2) == doubt
    if lam == 1:
        assert round(found * (1 - PARAMETERS.transitions["om_v"].mean), 2) == 0.67


@pytest.mark.parametrize(
    ("ambiguity", "expected"),
    [(Ambiguity.CLEAR, 0.97), (Ambiguity.MODERATE, 0.46), (Ambiguity.CONTESTED, 0.05)],
)
def test_small_minorities_are_as_frequent_as_assumed(ambiguity: Ambiguity, expected: float) -> None:
    mean, k = PARAMETERS.vote.wrong_share[ambiguity]
    drawn = beta_at(Lean(mean, k), (np.arange(10_000) + 0.5) / 10_000)
    assert float((drawn < 0.10).mean()) == pytest.approx(expected, abs=0.012)


def test_quantiles_are_those_of_the_distribution() -> None:
    for mean, k in ((0.02, 20.0), (0.35, 3.0), (0.9, 8.0)):
        drawn = beta_at(Lean(mean, k), (np.arange(20_000) + 0.5) / 20_000)
        assert drawn.mean() == pytest.approx(mean, abs=2e-4)
        assert drawn.var() == pytest.approx(mean * (1 - mean) / (k + 1), rel=5e-3)


def test_a_roll_moves_the_voters_to_the_leader() -> None:
    once = Round(24 * MILLION, 5 * MILLION, 0.65, rolls_left=0)
    split = Lean(0.45, 4)
    alone, five = (simulate(replace(once, rolls_left=left), split, PARAMETERS) for left in (0, 4))
    assert alone.rolled == five.rolled > 0.5
    assert alone.deleted == pytest.approx(alone.rolled)
    # Five rounds, the later ones with voters who converge: few end without an answer.
    assert 0 < five.deleted < 0.25 * alone.deleted
    # Whoever led is likelier to be answered in the end: the smaller side, less often.
    assert five.b > five.a > alone.a


def test_the_played_rounds_agree_with_drawing_every_vote_anew() -> None:
    # Plain draws of the same rules, apart from the code: share, turnout, thresholds, rolls.
    round_ = Round(24 * MILLION, 5 * MILLION, 0.65, bloc_a=4 * MILLION, rolls_left=4)
    lean, rng, count = Lean(0.5, 4), np.random.default_rng(11), 200_000
    moves, answer = np.zeros(count), np.zeros(count)
    open_shares = []
    for _ in range(5):
        odds = PARAMETERS.vote.roll_odds ** np.clip(moves, -4, 4)
        mean = odds / (1 + odds)
        phi = rng.beta(mean * lean.k, (1 - mean) * lean.k)
        rest = 20 * MILLION * np.clip(rng.normal(0.92, 0.03, count), 0.67, 1)
        a, b = 4 * MILLION + rest * phi, rest * (1 - phi)
        needed = 0.65 * 24 * MILLION
        answer = np.where(answer != 0, answer, np.where(a > needed, 1, np.where(b > needed, -1, 0)))
        open_shares.append(float((answer == 0).mean()))
        moves += np.where(a >= b, 1, -1)
    found = simulate(round_, lean, PARAMETERS)
    expected = float((answer == 1).mean()), float((answer == -1).mean()), open_shares[0]
    assert (found.a, found.b, found.rolled) == pytest.approx(expected, abs=0.015)
    assert found.deleted == pytest.approx(open_shares[-1], abs=0.01)


def test_a_bloc_that_holds_back_its_stake_stalls_the_vote() -> None:
    # Turnout less SPAT is 0.27: whoever holds that much, and votes otherwise, blocks.
    clear = Lean(0.98, 20)
    blocked = Round(20 * MILLION, 5 * MILLION, 0.65, bloc_b=6 * MILLION, rolls_left=4)
    assert simulate(blocked, clear, PARAMETERS).deleted > 0.6
    assert simulate(replace(blocked, bloc_b=0.0), clear, PARAMETERS).a > 0.999


def test_below_the_quorum_nothing_is_answered() -> None:
    small = Round(6 * MILLION, 5.9 * MILLION, 0.5)
    assert simulate(small, Lean(0.98, 20), PARAMETERS).rolled > 0.95


@given(
    st.floats(0, 12), st.floats(0, 12), st.floats(0, 8), st.floats(0.02, 0.98), st.floats(2, 20),
    st.sampled_from([0.5, 0.65]),
)  # fmt: skip
@settings(deadline=None, max_examples=40)
def test_votes_that_change_sides_never_help_the_side_they_leave(
    opened: float, moved: float, sealed: float, mean: float, k: float, spat: float
) -> None:
    before = Round(
        22 * MILLION, 5 * MILLION, spat, opened_b=(opened + moved) * MILLION / 2,
        opened_a=opened * MILLION / 2, sealed=sealed * MILLION, can_seal=False, opened_voters=6,
        sealed_voters=4,
    )  # fmt: skip
    after = replace(before, opened_b=opened * MILLION / 2, opened_a=(opened + moved) * MILLION / 2)
    was, now = (simulate(r, Lean(mean, k), PARAMETERS) for r in (before, after))
    assert now.a >= was.a
    assert now.b <= was.b
