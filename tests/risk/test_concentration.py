"""How few hands a token is in, and what a list that was cut leaves open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.concentration import Bounds, Concentration, concentrate

SIZES = st.lists(st.integers(1, 10**15), min_size=1, max_size=60)
CLOSE = 1e-9


def whole(sizes: list[int]) -> Concentration:
    found = concentrate(sizes, is_cut=False, outstanding=None)
    assert found is not None
    return found


def measures(found: Concentration) -> list[Bounds]:
    return [found.top_1, found.top_10, found.herfindahl, found.gini]


def test_a_single_holder_is_all_there_is() -> None:
    found = whole([500])
    assert [bounds.high for bounds in measures(found)] == [1, 1, 1, 0]


def test_equal_holders_are_as_spread_as_they_are_many() -> None:
    found = whole([7] * 20)
    assert (found.top_1.low, found.top_10.low) == (0.05, 0.5)
    assert found.herfindahl.low == pytest.approx(0.05)
    assert found.gini.low == pytest.approx(0)


def test_a_textbook_case() -> None:
    found = whole([10, 20, 30, 40])
    assert found.herfindahl.low == pytest.approx(0.3)
    assert found.gini.low == pytest.approx(0.25)


def test_nobody_is_no_measure_and_not_a_zero() -> None:
    assert concentrate([], is_cut=False, outstanding=10) is None
    assert concentrate([0], is_cut=True, outstanding=None) is None


@given(SIZES)
def test_a_whole_list_gives_values_and_a_cut_one_bounds_that_hold_them(sizes: list[int]) -> None:
    ranked = sorted(sizes, reverse=True)
    truth = whole(ranked)
    assert all(bounds.is_exact for bounds in measures(truth))
    for kept in {1, len(ranked) // 2, len(ranked)} - {0}:
        for outstanding in (None, sum(ranked), 3 * sum(ranked)):
            cut = concentrate(ranked[:kept], is_cut=kept < len(ranked), outstanding=outstanding)
            assert cut is not None
            for bounds, exact in zip(measures(cut), measures(truth), strict=True):
                assert 0 <= bounds.low <= bounds.high <= 1 + CLOSE
                assert bounds.low - CLOSE <= exact.low <= bounds.high + CLOSE


def test_more_shares_than_are_listed_loosen_only_the_lower_bound() -> None:
    tight = concentrate([60, 30], is_cut=True, outstanding=100)
    loose = concentrate([60, 30], is_cut=True, outstanding=1_000)
    unknown = concentrate([60, 30], is_cut=True, outstanding=None)
    assert tight
    assert loose
    assert unknown
    assert (tight.top_1.low, loose.top_1.low, unknown.top_1.low) == (0.6, 0.06, 0)
    assert tight.top_1.high == loose.top_1.high == unknown.top_1.high == pytest.approx(2 / 3)


def test_an_open_interest_below_what_is_listed_bounds_nothing() -> None:
    found = concentrate([60, 30], is_cut=True, outstanding=50)
    assert found
    assert found.top_1.low == 0
