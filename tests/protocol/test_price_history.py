"""Prices of the past: what is kept, how far a stretch is covered, and the price of an hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from models.data_enums import PriceSource
from service.protocol.price_history import (
    PriceHistory,
    PriceReading,
    median_price,
    worth_keeping,
)

PROPOSED = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def point(minutes: int, price: str) -> PriceReading:
    return PriceReading(PROPOSED + minutes * MINUTE, Decimal(price), 60)


def test_repeats_are_not_kept_and_far_from_the_proposal_only_one_in_half_an_hour() -> None:
    far = [point(-1000, "0.5"), point(-990, "0.6"), point(-969, "0.5"), point(-960, "0.7")]
    near = [point(-60, "0.7"), point(-59, "0.71"), point(-58, "0.71"), point(-57, "0.7")]
    assert worth_keeping([*far, *near], None, PROPOSED) == [far[0], far[3], near[1], near[3]]
    assert worth_keeping(near, near[0], PROPOSED) == [near[1], near[3]]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200), st.integers(0, 200))
def test_pages_cut_anywhere_keep_the_same_points(prices: list[int], cut: int) -> None:
    points = [point(n - 150, f"0.{price}") for n, price in enumerate(prices)]
    whole = worth_keeping(points, None, PROPOSED)
    first = worth_keeping(points[:cut], None, PROPOSED)
    rest = worth_keeping(points[cut:], first[-1] if first else None, PROPOSED)
    assert [*first, *rest] == whole


def test_the_median_counts_time_and_not_points() -> None:
    changes = [point(-200, "0.9"), point(-30, "0.1"), point(-29, "0.2"), point(-28, "0.91")]
    hour = (PROPOSED - 60 * MINUTE, PROPOSED - 5 * MINUTE)
    assert median_price(changes, *hour) == Decimal("0.9")
    assert median_price(changes[:1], *hour) == Decimal("0.9")
    assert median_price([], *hour) is None
    assert median_price([point(-1, "0.5")], *hour) is None


def test_a_stretch_up_to_the_present_is_covered_as_far_as_points_came() -> None:
    end = PROPOSED + 60 * MINUTE
    came = PriceHistory("1", PROPOSED, end, (point(30, "0.5"),), PriceSource.DATA_API)
    nothing = PriceHistory("1", PROPOSED, end, (), PriceSource.CLOB)
    assert came.covered_until(end) == PROPOSED + 30 * MINUTE
    assert nothing.covered_until(end) == PROPOSED
    later = end + timedelta(hours=2)
    assert came.covered_until(later) == nothing.covered_until(later) == end
