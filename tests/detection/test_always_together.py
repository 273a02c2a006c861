"""Groups that always vote alike: kept as baselines only where they also act in step."""

from dataclasses import replace

import numpy as np

from service.detection.always_together import Baseline, find_baselines
from service.detection.voting_worlds import World, draw_world
from service.risk.signs.vote_matrix import ABSENT, VoteMatrix


def nine_in_step(seed: int, *, in_step: bool) -> VoteMatrix:
    """The first nine give one answer always; they also seal within a minute, or when they like."""
    rng = np.random.default_rng(seed)
    matrix = draw_world(World(), rng)
    answers, sealed = matrix.answers.copy(), matrix.sealed_at.copy()
    answers[:9] = answers[0]
    if in_step:
        sealed[:9] = sealed[0] + rng.normal(0, 60, size=(9, sealed.shape[1]))
    return replace(matrix, answers=answers, sealed_at=sealed)


def test_nine_who_never_differ_and_seal_in_step_are_a_baseline() -> None:
    [found] = find_baselines(nine_in_step(1, in_step=True))
    assert found.members == tuple(range(9))
    assert (found.apart, found.p_value < 1e-6) == (0, True)
    assert found.expected_apart > 100


def test_two_who_hardly_met_do_not_hide_the_others() -> None:
    matrix = nine_in_step(1, in_step=True)
    # Member 8 joins at request 200, member 7 leaves at 210: ten requests in common.
    for row, gone in ((8, slice(0, 200)), (7, slice(210, None))):
        matrix.answers[row, gone] = ABSENT
        matrix.sealed_at[row, np.isin(matrix.rounds, matrix.round_of[gone])] = np.nan
    [found] = find_baselines(matrix)
    assert found.members[:7] == tuple(range(7))
    assert len(found.members) == 8
    assert found.apart == 0


def test_agreement_alone_is_no_baseline() -> None:
    assert find_baselines(nine_in_step(1, in_step=False)) == []


def test_independent_voters_are_none() -> None:
    found: list[Baseline] = []
    for seed in range(2):
        found += find_baselines(draw_world(World(care=1.0), np.random.default_rng(seed)))
    assert found == []
