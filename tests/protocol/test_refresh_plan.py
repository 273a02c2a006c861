"""The refresh plan: what the periods cost, and what gives way."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.refresh_enums import ReadKind, RefreshState
from service.protocol.rate_limits import BUCKETS
from service.protocol.refresh_periods import (
    FASTEST_SECONDS,
    HOT,
    HOT_SECONDS,
    STRETCH_ORDER,
    Band,
    band_of,
    base_period,
    tightened,
)
from service.protocol.refresh_plan import FixedLoad, make_plan, miss_period
from service.protocol.standing_loads import standing_loads

USDC = 10**6
GROUPS = [(state, band) for state in RefreshState for band in Band]
Counts = dict[tuple[RefreshState, Band], int]


def counts_of(**numbers: int) -> Counts:
    return {(RefreshState(name), Band.MEDIUM): number for name, number in numbers.items()}


def test_the_published_case_fits_without_stretching_anything() -> None:
    plan = make_plan(counts_of(proposed=300, disputed=100, calm=49_600))
    assert plan.stretched == ()
    assert plan.overloaded == ()
    # 400 markets a minute, twenty a request; the calm ones every six hours.
    assert plan.per_minute("data_v2") == pytest.approx(
        400 / 20  # resolutions of the hot
        + 49_600 / 20 / 360
        + (400 + 49_600 / 180) / 20  # open interest
        + (300 / 15 + 100 / 30 + 49_600 / 10_080) / 20  # holders
        + (300 / 15 + 100 / 60)  # price history, a request a market
    )
    assert plan.per_minute("clob_books") == plan.per_minute("clob") < 30


def test_the_coldest_give_way_first_and_it_is_said_by_how_much() -> None:
    plan = make_plan(counts_of(proposed=400, overdue=1_000, calm=2_000_000))
    assert {group.state for group in plan.stretched} == {RefreshState.CALM}
    (books,) = [group for group in plan.stretched if group.kind is ReadKind.BOOK]
    assert books.seconds == pytest.approx(books.base_seconds * books.stretch)
    assert 2 < books.stretch < 24
    assert plan.overloaded == ()
    hot = plan.period(ReadKind.BOOK, RefreshState.PROPOSED, 50_000 * USDC, None)
    assert hot == base_period(ReadKind.BOOK, RefreshState.PROPOSED, Band.MEDIUM)


def test_what_does_not_fit_at_all_is_named_and_the_hot_stay_within_two_minutes() -> None:
    plan = make_plan(counts_of(proposed=20_000))
    assert "resolution" in plan.overloaded
    period = plan.period(ReadKind.RESOLUTION, RefreshState.PROPOSED, None, None)
    assert period == HOT_SECONDS


def test_other_loads_of_a_limit_take_their_room_first() -> None:
    room = BUCKETS["data_v2"].per_minute
    plan = make_plan(counts_of(calm=100_000), [FixedLoad("poll", "data_v2_trades", room - 5)])
    assert plan.stretched
    assert plan.per_minute("data_v2") == pytest.approx(room)
    assert plan.per_minute("data_v2_trades") == room - 5


def test_sweeps_and_polls_cost_their_pages_and_count_against_their_lines() -> None:
    counts = counts_of(proposed=400, calm=49_600)
    loads = {load.name: load.per_minute for load in standing_loads(counts)}
    assert loads["sync_markets"] == 50
    plan = make_plan(counts, standing_loads(counts))
    assert plan.per_minute("gamma_markets") == pytest.approx(50 + 5 + 20)
    assert plan.per_minute("gamma") > plan.per_minute("gamma_markets")
    assert plan.overloaded == ()


def test_reads_come_faster_towards_the_end_of_a_challenge_and_stay_hot_after_it() -> None:
    assert tightened(900, None) == 900
    assert tightened(900, 7_200) == 900
    assert tightened(900, 1_200) == 200
    assert tightened(900, 10) == FASTEST_SECONDS
    assert tightened(60, -86_400) == 60


def test_money_decides_among_the_calm_and_the_unknown_counts_as_something() -> None:
    amounts = (0, 9_999, 10_000, 100_000, 999_999, 1_000_000)
    assert [band_of(amount * USDC) for amount in amounts] == [0, 0, 1, 2, 2, 3]
    assert band_of(None) is Band.MEDIUM


@given(st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 3_000_000)))
def test_no_limit_is_planned_beyond_its_share_unless_that_is_said(counts: Counts) -> None:
    plan = make_plan(counts)
    for name, bucket in BUCKETS.items():
        if name not in plan.overloaded:
            assert plan.per_minute(name) <= bucket.per_minute * (1 + 1e-6)
    for group in plan.groups:
        assert group.seconds >= group.base_seconds
        if group.state in HOT:
            assert group.seconds <= max(HOT_SECONDS, group.base_seconds)


@given(st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 3_000_000)))
def test_nothing_warm_is_stretched_while_something_colder_of_its_kind_is_not(
    counts: Counts,
) -> None:
    plan = make_plan(counts)
    for kind in ReadKind:
        factors = [
            [g.stretch for g in plan.groups if g.kind is kind and g.state in states]
            for states in STRETCH_ORDER
        ]
        present = [level for level in factors if level]
        for colder, warmer in pairwise(present):
            if max(warmer) > 1 + 1e-9:
                assert min(colder) > 1


@given(
    st.sampled_from(list(ReadKind)),
    st.sampled_from(list(RefreshState)),
    st.sampled_from(list(Band)),
)
def test_hotter_states_and_more_money_are_never_read_later(
    kind: ReadKind, state: RefreshState, band: Band
) -> None:
    period = base_period(kind, state, band)
    if period is None:
        return
    richer = base_period(kind, state, Band(min(band + 1, Band.HUGE)))
    assert richer is not None
    assert richer <= period
    if state is not RefreshState.PROPOSED:
        hottest = base_period(kind, RefreshState.PROPOSED, band)
        assert hottest is not None
        assert hottest <= period or state is RefreshState.OVERDUE


@pytest.mark.parametrize("state", sorted([*HOT, RefreshState.OVERDUE]))
@pytest.mark.parametrize("misses", [1, 5, 50])
def test_a_hot_or_ended_market_that_is_not_answered_is_asked_within_two_minutes_all_the_same(
    state: RefreshState, misses: int
) -> None:
    assert miss_period(60.0, state, misses) == HOT_SECONDS


@given(st.floats(30, 86_400), st.integers(0, 50))
def test_backing_off_never_hurries_and_ends_somewhere(period: float, misses: int) -> None:
    for state in RefreshState:
        wait = miss_period(period, state, misses)
        assert period <= wait <= max(period, 86_400)
