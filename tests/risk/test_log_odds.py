"""The one logistic function."""

import ast
from math import exp, inf
from pathlib import Path

import numpy as np
import pytest

from service.risk.log_odds import expit, expits

SERVICE = Path(__file__).parents[2] / "service"


def test_a_number_and_an_array_say_the_same_at_either_end_as_in_the_middle() -> None:
    x = [-1e6, -800.0, -30.0, -1.5, 0.0, 1e-9, 2.0, 40.0, 800.0, 1e6]
    assert expits(np.array(x)) == pytest.approx([expit(each) for each in x], rel=1e-13, abs=1e-300)
    assert expit(0.0) == 0.5
    assert expit(-30.0) == pytest.approx(exp(-30.0), rel=1e-12)
    assert (expit(-inf), expit(inf)) == (0.0, 1.0)
    assert expit(1.5) + expit(-1.5) == 1


def test_nobody_writes_a_logistic_function_of_their_own() -> None:
    names = {"expit", "expits", "_expit", "sigmoid", "_sigmoid", "logistic", "_logistic"}
    found = {
        f"{path.relative_to(SERVICE)}: {node.name}"
        for path in SERVICE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in names
    }
    assert found == {"risk/log_odds.py: expit", "risk/log_odds.py: expits"}
