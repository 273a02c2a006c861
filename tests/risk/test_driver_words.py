"""Every driver in plain words."""

import ast
from pathlib import Path

import pytest

from service.risk.assess import assess
from service.risk.explain.driver_words import SENTENCES, effect, per_cent, say, sentence
from service.risk.result import Driver
from tests.conftest import PROJECT
from tests.risk.scenes import NO_COUNTS, PARAMETERS, proposed, voting
from tests.risk.test_movement import SCENES

MAKERS = {"Driver", "Step", "_Step"}


def features_in(source: Path) -> set[str]:
    """The features a module gives names to: the first words of what makes a driver."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            named = [k.value for k in node.keywords if k.arg == "feature"]
            first = (named or node.args)[:1]
            if node.func.id in MAKERS and first and isinstance(first[0], ast.Constant):
                found.add(str(first[0].value))
    return found


def test_every_feature_the_drivers_can_name_has_words() -> None:
    named = set().union(*map(features_in, (PROJECT / "service" / "risk").glob("*.py")))
    assert {"base_rate", "state", "price_before_proposal", "time_undisputed"} <= named
    assert named <= set(SENTENCES), f"no words for {sorted(named - set(SENTENCES))}"


def test_no_driver_of_any_scene_is_without_words() -> None:
    for inputs in (*SCENES, proposed(price=0.4), voting(0.4)):
        for driver in assess(inputs, NO_COUNTS, PARAMETERS).drivers:
            assert "no words exist" not in say(driver)


def test_an_unknown_feature_shows_its_name_value_and_effect() -> None:
    words = say(Driver("moon_phase", 0.5, "turns", 0.7, 0.01, ()))
    assert words.startswith("Moon phase is 0.5 turns (no words exist for this driver): raises it")


def test_a_sentence_names_value_direction_and_size() -> None:
    words = sentence("time_undisputed", 60, "minutes", -0.0012, -0.6931)
    assert words == (
        "Nobody disputed the answer for 60 minutes: lowers it by 0.12 percentage points (odds / 2)."
    )


def test_one_of_a_kind_is_told_as_one() -> None:
    one, two = (sentence("clarification_near_proposal", n, "", 0.1, 0.5) for n in (1, 2))
    assert one.startswith("1 clarification came within a day")
    assert two.startswith("2 clarifications came within a day")


def test_who_could_decide_a_vote_is_told_as_a_chance_and_as_no_deed() -> None:
    words = sentence("vote_attack", 0.031, "probability", 0.02, 0.9)
    assert "is given 3.1 %, assumed and never calibrated" in words
    assert "captures" not in words


@pytest.mark.parametrize(
    ("p", "words"), [(0.5, "50 %"), (0.0123, "1.2 %"), (2.34e-7, "0.000023 %"), (0, "0 %")]
)
def test_probabilities_keep_two_digits_without_powers_of_ten(p: float, words: str) -> None:
    assert per_cent(p) == words


def test_a_driver_without_effect_says_so() -> None:
    assert effect(0.0, 0.0) == "leaves it as it is"
