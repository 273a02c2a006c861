"""The best set of a round's requests, against all sets there are."""

from dataclasses import replace

import numpy as np
import pytest

from service.risk.attack.attack_docket import Objective, brute_force, objective_of, select
from tests.risk.round_scenes import PARAMETERS


def _random(rng: np.random.Generator, *, large: bool, emergency: bool) -> Objective:
    """Ten markets of all sizes, some that lose; stakes from nothing to more than all there is.

    ``large``: a few tens of millions of USD, where a joint response makes a prefix fail.
    """
    interest = np.exp(rng.normal(15.5 if large else 13, 1.5 if large else 2.5, 10))
    chance = rng.uniform(0, 1, 10)
    value = interest * chance * rng.uniform(-0.05, 0.25, 10) + rng.uniform(-2e3, 8e3, 10)
    exposed = float(np.exp(rng.normal(13 if large else 15, 3 if large else 1.5)))
    return objective_of(value, chance * interest, exposed, PARAMETERS, emergency=emergency)


@pytest.mark.parametrize("emergency", [False, True])
def test_the_set_found_is_the_best_of_all_in_500_rounds(*, emergency: bool) -> None:
    rng = np.random.default_rng(20261126)
    sizes = []
    for number in range(500):
        objective = _random(rng, large=number % 2 == 1, emergency=emergency)
        found, (_, best) = select(objective), brute_force(objective)
        assert found.worth_usd == pytest.approx(max(best, 0), rel=1e-9, abs=0.02)
        sizes.append(int(found.chosen.sum()))
    # Not a test of the empty or the full set only.
    assert min(sizes) == 0
    assert max(sizes) == 10
    assert len(set(sizes)) == 11


def test_with_a_joint_response_the_best_set_need_not_be_a_prefix() -> None:
    """The first by value a dollar provokes the administrators most; the second alone pays more."""
    value, spread = np.array([2.7e6, 0.6e6, 1.2e6, 1.5e6]), np.array([31e6, 37e6, 15e6, 33e6])
    objective = objective_of(value, spread, 1e7, PARAMETERS)
    found = select(objective)
    assert found.prefix_worth.max() == pytest.approx(37_217, abs=1)
    assert found.chosen.tolist() == [False, False, True, False]
    assert found.worth_usd == pytest.approx(47_668, abs=1)
    # Without one it is.
    alone = select(replace(objective, emergency=None))
    assert alone.worth_usd == pytest.approx(max(alone.prefix_worth.max(), 0))


def test_the_critical_set_is_the_shortest_prefix_that_pays() -> None:
    # One alone does not make up for the fall; two do, because damage saturates.
    value, spread = np.array([50e3, 49e3, 48e3]), np.array([60e6, 60e6, 60e6])
    objective = objective_of(value, spread, 200e3, PARAMETERS, emergency=False)
    found = select(objective)
    assert found.critical is not None
    assert found.critical.tolist() == [0, 1]
    assert found.chosen.all()


def test_nothing_is_chosen_where_nothing_pays() -> None:
    objective = objective_of(np.array([-5.0, 10.0]), np.array([1e6, 1e6]), 1e7, PARAMETERS)
    found = select(objective)
    assert not found.chosen.any()
    assert (found.worth_usd, found.critical) == (0, None)


def test_what_misallocates_nothing_and_gains_is_always_taken() -> None:
    objective = objective_of(np.array([5.0, -5.0]), np.zeros(2), 1e7, PARAMETERS)
    assert select(objective).chosen.tolist() == [True, False]


def test_a_round_without_requests_has_an_empty_best_set() -> None:
    found = select(objective_of(np.array([]), np.array([]), 1e7, PARAMETERS))
    assert (found.chosen.size, found.worth_usd) == (0, 0)


def test_too_many_subsets_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 16"):
        brute_force(objective_of(np.ones(17), np.ones(17), 1.0, PARAMETERS))
