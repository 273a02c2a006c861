"""Which snapshots stay as they grow old."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.protocol.retention import RetentionPolicy, Snapshot, surplus

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
POLICY = RetentionPolicy()
MINUTE = timedelta(minutes=1)


def thin(snapshots: list[Snapshot], now: datetime = NOW) -> list[Snapshot]:
    gone = set(surplus(snapshots, now, POLICY))
    return [one for one in snapshots if one.row_id not in gone]


def of_an_hour(begin: datetime, *values: int | None) -> list[Snapshot]:
    return [Snapshot(n, "x", begin + n * MINUTE, value) for n, value in enumerate(values)]


def test_of_an_old_hour_first_last_lowest_and_highest_stay() -> None:
    begin = datetime(2026, 2, 20, 7, tzinfo=UTC)
    kept = thin(of_an_hour(begin, 5, 4, 1, 1, 9, 9, None, 6))
    assert [one.row_id for one in kept] == [0, 2, 4, 7]


def test_what_is_not_two_days_old_stays_whole() -> None:
    # The hour that the border lies in is not old enough as a whole.
    begin = datetime(2026, 2, 27, 12, tzinfo=UTC)
    assert len(thin(of_an_hour(begin, *range(40)))) == 40
    assert len(thin(of_an_hour(begin - timedelta(hours=1), *range(40)))) == 2


def test_after_a_month_a_day_is_one_stretch() -> None:
    day = datetime(2026, 1, 5, tzinfo=UTC)
    hours = [Snapshot(n, "x", day + timedelta(hours=n), n) for n in range(24)]
    assert [one.row_id for one in thin(hours)] == [0, 23]


def test_series_are_thinned_apart() -> None:
    begin = datetime(2026, 2, 20, 7, tzinfo=UTC)
    both = [Snapshot(n, series, begin + n * MINUTE, 1) for n, series in enumerate("abababab")]
    assert [one.row_id for one in thin(both)] == [0, 1, 6, 7]


SNAPSHOTS = st.lists(
    st.tuples(st.integers(0, 60 * 24 * 60), st.one_of(st.none(), st.integers(0, 5))), max_size=120
).map(
    lambda pairs: [
        Snapshot(n, "x", NOW - minutes * MINUTE, value) for n, (minutes, value) in enumerate(pairs)
    ]
)


@given(SNAPSHOTS)
def test_a_second_thinning_removes_nothing_and_the_ends_and_extremes_stay(
    snapshots: list[Snapshot],
) -> None:
    once = thin(snapshots)
    assert thin(once) == once
    if snapshots:
        assert min(one.at for one in once) == min(one.at for one in snapshots)
        assert max(one.at for one in once) == max(one.at for one in snapshots)
    valued = [one.value for one in snapshots if one.value is not None]
    left = [one.value for one in once if one.value is not None]
    if valued:
        assert (min(left), max(left)) == (min(valued), max(valued))


@given(SNAPSHOTS, st.integers(0, 3000))
def test_thinning_early_and_again_leaves_a_part_of_thinning_late_s_stretches(
    snapshots: list[Snapshot], earlier: int
) -> None:
    stepwise = thin(thin(snapshots, NOW - earlier * MINUTE))
    assert stepwise == thin(snapshots)
