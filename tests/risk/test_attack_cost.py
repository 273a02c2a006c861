"""What forcing or stalling takes and costs, at worked numbers and in every direction it must go."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.risk.attack.attack_cost import (
    acquire,
    bribe_floor,
    can_block,
    can_force,
    hedged_share,
    stake_to_force,
    stake_to_stall,
    token_damage,
    unhedged_value,
)
from service.risk.attack.attack_inputs import (
    BadRoundInput,
    Reading,
    Terms,
    Uma,
    fill_terms,
    fill_uma,
    known,
    missing,
)
from tests.risk.round_scenes import MILLION, PARAMETERS, TERMS, UMA

NOW = fill_terms(TERMS, PARAMETERS)[0]
LAUNCH = replace(NOW, spat=0.50)
MARKET = fill_uma(UMA, PARAMETERS)[0]


@pytest.mark.parametrize(("terms", "tokens"), [(LAUNCH, 24.0), (NOW, 44.6)])
def test_from_nothing_the_worked_stake_forces(terms: Terms, tokens: float) -> None:
    assert stake_to_force(terms) / MILLION == pytest.approx(tokens, abs=0.05)


@given(spat=st.floats(0.4, 0.9), held=st.floats(0, 20e6), herding=st.floats(0, 10e6))
@settings(max_examples=60)
def test_with_the_stake_it_lacks_a_bloc_is_just_at_spat(
    spat: float, held: float, herding: float
) -> None:
    terms = replace(NOW, spat=spat)
    more = stake_to_force(terms, held, herding)
    share = (held + herding + more) / (terms.stake + more)
    assert share >= spat - 1e-9
    assert more == 0 or share == pytest.approx(spat)


@given(turnout=st.floats(0.7, 1.0), held=st.floats(0, 6e6))
@settings(max_examples=60)
def test_with_the_stake_it_lacks_a_bloc_leaves_nobody_above_spat(
    turnout: float, held: float
) -> None:
    terms = replace(NOW, turnout=turnout)
    more = stake_to_stall(terms, held)
    others = turnout * terms.stake - held
    assert others <= terms.spat * (terms.stake + more) + 1e-3
    # What needs no more stake is what blocks by staying away.
    assert (more == 0) == (others <= terms.spat * terms.stake + 1e-6)


def test_a_share_of_exactly_spat_does_not_force_and_one_of_exactly_the_rest_blocks() -> None:
    whole = replace(NOW, stake=20 * MILLION, spat=0.5, turnout=0.75)
    assert not can_force(whole, 10 * MILLION)
    assert can_force(whole, 10 * MILLION + 1)
    assert can_block(whole, 5 * MILLION)
    assert not can_block(whole, 5 * MILLION - 1)
    # Above SPAT, yet below the quorum.
    assert not can_force(replace(whole, stake=6 * MILLION), 4 * MILLION)


def test_buying_costs_the_price_the_impact_and_the_waiting() -> None:
    found = acquire(8 * MILLION, MARKET, PARAMETERS)
    # 0.8 million a day for 7 days: 2/3 x 0.06 x sqrt(8 / 5.6).
    assert found.impact_usd == pytest.approx(8e6 * 0.04 * (8 / 5.6) ** 0.5)
    assert found.capital_usd == pytest.approx(found.purchase_usd * 0.10 * 9 / 365)
    assert found.total_usd == pytest.approx(8e6 + found.lost_usd)
    assert found.days_needed == pytest.approx(10)


def test_what_can_be_borrowed_is_not_bought() -> None:
    lent = acquire(8 * MILLION, replace(MARKET, lendable=3 * MILLION), PARAMETERS)
    assert (lent.borrowed, lent.bought) == (3 * MILLION, 5 * MILLION)
    assert lent.borrow_usd == pytest.approx(3e6 * 0.20 * 9 / 365)
    assert lent.total_usd < acquire(8 * MILLION, MARKET, PARAMETERS).total_usd


@given(tokens=st.floats(1, 5e7), price=st.floats(0.1, 50))
@settings(max_examples=40)
def test_more_stake_or_a_dearer_token_never_costs_less(tokens: float, price: float) -> None:
    here = acquire(tokens, replace(MARKET, price_usd=price), PARAMETERS)
    more = acquire(tokens * 1.1, replace(MARKET, price_usd=price), PARAMETERS)
    dearer = acquire(tokens, replace(MARKET, price_usd=price * 1.1), PARAMETERS)
    assert here.total_usd < more.total_usd
    assert here.total_usd < dearer.total_usd
    assert here.lost_usd < here.total_usd


def test_the_tokens_fall_saturates_and_a_hedge_is_bounded_by_futures() -> None:
    stake = 10 * MILLION
    futures = replace(MARKET, perp_open_interest_usd=2 * MILLION)
    assert hedged_share(stake, None, MARKET, PARAMETERS) == 0
    # A quarter of the futures, where nobody knows.
    assert hedged_share(stake, None, futures, PARAMETERS) == pytest.approx(0.05)
    assert hedged_share(stake, 0.5, futures, PARAMETERS) == pytest.approx(0.2)
    assert hedged_share(stake, 0.1, futures, PARAMETERS) == pytest.approx(0.1)
    assert hedged_share(stake, None, replace(futures, perp_open_interest_usd=1e9), PARAMETERS) == 1
    exposed = unhedged_value(stake, 0.2, futures, PARAMETERS)
    small = token_damage(exposed, 1e6, PARAMETERS)
    assert small == pytest.approx(8e6 * 0.6 * 0.00995, rel=1e-3)
    # Twice the harm does less than twice the damage, and never more than the deepest fall.
    assert small < token_damage(exposed, 2e6, PARAMETERS) < 2 * small
    assert token_damage(exposed, 1e12, PARAMETERS) == pytest.approx(0.6 * exposed)


def test_bribing_half_the_stake_costs_the_slash_it_saves() -> None:
    assert bribe_floor(LAUNCH, MARKET) == pytest.approx(12_000)
    assert bribe_floor(LAUNCH, MARKET, held=12 * MILLION) == 0


def test_what_was_not_read_is_filled_in_and_reported_with_the_reason() -> None:
    terms, gaps = fill_terms(replace(TERMS, stake=missing("node down")), PARAMETERS)
    assert terms.stake == 24 * MILLION
    assert [(gap.name, gap.tag, gap.reason) for gap in gaps] == [
        ("default.stake", "A", "node down")
    ]
    _, none = fill_uma(UMA, PARAMETERS)
    assert none == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Reading(None),
        lambda: Reading(1.0, "and a reason"),
        lambda: known(-1.0),
        lambda: known(float("nan")),
        lambda: fill_terms(replace(TERMS, spat=known(1.0)), PARAMETERS),
        lambda: fill_terms(replace(TERMS, stake=known(0.0)), PARAMETERS),
        lambda: fill_uma(replace(UMA, price_usd=known(0.0)), PARAMETERS),
    ],
)
def test_inputs_that_cannot_be_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(BadRoundInput):
        make()


def test_every_assumption_is_listed_with_its_source() -> None:
    listed = {row.name: row for row in PARAMETERS.assumptions}
    assert {"damage.deepest", "override.base", "attempt.intercept"} <= set(listed)
    assert all(row.tag == "A" and row.source for row in listed.values())
    assert "damage.log_sd" in listed
    assert not any(name.startswith("default.") for name in listed)


def test_uma_without_a_market_is_assumed_and_said() -> None:
    none = missing("both price sources failed")
    filled, gaps = fill_uma(replace(UMA, price_usd=none, daily_volume=none), PARAMETERS)
    assert isinstance(filled, Uma)
    assert {gap.name for gap in gaps} == {"default.uma_price_usd", "default.uma_daily_volume"}
