"""Whether somebody tries: the assumed shape, at the level of what was alleged."""

import pytest

from service.risk.attack.attack_attempt import (
    any_attempt,
    attempt_scale,
    base_attempt_rate,
    raw_attempt,
)
from tests.risk.round_scenes import PARAMETERS


def _raw(profit: float, *, conflict: bool = False, new_stake: bool = False) -> float:
    return raw_attempt(profit, conflict=conflict, new_stake=new_stake, parameters=PARAMETERS)


def test_the_alleged_rate_is_a_quarter_of_a_percent_and_wide() -> None:
    rate = base_attempt_rate(PARAMETERS)
    assert rate.mean == pytest.approx(1.5 / 601)
    assert (rate.p05, rate.p95) == pytest.approx((0.0003, 0.0065), abs=5e-5)


def test_profit_conflict_and_new_stake_raise_it_and_a_loss_does_not_lower_it() -> None:
    assert _raw(-1e6) == _raw(0) == pytest.approx(0.2 / (1 + 2.718281828**6))
    assert _raw(0) < _raw(1e5) < _raw(1e6)
    assert _raw(1e5) < _raw(1e5, new_stake=True) < _raw(1e5, conflict=True)
    assert _raw(1e30, conflict=True, new_stake=True) < 0.2


def test_past_rounds_are_brought_to_the_alleged_rate() -> None:
    rounds = [_raw(profit) for profit in (0.0, 0.0, 2e5, 3e6)]
    mean = sum(rounds) / len(rounds)
    scale = attempt_scale(mean, PARAMETERS)
    assert scale * mean == pytest.approx(1.5 / 601)
    # Without a past, a round with one bloc that gains nothing has the alleged rate.
    assert attempt_scale(None, PARAMETERS) * _raw(0) == pytest.approx(1.5 / 601)


def test_any_of_two_is_one_less_neither() -> None:
    assert any_attempt([0.1, 0.2]) == pytest.approx(0.28)
    assert any_attempt([]) == 0
