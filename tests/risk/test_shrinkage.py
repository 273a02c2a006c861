"""A cell's rate lies between its own counts and its parent's rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.shrinkage import Observed, kappa_weights, kappas, posterior, shrunk_mean
from tests.risk.scenes import PARAMETERS

CELLS = PARAMETERS.cells


def test_the_worked_example_of_one_cell() -> None:
    assert shrunk_mean(2, 60, 0.01, 50) == pytest.approx(0.0227, abs=5e-5)
    drawn = np.random.default_rng(1).beta(2 + 0.5, 58 + 49.5, 400_000)
    assert np.percentile(drawn, [5, 95]) == pytest.approx([0.0053, 0.0499], rel=0.01)


@given(st.floats(1e-6, 0.5), st.integers(0, 500), st.integers(1, 500))
def test_the_mean_lies_between_the_raw_rate_and_the_parent(
    mean: float, events: int, more: int
) -> None:
    exposure = events + more
    child = Observed(events, exposure, mean)
    weights = kappa_weights([child], CELLS)
    parent = np.full(100, mean)
    found, drawn = posterior(child, weights, parent, CELLS, np.random.default_rng(1))
    low, high = sorted((events / exposure, mean))
    assert low * (1 - 1e-9) <= found <= high * (1 + 1e-9)
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_like_children_let_the_parent_count_for_more() -> None:
    alike = kappa_weights([Observed(10, 1000, 0.01)] * 20, CELLS)
    apart = kappa_weights([Observed(y, 1000, 0.01) for y in (0, 40) * 10], CELLS)
    grid = kappas(0.01, CELLS)
    assert np.dot(alike, grid) > 3 * np.dot(apart, grid)


def test_the_parent_never_counts_for_less_than_its_floor_of_disputes() -> None:
    assert (kappas(6e-5, CELLS) * 6e-5 >= CELLS.parent_pseudo_disputes * (1 - 1e-12)).all()
