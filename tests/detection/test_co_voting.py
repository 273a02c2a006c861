"""Groups that stand in the minority together: found where they are, not made up where not."""

import numpy as np
import pytest
from scipy.stats import poisson

from service.detection.bloc_power import measure_power, power_table
from service.detection.co_minority import count_pairs
from service.detection.co_voting import find_groups
from service.detection.curveball import shuffled
from service.detection.groups import discoveries, stable_groups
from service.detection.minorities import find_minorities
from service.detection.planting import least_pushes
from service.detection.voting_worlds import World, draw_world
from service.risk.signs.vote_matrix import ABSENT

CALM = World()
BLOC = World(pushes=30)


def test_a_bloc_of_30_pushes_is_found_whole_and_nobody_else() -> None:
    found = find_groups(draw_world(BLOC, np.random.default_rng(1)))
    [group] = found.groups
    assert group.members == (0, 1, 2, 3, 4, 5)
    assert group.p_value <= 0.002
    assert group.low < len(group.joint) < group.high
    # Of 30 pushes those few members voted on are no joint ones.
    assert 25 <= len(group.joint) <= 33
    assert group.shared > 10 * group.expected


def test_the_same_record_and_seed_give_the_same_groups() -> None:
    matrix = draw_world(World(pushes=13), np.random.default_rng(2))
    assert find_groups(matrix, seed=3) == find_groups(matrix, seed=3)


def test_few_false_groups_and_much_power_in_a_small_study() -> None:
    cases = [("calm", CALM), ("bloc", BLOC)]
    calm, bloc = measure_power(10, seed=9, cases=cases)
    assert (calm.found, calm.false) == (None, 0)
    assert bloc.found == 10
    assert "10 | 100.0% (69.2% to 100.0%) |" in power_table([bloc])


def test_a_bloc_of_few_pushes_that_opens_its_votes_in_step_is_found() -> None:
    case = ("opens in step", World(pushes=7, opened_in_step_seconds=60.0))
    [found] = measure_power(3, seed=9, cases=[case])
    assert (found.found, found.false) == (3, 0)


def test_only_requests_with_a_small_minority_of_two_inform() -> None:
    answers = np.zeros((20, 4), dtype=np.int16)
    answers[0, 1] = 1  # One head.
    answers[:3, 2] = 1  # 3 of 20.
    answers[:4, 3] = 1  # 4 of 20 are no small minority.
    answers[5:, 3] = ABSENT
    assert find_minorities(answers).columns.tolist() == [2]


def test_expected_shared_minorities_are_those_of_the_formula() -> None:
    answers = np.zeros((30, 3), dtype=np.int16)
    answers[[0, 1], 0] = 1
    answers[[0, 2, 3], 1] = 1
    answers[[0, 1], 2] = [1, 2]  # Both against most, not with each other.
    answers[4, 0] = ABSENT
    counts = count_pairs(find_minorities(answers))
    heads, against = np.array([29, 30, 30]), np.array([2, 3, 2])
    mean = against.sum() / heads.sum()
    minority = np.zeros((2, 3))
    minority[0], minority[1] = [1, 1, 1], [1, 0, 1]

    def relative(own: np.ndarray) -> float:
        rate = (against - own + 20 * mean) / (heads - 1 + 20)
        return float((own.sum() + 100 * mean) / (rate.sum() + 100 * mean))

    rate = (against - minority.sum(axis=0) + 20 * mean) / (heads - 2 + 20)
    expected = (relative(minority[0]) * rate * relative(minority[1]) * rate).sum()
    assert counts.shared[0, 1] == 1
    assert counts.expected[0, 1] == pytest.approx(expected)
    assert counts.p_value[0, 1] == pytest.approx(poisson.sf(0, expected))
    np.testing.assert_allclose(counts.expected, counts.expected.T)


def test_shuffling_keeps_every_count_and_gives_no_vote_to_the_absent() -> None:
    found = find_minorities(draw_world(BLOC, np.random.default_rng(4)).answers)
    rng, moved = np.random.default_rng(5), 0
    for table in shuffled(found.minority, found.present, 5, rng):
        np.testing.assert_array_equal(table.sum(axis=0), found.minority.sum(axis=0))
        np.testing.assert_array_equal(table.sum(axis=1), found.minority.sum(axis=1))
        assert not (table & ~found.present).any()
        moved += (table != found.minority).sum()
    assert moved > 100


def test_shuffling_reaches_all_tables_equally_often() -> None:
    """Two rows, two columns each of three: the six tables of margins 1,1,1 and (2, 1) are three."""
    minority = np.array([[1, 1, 0], [0, 0, 1]], dtype=bool)
    seen = [
        tuple(table[1].tolist())
        for table in shuffled(minority, np.ones((2, 3), bool), 3_000, np.random.default_rng(6))
    ]
    counts = [seen.count(one) for one in set(seen)]
    assert len(counts) == 3
    assert max(counts) < 1_120


def test_false_discoveries_are_counted_over_all_tests() -> None:
    p_values = np.array([0.001, 0.2, 0.012])
    assert discoveries(p_values, 3).tolist() == [True, False, True]
    assert discoveries(p_values, 51).tolist() == [False, False, False]


def test_two_cliques_joined_by_a_weak_edge_are_two_groups() -> None:
    cliques = [(0, 1, 2), (3, 4, 5)]
    edges = {(a, b): 9.0 for one in cliques for a in one for b in one if a < b}
    assert stable_groups({**edges, (2, 3): 1.0}) == cliques


def test_what_a_record_could_not_show_shrinks_with_the_record() -> None:
    matrix = draw_world(CALM, np.random.default_rng(7))
    [whole] = least_pushes(matrix.answers, sizes=(6,))
    assert whole.pushes is not None
    assert 7 <= whole.pushes <= 20
    [tiny] = least_pushes(matrix.answers[:8, :10], sizes=(6,), trials=5)
    assert tiny.pushes is None
