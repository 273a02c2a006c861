"""Quantiles of draws, against numpy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.intervals import interval_of


@given(st.integers(0, 2**32), st.integers(1, 5000), st.floats(0.05, 50))
def test_quantiles_are_numpys(seed: int, size: int, shape: float) -> None:
    values = np.random.default_rng(seed).beta(shape, 5, size)
    found = interval_of(values)
    p05, p50, p95 = np.percentile(values, [5, 50, 95])
    assert found.p50 == pytest.approx(p50, abs=1e-14)
    assert found.p05 == pytest.approx(min(p05, values.mean()), abs=1e-14)
    assert found.p95 == pytest.approx(max(p95, values.mean()), abs=1e-14)


def test_a_heavy_tail_widens_the_interval_to_hold_its_mean() -> None:
    values = np.zeros(1000)
    values[0] = 1
    found = interval_of(values)
    assert found.p95 == found.mean == pytest.approx(1e-3)
