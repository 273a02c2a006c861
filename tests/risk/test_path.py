"""The path sum against its matrix form, against simulated paths, and at its worked numbers."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.draws import Transitions
from service.risk.markov import ROUNDS, absorbed_wrong
from service.risk.path import PATHS, from_first, from_second, from_vote
from service.risk.vote_facts import VoteFacts
from service.risk.vote_outlook import deletion_after
from tests.risk.scenes import PARAMETERS, at_means

NAMES = [f.name for f in fields(Transitions)]
SIMULATED = 400_000
# Rates large enough that every path is walked thousands of times.
STRESSED = {
    "a1w": 0.2, "a1e": 0.1, "d1w": 0.7, "d1e": 0.6, "d1c": 0.1, "ew": 0.3,
    "a2w": 0.3, "d2w": 0.6, "d2c": 0.2, "vh": 0.2, "va": 0.1, "r": 0.1, "mu": 0.4, "g": 0.3,
}  # fmt: skip


@st.composite
def any_transitions(draw: st.DrawFn) -> Transitions:
    chance = st.floats(0, 1)
    values = {name: draw(chance) for name in NAMES}
    values["a1e"] *= 1 - values["a1w"]
    # A loop that is never left has no end to be wrong at.
    values["g"] *= 0.95
    return Transitions(**{name: np.array([value]) for name, value in values.items()})


@given(any_transitions())
def test_unrolled_sum_equals_the_absorbing_chain(t: Transitions) -> None:
    assert from_first(t).total == pytest.approx(absorbed_wrong(t), rel=1e-9, abs=1e-12)
    assert from_second(t).total == pytest.approx(absorbed_wrong(t, "second"), rel=1e-9, abs=1e-12)
    vote_wrong = 1 - (1 - t.vh) * (1 - t.va)
    assert from_vote(t, vote_wrong).total == pytest.approx(
        absorbed_wrong(t, "vote"), rel=1e-9, abs=1e-12
    )
    for rolls in range(1, ROUNDS):
        # After rolls fewer rounds are left; the loop's later votes have all of theirs.
        facts = VoteFacts("rolled", 1, roll_count=rolls, max_rolls=ROUNDS - 1)
        now = replace(t, r=deletion_after(t.r, facts, PARAMETERS))
        assert from_vote(now, vote_wrong, from_second(t)).total == pytest.approx(
            absorbed_wrong(t, f"rolled_{rolls}"), rel=1e-9, abs=1e-12
        )


def test_a_flagged_market_is_decided_by_hand_or_as_before() -> None:
    t = at_means()
    by_hand = PARAMETERS.override.flag_manual
    expected = by_hand * t.mu + (1 - by_hand) * absorbed_wrong(t)
    assert absorbed_wrong(t, "flagged", by_hand) == pytest.approx(expected)


@given(any_transitions())
def test_every_path_is_a_probability(t: Transitions) -> None:
    path = from_first(t)
    assert (path.wrong >= 0).all()
    assert (path.total <= 1 + 1e-12).all()


def test_the_sum_agrees_with_walking_the_paths_one_by_one() -> None:
    wrong = _walk(STRESSED, np.random.default_rng(7))
    expected = float(from_first(at_means(PARAMETERS, **STRESSED)).total[0])
    error = (expected * (1 - expected) / SIMULATED) ** 0.5
    assert wrong == pytest.approx(expected, abs=4 * error)


def test_a_calm_market_has_the_components_of_the_worked_example() -> None:
    path = from_first(at_means())
    millionths = dict(zip(PATHS, path.wrong[:, 0] * 1e6, strict=True))
    assert millionths == {
        "undisputed": pytest.approx(22.7, abs=0.06),
        "second_undisputed": pytest.approx(1.3, abs=0.05),
        "vote_honest": pytest.approx(0.35, abs=0.005),
        "vote_attack": pytest.approx(0.09, abs=0.005),
        "deleted_admin": pytest.approx(0.002, abs=0.0005),
        "source_corrupted": 0,
    }
    assert path.disputed[0] == pytest.approx(6.4e-4, rel=0.01)
    assert path.votes[0] == pytest.approx(3.5e-5, rel=0.01)


@pytest.mark.parametrize(
    ("d1w", "expected"), [(0.50, 1.7e-4), (0.70, 7.7e-5), (0.90, 2.3e-5), (0.99, 5.8e-6)]
)
def test_the_score_hangs_on_the_unmeasured_share_of_errors_disputed(
    d1w: float, expected: float
) -> None:
    # Disputed-and-wrong is what the chain shows; a1w follows from it.
    t = at_means(d1w=d1w, a1w=2.1e-4 * 0.9 / d1w)
    path = from_first(t)
    undone = path.wrong * np.stack([t.om_u, t.om_u, t.om_v, t.om_v, t.om_v, t.om_u])
    paid_wrong = path.total - undone.sum(axis=0) + t.om0
    assert paid_wrong[0] == pytest.approx(expected, rel=0.03)


def _walk(p: dict[str, float], rng: np.random.Generator) -> float:
    """The share of simulated questions that end wrong, one event at a time."""

    def hit(chance: np.ndarray | float, count: int) -> np.ndarray:
        drawn: np.ndarray = rng.random(count) < chance
        return drawn

    kind = rng.choice(3, size=SIMULATED, p=[p["a1w"], p["a1e"], 1 - p["a1w"] - p["a1e"]])
    disputed = hit(np.array([p["d1w"], p["d1e"], p["d1c"]])[kind], SIMULATED)
    standing = kind[~disputed]
    wrong = int((standing == 0).sum() + hit(p["ew"], int((standing == 1).sum())).sum())
    waiting = int(disputed.sum())
    vote_wrong = 1 - (1 - p["vh"]) * (1 - p["va"])
    while waiting:
        bad = hit(p["a2w"], waiting)
        again = hit(np.where(bad, p["d2w"], p["d2c"]), waiting)
        wrong += int((bad & ~again).sum())
        voted = int(again.sum())
        rolled = voted
        for _ in range(ROUNDS):
            rolled = int(hit(p["r"] ** (1 / ROUNDS), rolled).sum())
        wrong += int(hit(p["mu"], rolled).sum())
        early = hit(p["g"], voted - rolled)
        wrong += int(hit(vote_wrong, int((~early).sum())).sum())
        waiting = int(early.sum())
    return wrong / SIMULATED
