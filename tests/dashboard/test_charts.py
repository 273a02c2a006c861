from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dashboard.charts import bars, gauge, sparkline
from tests.store.scenes import NOW

probability = st.floats(min_value=0, max_value=1)


@given(probability, probability, probability)
def test_a_gauge_stays_on_its_scale_and_keeps_the_order(a: float, b: float, c: float) -> None:
    low, mean, high = sorted((a, b, c))
    drawn = gauge(low, mean, high)
    assert 0 <= drawn.low <= drawn.mean <= drawn.high <= 1000
    assert drawn.width >= 8


def test_a_hundredth_stands_two_thirds_along_from_a_millionth() -> None:
    assert gauge(1e-6, 0.01, 1.0).mean == pytest.approx(666.7)


def test_bars_start_at_the_middle_and_go_their_own_way() -> None:
    raises, lowers, nothing = bars([2.0, -1.0, 0.0])
    assert (raises.start, raises.width) == (500, 480)
    assert (lowers.start, lowers.width) == (260, 240)
    assert nothing.width == 0
    assert bars([]) == []


def test_no_line_is_drawn_through_a_single_instant() -> None:
    point = (NOW, 0.1, 0.2, 0.3)
    assert sparkline([]) is None
    assert sparkline([point]) is None
    assert sparkline([point, point]) is None


@given(st.lists(st.tuples(probability, probability, probability), min_size=2, max_size=20))
def test_a_history_stays_inside_its_frame(values: list[tuple[float, float, float]]) -> None:
    points = []
    for hours, triple in enumerate(values):
        low, mean, high = sorted(triple)
        points.append((NOW + timedelta(hours=hours), low, mean, high))
    drawn = sparkline(points)
    assert drawn is not None
    for pair in f"{drawn.line} {drawn.band}".split():
        x, y = (float(part) for part in pair.split(","))
        assert 0 <= x <= 1000
        assert 0 <= y <= 200
    assert drawn.last_x == 1000


def test_a_score_holds_until_the_next_one() -> None:
    drawn = sparkline([(NOW, 0.01, 0.01, 0.01), (NOW + timedelta(hours=1), 0.1, 0.1, 0.1)])
    assert drawn is not None
    start, corner, end = drawn.line.split()
    assert corner.split(",")[0] == end.split(",")[0]
    assert corner.split(",")[1] == start.split(",")[1]
