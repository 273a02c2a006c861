"""One market attacked alone, beside the round it is part of."""

from dataclasses import replace

import pytest

from service.risk.attack_inputs import Bloc, missing
from service.risk.market_attack import MarketAttack
from service.risk.round_assessment import RoundAssessmentResult, assess_round
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
    assert (big.p_wrong, big.p_roll, big.p_wrong_honest) == (1, 0, 0)
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
    assert big.p_wrong == 1
