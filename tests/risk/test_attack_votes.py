"""The joint draws of a round, held against the vote simulator of one request."""

from dataclasses import replace

import numpy as np
import pytest

from service.risk.attack.attack_inputs import DocketMarket, OpenedVotes, fill_terms, known
from service.risk.attack.attack_votes import draw_votes, slashed_per_winner, vote_with
from service.risk.parameters import load_parameters
from service.risk.vote_simulation import Lean, Round, simulate
from tests.risk.round_scenes import MILLION, PARAMETERS, QUICK, TERMS, market

LEANS = (Lean(0.02, 20), Lean(0.15, 6), Lean(0.45, 4))


def requests(*leans: Lean, opened: OpenedVotes | None = None) -> list[DocketMarket]:
    return [
        replace(market(str(number)), honest_error=lean, opened=opened)
        for number, lean in enumerate(leans)
    ]


@pytest.mark.parametrize("spat", [0.50, 0.65])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.66])
def test_each_requests_chances_are_those_of_its_own_simulation(share: float, spat: float) -> None:
    terms = fill_terms(replace(TERMS, spat=known(spat)), PARAMETERS)[0]
    stake = share * terms.stake
    found = vote_with(draw_votes(requests(*LEANS), terms, PARAMETERS), terms, stake)
    for row, lean in enumerate(LEANS):
        alone = simulate(
            Round(terms.stake, terms.gat, terms.spat, bloc_a=stake), lean, load_parameters()
        )
        assert found.chance[row] == pytest.approx(alone.a, abs=0.015)
        assert found.stall[row] == pytest.approx(alone.rolled, abs=0.015)


def test_a_bloc_above_spat_always_wins_and_one_that_blocks_stalls() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    votes = draw_votes(requests(*LEANS), terms, PARAMETERS)
    assert vote_with(votes, terms, 0.651 * terms.stake).won.all()
    blocking = vote_with(votes, terms, 0.40 * terms.stake)
    assert blocking.stall[0] > 0.9


def test_nothing_is_decided_without_a_quorum() -> None:
    terms = fill_terms(replace(TERMS, gat=known(24 * MILLION)), PARAMETERS)[0]
    votes = draw_votes(requests(*LEANS), terms, QUICK)
    found = vote_with(votes, terms, 0.0)
    assert found.rolled.all()


def test_wrong_answers_come_together() -> None:
    """Two requests are wrong at once far oftener than if their errors had nothing in common."""
    terms = fill_terms(replace(TERMS, spat=known(0.5)), PARAMETERS)[0]
    votes = draw_votes(requests(LEANS[2], LEANS[2]), terms, PARAMETERS)
    won = vote_with(votes, terms, 0.1 * terms.stake).won
    both, alone = (won[0] & won[1]).mean(), won[0].mean() * won[1].mean()
    assert both > alone + 0.02
    apart = draw_votes(
        requests(LEANS[2], LEANS[2]), terms, replace(PARAMETERS, error_correlation=0.0)
    )
    other = vote_with(apart, terms, 0.1 * terms.stake).won
    assert (other[0] & other[1]).mean() == pytest.approx(other[0].mean() ** 2, abs=0.02)


def test_adding_a_request_leaves_the_draws_of_the_others() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    two, three = (
        draw_votes(requests(*LEANS[:2]), terms, QUICK),
        draw_votes(requests(*LEANS), terms, QUICK),
    )
    assert np.array_equal(two.wrong, three.wrong[:2])


def test_what_a_winner_gets_of_the_slashed_is_what_is_left_over_its_votes() -> None:
    terms = fill_terms(TERMS, PARAMETERS)[0]
    stake = 0.7 * terms.stake
    votes = draw_votes(requests(Lean(0.001, 2000)), terms, QUICK)
    draws = vote_with(votes, terms, stake)
    found = slashed_per_winner(votes, draws, terms, stake)
    assert found[0] == pytest.approx(0.3 / 0.7, rel=0.01)
    never = vote_with(votes, terms, 0.0)
    assert slashed_per_winner(votes, never, terms, 0.0).tolist() == [0.0]


# 9.5 million opened for the wrong answer, 2.5 for the right one, 8 sealed: of 22 million.
OPENED = OpenedVotes(9.5e6, 2.5e6, 0.0, 8e6, opened_voters=5, sealed_voters=10)
OPENING = fill_terms(replace(TERMS, stake=known(22 * MILLION)), PARAMETERS)[0]


@pytest.mark.parametrize("spat", [0.50, 0.65])
def test_opened_votes_are_counted_as_the_requests_own_simulation_does(spat: float) -> None:
    terms = replace(OPENING, spat=spat)
    lean = Lean(0.55, 3)
    found = vote_with(draw_votes(requests(lean, opened=OPENED), terms, PARAMETERS), terms, 0.0)
    alone = simulate(
        Round(
            terms.stake, terms.gat, spat, opened_a=9.5e6, opened_b=2.5e6, sealed=8e6,
            can_seal=False, opened_voters=5, sealed_voters=10,
        ),
        lean,
        load_parameters(),
    )  # fmt: skip
    assert found.chance[0] == pytest.approx(alone.a, abs=0.005)
    assert found.stall[0] == pytest.approx(alone.rolled, abs=0.005)


def test_a_blocs_opened_stake_is_not_counted_again() -> None:
    """Of 14.3 million needed 9.5 are opened; 5 sealed by the bloc make it, opened ones do not."""
    votes = draw_votes(requests(Lean(0.001, 2000), opened=replace(OPENED, opened_voters=0)),
                       OPENING, QUICK)  # fmt: skip
    sealed = vote_with(votes, OPENING, 5e6)
    assert sealed.won.all()
    done = vote_with(votes, OPENING, 5e6, np.array([5e6]))
    assert not done.won.any()
    # No more than is sealed can still come, whatever the bloc holds.
    assert vote_with(votes, replace(OPENING, spat=0.81), 20e6).stall[0] == 1


def test_closed_requests_beside_an_opened_one_are_as_they_were() -> None:
    closed = draw_votes(requests(*LEANS), OPENING, QUICK)
    mixed = draw_votes(
        [*requests(*LEANS), replace(requests(LEANS[0], opened=OPENED)[0], request_id="o")],
        OPENING,
        QUICK,
    )
    one, two = vote_with(closed, OPENING, 9e6), vote_with(mixed, OPENING, 9e6)
    assert np.array_equal(one.won, two.won[:3])
    ratio = slashed_per_winner(mixed, two, OPENING, 9e6)
    assert np.array_equal(slashed_per_winner(closed, one, OPENING, 9e6), ratio[:3])
    # All opened and sealed wrong votes share what the rest is slashed.
    assert 0 < ratio[3] < 22 / 14.3 - 1 + 1e-9
