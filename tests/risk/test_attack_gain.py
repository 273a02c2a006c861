"""What a wrong answer pays: books walked, holdings at their exit price, slashing, remedies."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.risk.attack.attack_gain import (
    embarrassment_of,
    prepare_docket,
    remedy_chances,
    slash_income,
    stakes_of,
    values_of,
    walk_asks,
)
from service.risk.attack.attack_inputs import (
    AskLevel,
    BadRoundInput,
    OverrideFeatures,
    fill_terms,
    fill_uma,
    known,
    missing,
)
from tests.risk.round_scenes import MILLION, PARAMETERS, TERMS, UMA, market

ASKS = (AskLevel(0.2, 100), AskLevel(0.5, 200), AskLevel(0.95, 1e6))


def test_asks_are_bought_up_to_the_highest_price_and_come_back_with_time() -> None:
    now = walk_asks(ASKS, None, PARAMETERS)
    assert (now.shares, now.paid, now.won) == (300, 120, 180)
    # Half a book a day.
    later = walk_asks(ASKS, 48, PARAMETERS)
    assert (later.shares, later.paid) == (600, 240)


def test_held_shares_count_at_the_price_they_could_be_sold_for() -> None:
    request = replace(market("r", 10_000), best_bid=known(0.3), asks=())
    docket = prepare_docket([request], PARAMETERS)
    found = stakes_of(docket, {"r": 1_000}, {"r": 750})
    assert found.gain[0] == pytest.approx(700)
    assert found.loss[0] == pytest.approx(300)
    assert (found.bond_won[0], found.bond_lost[0]) == (375, 750)


def test_nobody_holds_more_shares_than_there_are() -> None:
    docket = prepare_docket([replace(market("r", 1_000), asks=())], PARAMETERS)
    assert stakes_of(docket, {"r": 5_000}, {}).held[0] == 1_000


def test_without_a_book_depth_is_assumed_and_said() -> None:
    request = replace(market("r", 10_000, price=0.25), asks=None, best_bid=missing("no book"))
    docket = prepare_docket([request], PARAMETERS)
    assert docket.shares[0] == 400
    assert docket.bought_cost[0] == pytest.approx(400 * 0.35)
    assert docket.bid[0] == pytest.approx(0.23)
    assert {gap.name for gap in docket.assumptions} == {
        "r.best_bid",
        "r.obtainable_shares",
        "remedy.embarrassment",
        "remedy.clarified_against",
    }


def test_open_interest_that_was_not_read_is_a_share_of_volume_and_said() -> None:
    request = replace(market("r"), open_interest=missing("feed 503"), volume=known(1e6))
    docket = prepare_docket([request], PARAMETERS)
    assert docket.open_interest[0] == pytest.approx(70_000)
    assert ("r.open_interest_usd", "feed 503") in {(g.name, g.reason) for g in docket.assumptions}


def test_missing_money_stays_missing() -> None:
    nothing = missing("feed 503")
    unpriced = replace(market("a"), price=nothing, best_bid=nothing, asks=None)
    unsized = replace(market("b"), open_interest=nothing, volume=nothing)
    docket = prepare_docket([unpriced, unsized], PARAMETERS)
    assert docket.counted.tolist() == [False, False]
    # Its size is known, so it is exposed; what an attack would gain by it is not.
    assert docket.open_interest.tolist() == [100_000, 0]
    assert len(docket.warnings) == 2
    assert all("feed 503" in warning for warning in docket.warnings)


def test_a_book_read_empty_is_no_missing_book() -> None:
    empty = missing("no bids")
    docket = prepare_docket(
        [replace(market("r"), price=empty, best_bid=empty, asks=())], PARAMETERS
    )
    assert docket.counted[0]
    assert (docket.bid[0], docket.shares[0]) == (0, 0)


def test_a_request_is_listed_once() -> None:
    with pytest.raises(BadRoundInput, match="twice"):
        prepare_docket([market("r"), market("r")], PARAMETERS)


def test_remedies_grow_with_volume_and_embarrassment_up_to_their_cap() -> None:
    plain = replace(market("r"), volume=known(1e6))
    assert remedy_chances(plain, PARAMETERS) == pytest.approx((0.05, 0.15))
    # logit 0.05 + 0.6 x 2.
    assert remedy_chances(replace(plain, volume=known(1e8)), PARAMETERS)[0] == pytest.approx(
        1 / (1 + 19 * np.exp(-1.2))
    )
    loud = OverrideFeatures(embarrassment=1, clarified_against=True, resolver_gated=True)
    worst = replace(plain, volume=known(1e9), override=loud)
    assert remedy_chances(worst, PARAMETERS) == (0.5, 0.6)


@pytest.mark.parametrize(
    ("price", "expected"), [(None, None), (0.029, 1 / 3), (0.03, 0.0), (0.9, 0.0)]
)
def test_an_answer_hardly_anybody_believed_is_embarrassing_to_pay(
    price: float | None, expected: float | None
) -> None:
    assert embarrassment_of(price, PARAMETERS.remedy) == expected


def test_slashing_income_is_the_winners_part_of_what_the_others_lose() -> None:
    terms, uma = fill_terms(TERMS, PARAMETERS)[0], fill_uma(UMA, PARAMETERS)[0]
    stake = 16 * MILLION
    # The bloc alone votes wrong, so it gets all that the other 8 million lose.
    alone = slash_income(terms, uma, stake, np.array([8 / 16]), None)
    assert alone[0] == pytest.approx(8_000)
    worked = slash_income(terms, uma, 0.66 * 24 * MILLION, np.array([0.5]), 0.8)
    assert worked[0] == pytest.approx(0.001 * 0.34 * 24e6 * 0.8)


@given(chance=st.floats(0, 1), prevented=st.floats(0, 0.5))
@settings(max_examples=40)
def test_a_likelier_win_pays_more_and_a_likelier_remedy_less(
    chance: float, prevented: float
) -> None:
    docket = prepare_docket([market("r")], PARAMETERS)
    stakes = stakes_of(docket, {"r": 5_000}, {"r": 750})
    one = np.array([100.0])

    def value(p: float, om: float) -> float:
        return float(values_of(stakes, np.array([om]), np.array([p]), one, 50.0)[0])

    assert value(chance, prevented) <= value(min(1, chance + 0.1), prevented)
    assert value(chance, prevented) >= value(chance, prevented + 0.1)
    # A lost vote costs the holding, what was bought, the slash and the bond.
    assert value(0, prevented) == pytest.approx(-(5_000 * 0.1 + 2_000 * 0.1 + 50 + 750))
