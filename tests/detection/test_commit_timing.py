"""Votes sealed in step: told from chance, from the rush before the end, and from habit."""

import numpy as np
import pytest

from service.detection.commit_timing import LEAST_ROUNDS, timing_p_values

RNG = np.random.default_rng(1)
EVERYBODY = RNG.random((40, 30)) * 86_400
PAIR = (0, 1)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def _the_same_draws() -> None:
    """In every test, whichever ran before it."""
    RNG.bit_generator.state = START


def p_value(sealed_at: np.ndarray) -> float:
    return timing_p_values(sealed_at, [PAIR])[PAIR]


def test_two_who_seal_within_a_minute_are_told() -> None:
    sealed = EVERYBODY.copy()
    sealed[1] = sealed[0] + RNG.normal(0, 60, size=30)
    assert p_value(sealed) < 1e-6


def test_strangers_are_close_no_more_often_than_chance() -> None:
    pairs = [(a, b) for a in range(40) for b in range(a + 1, 40)]
    found = np.array(list(timing_p_values(EVERYBODY, pairs).values()))
    assert (found < 0.05).mean() < 0.06


def test_a_rush_before_the_end_makes_nobody_a_pair() -> None:
    rush = 86_400 - RNG.exponential(600, size=(40, 30))
    pairs = [(a, b) for a in range(40) for b in range(a + 1, 40)]
    found = np.array(list(timing_p_values(rush, pairs).values()))
    assert (found < 0.05).mean() < 0.06


def test_a_shared_hour_of_the_day_makes_nobody_a_pair() -> None:
    sealed = EVERYBODY.copy()
    sealed[:2] = 30_000 + RNG.normal(0, 1_800, size=(2, 30))
    assert p_value(sealed) > 0.01


def test_too_few_rounds_say_nothing() -> None:
    sealed = EVERYBODY.copy()
    sealed[1, LEAST_ROUNDS - 1 :] = np.nan
    assert timing_p_values(sealed, [PAIR]) == {}
