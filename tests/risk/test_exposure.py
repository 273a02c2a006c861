"""What a wallet loses where markets are paid out wrong: sums, bounds and what binds markets."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.exposure import (
    Chance,
    MarketHolding,
    Total,
    combine_holdings,
    group_bound,
    market_exposure,
    total_exposure,
    yes_shortfall,
)

SLACK = 1e-9
EVEN = Chance(0.02, 0.01, 0.06, 0.0)


def held(name: str, yes: float, no: float = 0, **changes: object) -> MarketHolding:
    plain = MarketHolding(name, yes, no, 0.5, EVEN)
    return replace(plain, **changes)  # type: ignore[arg-type]


def total(*holdings: MarketHolding) -> Total:
    return total_exposure([market_exposure(one) for one in holdings])


def test_a_pair_of_both_outcomes_hangs_on_nothing() -> None:
    part = market_exposure(held("a", 100, 100))
    assert (part.at_stake, part.holding.value) == (0, 100)
    assert total(held("a", 100, 100)).bound == 0


def test_half_of_a_wrong_payout_that_goes_either_way_is_a_loss() -> None:
    part = market_exposure(held("a", 1_000))
    assert part.expected is not None
    assert part.expected.mean == pytest.approx(10)
    assert part.expected.p95 == pytest.approx(30)
    assert not part.is_upper_bound


def test_the_side_that_a_wrong_payout_robs_bears_it() -> None:
    robs_yes = replace(EVEN, yes_shortfall=0.02)
    yes, no = (
        market_exposure(held("a", *sizes, chance=robs_yes)).expected
        for sizes in ((1_000, 0), (0, 1_000))
    )
    assert yes is not None
    assert no is not None
    assert yes.mean == pytest.approx(20)
    assert no.mean == 0


def test_where_the_direction_is_unknown_all_of_it_counts() -> None:
    part = market_exposure(held("a", 1_000, chance=replace(EVEN, yes_shortfall=None)))
    assert part.is_upper_bound
    assert part.expected is not None
    assert part.expected.mean == pytest.approx(20)


def test_a_market_without_a_score_is_in_the_bound_and_in_no_expectation() -> None:
    found = total(held("a", 1_000, chance=None), held("b", 500))
    assert (found.unscored, found.bound) == (1, 1_500)
    assert found.expected.mean == pytest.approx(5)


@pytest.mark.parametrize("group", [None, "g"])
def test_an_unscored_market_leaves_what_it_would_raise_unknown(group: str | None) -> None:
    scored = held("b", 500, vote_round="r", group=group)
    found = total(held("a", 1_000, chance=None, vote_round="r", group=group), scored)
    assert (found.any_apart, found.any_most) == (None, None)
    # What the others give is still the least.
    assert found.any_least > 0
    assert found.worst_round is not None
    assert (found.worst_round.probability_at_most, found.worst_round.unscored) == (None, 1)
    pair = total(held("a", 9, 9, chance=None, vote_round="r", group=group), scored)
    assert pair.any_most == pytest.approx(0.01)
    assert pair.worst_round is not None
    assert pair.worst_round.probability_at_most == pytest.approx(0.01)


def test_of_an_exclusive_group_only_one_answer_is_paid() -> None:
    assert group_bound([100, 60]) == 100
    assert group_bound([100, -60]) == 160
    assert group_bound([]) == 0
    apart = total(held("a", 100), held("b", 60))
    bound = total(held("a", 100, group="g"), held("b", 60, group="g"))
    assert (apart.bound, bound.bound) == (160, 100)


def test_a_shared_round_is_worse_than_the_same_markets_apart() -> None:
    shared = total(held("a", 100, vote_round="r"), held("b", 100, vote_round="r"))
    apart = total(held("a", 100), held("b", 100))
    assert shared.expected == apart.expected
    assert shared.deviation_apart == apart.deviation_apart == apart.deviation_by_round
    # Two equal chances together are one chance of twice the loss.
    assert shared.deviation_by_round == pytest.approx(200 * math.sqrt(0.01 * 0.99))
    assert shared.worst_round is not None
    assert (shared.worst_round.loss, shared.worst_round.markets) == (200, 2)
    assert shared.worst_round.probability_at_most == pytest.approx(0.01)
    assert shared.worst_round.unscored == 0
    assert apart.worst_round is None


def test_two_wallets_that_hold_against_each_other_cancel() -> None:
    [one] = combine_holdings([held("a", 100), held("a", 0, 70)])
    assert market_exposure(one).at_stake == 30


def test_the_direction_needs_a_belief_and_an_answer() -> None:
    answers = {"Yes": 0.9, "No": 0.1, "50-50": 0.0, "none": 0.0}
    truth = {"Yes": 0.8, "No": 0.1, "50-50": 0.1}
    assert yes_shortfall(truth, answers) == pytest.approx(-0.05)
    assert yes_shortfall(None, answers) is None
    assert yes_shortfall(truth, {**answers, "none": 0.2}) is None


chances = st.builds(
    lambda p, wide, lean: Chance(p, p * (1 - wide), min(1.0, p * (1 + wide)), lean),
    st.floats(0, 0.5),
    st.floats(0, 1),
    st.none() | st.floats(-1, 1),
)
holdings = st.lists(
    st.builds(
        MarketHolding,
        st.uuids().map(str),
        st.floats(0, 1e6),
        st.floats(0, 1e6),
        st.none() | st.floats(0, 1),
        st.none() | chances,
        st.sampled_from([None, "g", "h"]),
        st.sampled_from([None, "r", "s"]),
    ),
    max_size=6,
)


@given(holdings)
def test_totals_lie_between_their_bounds(held_of: list[MarketHolding]) -> None:
    parts = [market_exposure(one) for one in held_of]
    found = total_exposure(parts)
    slack = SLACK * (1 + found.bound)
    apart = sum(part.at_stake for part in parts)
    assert 0 <= found.bound <= apart + slack
    assert 0 <= found.expected.p05 <= found.expected.mean + slack
    assert found.expected.mean <= found.expected.p95 + slack
    assert 0 <= found.deviation_apart <= found.deviation_by_round + slack
    assert found.deviation_by_round <= found.bound + slack
    lacks = any(part.expected is None and part.at_stake > 0 for part in parts)
    assert (found.any_apart is None) == (found.any_most is None) == lacks
    if found.any_apart is not None and found.any_most is not None:
        assert 0 <= found.any_least <= found.any_apart + SLACK
        assert found.any_apart <= found.any_most + SLACK
    if found.worst_round is not None:
        assert found.worst_round.loss <= found.bound + slack
        most = found.worst_round.probability_at_most
        assert most is None or 0 <= most <= 1


@given(holdings, st.floats(0, 1e6))
def test_full_sets_are_neutral(held_of: list[MarketHolding], pairs: float) -> None:
    more = [replace(one, yes=one.yes + pairs, no=one.no + pairs) for one in held_of]
    without, with_pairs = (
        total_exposure([market_exposure(one) for one in part]) for part in (held_of, more)
    )
    assert with_pairs.bound == pytest.approx(without.bound, abs=1e-6)
    assert with_pairs.expected.mean == pytest.approx(without.expected.mean, abs=1e-6)
