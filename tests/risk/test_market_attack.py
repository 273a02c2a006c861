"""One market attacked alone, beside the round it is part of."""

from dataclasses import replace

import pytest

from service.risk.attack.attack_inputs import Bloc, OpenedVotes, missing
from service.risk.attack.market_attack import MarketAttack
from service.risk.attack.round_assessment import RoundAssessmentResult, assess_round
from service.risk.vote_simulation import Lean
from tests.risk.round_scenes import MILLION, QUICK, market, round_of

BLOC = Bloc("b", 16 * MILLION, holdings={"big": 400_000}, bonds={"big": 750})
BIG, SMALL = market("big", 2e6), market("small", 3e4)


def assessed(*requests: object, bloc: Bloc = BLOC) -> RoundAssessmentResult:
    return assess_round(round_of(requests or (BIG, SMALL), [bloc]), QUICK)  # type: ignore[arg-type]


def named(found: RoundAssessmentResult, request_id: str) -> MarketAttack:
    return next(market for market in found.markets if market.request_id == request_id)


def test_a_round_of_one_market_is_that_market() -> None:
    found = assessed(BIG)
    alone = named(found, "big")
    assert alone.margin_usd is not None
    assert alone.margin_usd.mean == pytest.approx(-found.blocs[0].found.best.worth_usd)
    assert alone.margin_usd.mean == pytest.approx(found.attack_margin.mean)
    assert (alone.margin_usd.p05, alone.margin_usd.p95) == pytest.approx(
        (found.attack_margin.p05, found.attack_margin.p95), rel=0.02
    )
    assert alone.break_even_fall == pytest.approx(found.break_even_delta)
    assert alone.break_even_stake == pytest.approx(found.break_even_stake)


def test_its_value_is_what_it_wins_less_what_it_loses() -> None:
    big = named(assessed(), "big")
    assert (big.p_wrong.mean, big.p_roll.mean, big.p_wrong_honest.mean) == (1, 0, 0)
    assert big.gain_usd is not None
    assert big.gain_usd == pytest.approx(400_000 * 0.9 + 40_000 * 0.9)
    assert big.loss_usd == pytest.approx(440_000 * 0.1 + 16_000 + 750)
    won = (1 - big.p_prevented) * big.gain_usd + big.slash_income_usd + big.bond_won_usd
    assert big.value_usd == pytest.approx(won)
    assert big.acquire_lost_usd == 0


def test_together_they_pay_more_than_each_alone() -> None:
    """The fall is paid once: alone a small market costs nearly its share, never less."""
    found = assessed()
    margins = [market.margin_usd.mean for market in found.markets if market.margin_usd is not None]
    together = found.blocs[0].found.best
    assert together.damage.mean < sum(market.damage_usd for market in found.markets)
    assert together.requests == ("big", "small")
    assert -together.worth_usd < min(margins)


def test_what_is_not_known_has_no_margin() -> None:
    none = missing("feed 503")
    unpriced = replace(BIG, price=none, best_bid=none, asks=None)
    big = named(assessed(unpriced, SMALL), "big")
    assert (big.gain_usd, big.value_usd, big.margin_usd, big.break_even_fall) == (None,) * 4
    assert big.open_interest_usd == 2e6
    assert big.p_wrong.mean == 1


def test_every_chance_has_an_interval_over_how_often_honest_voters_err() -> None:
    contested = replace(BIG, honest_error=Lean(0.45, 4))
    push = Bloc("b", 4 * MILLION)
    one = named(assessed(contested, bloc=push), "big")
    for rate in (one.p_wrong, one.p_wrong_honest):
        assert 0 < rate.p05 < rate.mean < rate.p95 < 1
    # Likeliest half-way.
    assert 0 < one.p_roll.p05 < one.p_roll.mean <= one.p_roll.p95 < 1
    # A mean is known the better, the clearer the question: as if from 5 k votes.
    clear = named(assessed(replace(BIG, honest_error=Lean(0.45, 400)), bloc=push), "big")
    assert clear.p_wrong.p95 - clear.p_wrong.p05 < one.p_wrong.p95 - one.p_wrong.p05


def test_the_interval_of_a_roll_holds_what_lies_between_its_ends() -> None:
    """At either end of the error one side passes; half-way nobody does."""
    even = replace(BIG, honest_error=Lean(0.5, 2000))
    one = named(assessed(even, bloc=Bloc("b", 1.0)), "big")
    assert one.p_roll.mean == one.p_roll.p95 == 1


def test_what_is_opened_and_counted_leaves_nothing_open() -> None:
    told = OpenedVotes(wrong=16 * MILLION, right=6 * MILLION, other=0.0, sealed=0.0)
    one = named(assessed(replace(BIG, opened=told), bloc=Bloc("b", 1.0)), "big")
    assert (one.p_wrong.p05, one.p_wrong.mean, one.p_wrong.p95) == (1, 1, 1)
