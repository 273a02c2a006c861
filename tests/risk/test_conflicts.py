"""Conflicts: what pushing one's own answer is worth, and whether holders vote for their side."""

import numpy as np
import pytest

from models.enums import Outcome
from service.risk.signs.conflicts import (
    Conflict,
    HoldingState,
    PositionedVote,
    PushRole,
    WalletHolding,
    align,
    find_conflict,
)
from service.risk.signs.ring_parameters import load_ring_parameters

PRIORS = load_ring_parameters().conflict


def conflict(
    now: float | None,
    before: float | None = 0.0,
    pushed: Outcome = Outcome.YES,
    confidence: float = 1.0,
    price: float | None = None,
) -> Conflict:
    wallets = [WalletHolding("w", confidence, before, now)]
    return find_conflict("e", PushRole.VOTER, pushed, wallets, 100_000.0, PRIORS, yes_price=price)


def test_holding_the_pushed_answer_is_signed_and_a_share_of_open_interest() -> None:
    found = conflict(20_000, 20_000)

    assert (found.state, found.exposure_usd, found.added_usd) == (HoldingState.HELD, 20_000, 0)
    assert found.share_of_open_interest == pytest.approx(0.2)
    assert found.likelihood_ratio == pytest.approx(1.5)


def test_holding_against_ones_own_answer_is_no_conflict() -> None:
    found = conflict(20_000, pushed=Outcome.NO)

    assert (found.exposure_usd, found.likelihood_ratio) == (-20_000, 1.0)


def test_much_added_after_the_dispute_counts_five() -> None:
    assert conflict(20_000, 5_000).likelihood_ratio == pytest.approx(5.0)
    # No more than the floor, and what is only less of a bet against it.
    assert conflict(20_000, 10_000).likelihood_ratio == pytest.approx(1.5)
    assert conflict(100, -30_000).likelihood_ratio < 1.5


def test_what_was_held_at_the_dispute_may_be_unknown() -> None:
    found = conflict(20_000, None)

    assert found.added_usd is None
    assert found.likelihood_ratio == pytest.approx(1.5)


def test_link_counts_as_sure_as_it_is() -> None:
    assert conflict(20_000, 0, confidence=0.4).likelihood_ratio == pytest.approx(2.6)


def test_dust_is_nothing() -> None:
    found = conflict(9.99)

    assert (found.state, found.likelihood_ratio) == (HoldingState.LINKED_NONE_HELD, 1.0)


def test_never_asked_for_is_not_nothing_held() -> None:
    found = conflict(None)

    assert (found.state, found.exposure_usd) == (HoldingState.UNLINKABLE, None)


@pytest.mark.parametrize(("price", "gain"), [(0.9, -500.0), (0.1, 500.0)])
def test_half_is_pushed_against_what_the_market_believes(price: float, gain: float) -> None:
    assert conflict(1_000, 1_000, Outcome.HALF, price=price).exposure_usd == pytest.approx(gain)


def votes(rng: np.random.Generator, lean: float, requests: int = 40) -> list[PositionedVote]:
    """Each fourth voter holds Yes or No and votes for it ``lean`` more often than others do."""
    cast = []
    for request in range(requests):
        share = rng.uniform(0.2, 0.8)
        for voter in range(40):
            side = rng.integers(2) if voter % 4 == 0 else None
            chance = share if side is None else share + (lean if side == 0 else -lean)
            answer = Outcome.YES if rng.uniform() < chance else Outcome.NO
            net = None if side is None else (500.0 if side == 0 else -500.0)
            cast.append(PositionedVote(str(request), answer, net))
    return cast


def test_holders_that_vote_their_side_are_seen_with_an_interval() -> None:
    found = align(votes(np.random.default_rng(1), 0.15), PRIORS)

    assert found.p is not None
    assert found.p < 0.001
    assert found.odds_ratio is not None
    assert found.low is not None
    assert found.high is not None
    assert 1 < found.low < found.odds_ratio < found.high
    assert found.requests == 40


def test_holders_that_vote_like_others_are_seldom_seen() -> None:
    chances = [align(votes(np.random.default_rng(seed), 0.0, 20), PRIORS).p for seed in range(100)]

    seen = sum(p is not None and p <= 0.05 for p in chances)

    # Nominal 5 of 100; more than 12 has a chance of 0.2 %.
    assert seen <= 12


def test_odds_ratio_is_that_of_mantel_and_haenszel() -> None:
    # Two requests, (holders for, against, others for, against): (3, 1, 2, 4) and (2, 2, 1, 5).
    cast = []
    for request, cells in (("a", (3, 1, 2, 4)), ("b", (2, 2, 1, 5))):
        for number, (answer, net) in zip(
            cells,
            [(Outcome.YES, 50.0), (Outcome.NO, 50.0), (Outcome.YES, None), (Outcome.NO, None)],
            strict=True,
        ):
            cast += [PositionedVote(request, answer, net)] * number

    found = align(cast, PRIORS)

    assert found.odds_ratio == pytest.approx((12 / 10 + 10 / 10) / (2 / 10 + 2 / 10))
    assert (found.holders, found.with_own_position) == (8, 5)


def test_without_anybody_else_there_is_no_estimate() -> None:
    found = align([PositionedVote("a", Outcome.YES, 50.0)] * 3, PRIORS)

    assert (found.odds_ratio, found.p, found.requests) == (None, None, 0)
