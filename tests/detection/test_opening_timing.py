"""Votes opened in step: told from crowds, from machines, from reminders and from habit."""

import numpy as np
import pytest

from service.detection.commit_timing import LEAST_ROUNDS
from service.detection.in_step import Step, step_p_values
from service.detection.opening_timing import opening_p_values
from service.detection.voting_worlds import World, draw_world

RNG = np.random.default_rng(1)
ROUNDS = 30
EVERYBODY = RNG.random((60, ROUNDS)) * 86_400
PAIR = (0, 1)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def _the_same_draws() -> None:
    """In every test, whichever ran before it."""
    RNG.bit_generator.state = START


def p_value(opened_at: np.ndarray) -> float:
    return opening_p_values(opened_at, [PAIR])[PAIR]


def all_pairs(count: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(count) for b in range(a + 1, count)]


def share_below(opened_at: np.ndarray, count: int, line: float = 0.05) -> float:
    found = np.array(list(opening_p_values(opened_at, all_pairs(count)).values()))
    return float((found < line).mean())


def test_two_who_open_within_a_minute_are_told() -> None:
    opened = EVERYBODY.copy()
    opened[1] = opened[0] + RNG.normal(0, 60, size=ROUNDS)
    assert p_value(opened) < 1e-4


def test_strangers_are_close_no_more_often_than_chance() -> None:
    assert share_below(EVERYBODY, 60) < 0.05


def test_machines_that_open_in_the_first_minutes_are_no_pairs() -> None:
    opened = EVERYBODY.copy()
    usual = RNG.exponential(40, size=(20, 1))
    opened[:20] = usual + RNG.exponential(20, size=(20, ROUNDS))
    assert share_below(opened, 20, 0.01) == 0


def test_two_machines_alone_at_the_beginning_are_explained_by_their_habit() -> None:
    opened = 20_000 + EVERYBODY / 2
    opened[:2] = 24 + RNG.exponential(20, size=(2, ROUNDS))
    assert p_value(opened) > 0.01


def test_many_who_are_reminded_at_once_are_no_pairs() -> None:
    opened = EVERYBODY.copy()
    reminder = RNG.random(ROUNDS) * 80_000
    opened[:20] = reminder + RNG.exponential(600, size=(20, ROUNDS))
    assert share_below(opened, 20, 0.01) == 0


def test_a_shared_hour_of_the_day_makes_nobody_a_pair() -> None:
    opened = EVERYBODY.copy()
    opened[:2] = 30_000 + RNG.normal(0, 1_800, size=(2, ROUNDS))
    assert p_value(opened) > 0.01


def test_too_few_rounds_or_openers_say_nothing() -> None:
    opened = EVERYBODY.copy()
    opened[1, LEAST_ROUNDS - 1 :] = np.nan
    assert opening_p_values(opened, [PAIR]) == {}
    assert opening_p_values(EVERYBODY[:4], [PAIR]) == {}


def test_two_looks_are_paid_for_and_one_is_not() -> None:
    assert Step(0.01, 0.5).p_value == 0.02
    assert Step(None, 0.01).p_value == 0.01
    assert Step(0.9, 0.8).p_value == 1.0


def test_a_bloc_that_opens_in_step_and_seals_apart_is_in_step() -> None:
    world = World(pushes=5, opened_in_step_seconds=60.0)
    matrix = draw_world(world, np.random.default_rng(4))
    steps = step_p_values(matrix, all_pairs(6))
    assert len(steps) == 15
    assert all(step.opened is not None and step.opened < 1e-4 for step in steps.values())
    assert sum(step.sealed is not None and step.sealed < 0.01 for step in steps.values()) <= 2
