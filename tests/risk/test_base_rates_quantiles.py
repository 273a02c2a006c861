"""Quantiles of the Beta distribution without a statistics library."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.risk.beta_quantiles import beta_quantile, beta_share_below

SHARES = st.floats(0.001, 0.999)
SHAPES = st.floats(0.5, 1e5)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 50), SHARES)
def test_powers_have_a_closed_form(a: float, share: float) -> None:
    assert beta_quantile(a, 1, share) == pytest.approx(share ** (1 / a), rel=1e-9)
    assert beta_quantile(1, a, share) == pytest.approx(1 - (1 - share) ** (1 / a), rel=1e-7)


@settings(max_examples=60, deadline=None)
@given(SHAPES, SHAPES, SHARES)
def test_the_quantile_gives_back_its_share_and_mirrors(a: float, b: float, share: float) -> None:
    place = beta_quantile(a, b, share)
    assert beta_share_below(a, b, place) == pytest.approx(share, abs=1e-6)
    assert 1 - beta_quantile(b, a, 1 - share) == pytest.approx(place, abs=1e-7)


def test_it_agrees_with_draws() -> None:
    drawn = np.random.default_rng(1).beta(1.66, 240.3, 400_000)
    for share in (0.025, 0.05, 0.5, 0.95, 0.975):
        assert beta_quantile(1.66, 240.3, share) == pytest.approx(
            float(np.quantile(drawn, share)), rel=0.02
        )


def test_millions_of_questions_are_no_trouble() -> None:
    low, high = (beta_quantile(1_187.5, 1_844_072.5, share) for share in (0.05, 0.95))
    error = 1.645 * sqrt(1_187) / 1_845_259
    assert (high - low) / 2 == pytest.approx(error, rel=0.01)


def test_what_is_no_distribution_is_refused() -> None:
    for a, b, share in ((0, 1, 0.5), (1, -1, 0.5), (1, 1, 0), (1, 1, 1)):
        with pytest.raises(ValueError, match="no such quantile"):
            beta_quantile(a, b, share)
