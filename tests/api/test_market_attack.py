"""The chance that a market's vote is captured, out of a round's stored document."""

from typing import Any

import pytest

from service.api.market_attack import captured_chance
from service.api.market_attack_schemas import CapturedChance


def bloc(name: str, mean: float, **changes: object) -> dict[str, Any]:
    rate = {"mean": mean, "p05": mean / 10, "p95": mean * 3}
    told = {"id": name, "p_captured": {"r1": mean}, "p_captured_interval": {"r1": rate}}
    return {**told, **changes}


def test_the_chance_that_anybody_captures_a_vote_has_an_interval_as_each_one_has() -> None:
    elsewhere = bloc("c", 0.5, p_captured={"r2": 0.5}, p_captured_interval={})
    found = captured_chance([bloc("a", 0.1), bloc("b", 0.2), elsewhere], "r1")
    CapturedChance.model_validate(found)
    rate: Any = found["interval"]
    assert (rate["mean"], found["value"]) == (pytest.approx(0.28), rate["mean"])
    assert rate["p05"] == pytest.approx(1 - 0.99 * 0.98)
    assert rate["p95"] == pytest.approx(1 - 0.7 * 0.4)
    of_each: Any = found["by_bloc_interval"]
    assert {name: r["mean"] for name, r in of_each.items()} == found["by_bloc"]
    assert found["by_bloc"] == {"a": 0.1, "b": 0.2}


def test_an_assessment_of_an_earlier_release_has_no_interval() -> None:
    old = bloc("a", 0.1)
    del old["p_captured_interval"]
    found = captured_chance([old], "r1")
    CapturedChance.model_validate(found)
    assert (found["value"], found["interval"], found["by_bloc_interval"]) == (
        pytest.approx(0.1),
        None,
        {},
    )
