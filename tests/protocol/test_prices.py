"""Prices and payouts: every word of the set, and nothing outside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Outcome
from service.protocol.prices import (
    HALF,
    NO,
    TOO_EARLY,
    YES,
    is_known,
    outcome_of,
    outcome_of_payouts,
)


def test_the_four_prices_mean_what_the_adapter_pays() -> None:
    assert outcome_of(YES) is Outcome.YES
    assert outcome_of(NO) is Outcome.NO
    assert outcome_of(HALF) is Outcome.HALF
    assert outcome_of(TOO_EARLY) is None


@given(st.integers(min_value=-(2**255), max_value=2**255 - 1))
def test_a_price_outside_the_set_is_no_outcome(price: int) -> None:
    if price not in {YES, NO, HALF}:
        assert outcome_of(price) is None
    assert is_known(price) == (price in {YES, NO, HALF, TOO_EARLY})


@pytest.mark.parametrize(
    ("numerators", "outcome"),
    [
        ((1, 0), Outcome.YES),
        ((0, 1), Outcome.NO),
        ((1, 1), Outcome.HALF),
        ((1_000_000, 0), Outcome.YES),
        ((500_000, 500_000), Outcome.HALF),
        ((0, 0), None),
        ((1, 2), None),
        ((1,), None),
        ((1, 0, 0), None),
        ((-1, 1), None),
    ],
)
def test_payout_vectors(numerators: tuple[int, ...], outcome: Outcome | None) -> None:
    assert outcome_of_payouts(numerators) == outcome
