"""The joint draws of a round, held against the vote simulator of one request."""

from dataclasses import replace

import numpy as np
import pytest

from service.risk.attack_inputs import fill_terms, known
from service.risk.attack_votes import draw_votes, slashed_per_winner, vote_with
from service.risk.parameters import load_parameters
from service.risk.vote_simulation import Lean, Round, simulate
from tests.risk.round_scenes import MILLION, PARAMETERS, QUICK, TERMS

LEANS = (Lean(0.02, 20), Lean(0.15, 6), Lean(0.45, 4))


@pytest.mark.parametrize("spat", [0.50, 0.65])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.66])
def test_each_requests_chances_are_those_of_its_own_simulation(share: float, spat: float) -> None:
    terms = fill_terms(replace(TERMS, spat=known(spat)), PARAMETERS)[0]
    stake = share * terms.stake
    found = vote_with(draw_votes(LEANS, terms, PARAMETERS), terms, stake)
    for row, lean in enumerate(LEANS):
        alone = simulate(
            Round(terms.stake, terms.gat, terms.spat, bloc_a=stake), lean, load_parameters()
        )
        assert found.chance[row] == pytest.approx(alone.a, abs=0.015)
        assert found.stall[row] == pytest.approx(alone.rolled, abs=0.015)


def test_a_bloc_above_spat_always_wins_and_one_that_blocks_stalls() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    votes = draw_votes(LEANS, terms, PARAMETERS)
    assert vote_with(votes, terms, 0.651 * terms.stake).won.all()
    blocking = vote_with(votes, terms, 0.40 * terms.stake)
    assert blocking.stall[0] > 0.9


def test_nothing_is_decided_without_a_quorum() -> None:
    terms = fill_terms(replace(TERMS, gat=known(24 * MILLION)), PARAMETERS)[0]
    votes = draw_votes(LEANS, terms, QUICK)
    found = vote_with(votes, terms, 0.0)
    assert found.rolled.all()


def test_wrong_answers_come_together() -> None:
    """Two requests are wrong at once far oftener than if their errors had nothing in common."""
    terms = fill_terms(replace(TERMS, spat=known(0.5)), PARAMETERS)[0]
    votes = draw_votes((LEANS[2], LEANS[2]), terms, PARAMETERS)
    won = vote_with(votes, terms, 0.1 * terms.stake).won
    both, alone = (won[0] & won[1]).mean(), won[0].mean() * won[1].mean()
    assert both > alone + 0.02
    apart = draw_votes((LEANS[2],) * 2, terms, replace(PARAMETERS, error_correlation=0.0))
    other = vote_with(apart, terms, 0.1 * terms.stake).won
    assert (other[0] & other[1]).mean() == pytest.approx(other[0].mean() ** 2, abs=0.02)


def test_adding_a_request_leaves_the_draws_of_the_others() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    two, three = draw_votes(LEANS[:2], terms, QUICK), draw_votes(LEANS, terms, QUICK)
    assert np.array_equal(two.wrong, three.wrong[:2])


def test_what_a_winner_gets_of_the_slashed_is_what_is_left_over_its_votes() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    stake = 0.7 * terms.stake
    votes = draw_votes((Lean(0.001, 2000),), terms, QUICK)
    draws = vote_with(votes, terms, stake)
    found = slashed_per_winner(votes, draws, terms, stake)
    assert found[0] == pytest.approx(0.3 / 0.7, rel=0.01)
    never = vote_with(votes, terms, 0.0)
    assert slashed_per_winner(votes, never, terms, 0.0).tolist() == [0.0]
