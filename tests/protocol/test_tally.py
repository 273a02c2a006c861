"""What the votes of a round decide: thresholds, draws, and what moves the result."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.protocol.stake import StakeLedger, fold_stake
from service.protocol.tally import (
    Answered,
    Rolled,
    RollReason,
    RoundTerms,
    Unknown,
    UnknownReason,
    count_votes,
    decide,
    freeze_round,
)
from service.protocol.vote_facts import VoteRevealed
from service.protocol.voting_parameters import ParameterHistory, VotingParameters
from tests.protocol.voting import UMA, reveal, staked

PRICES = st.sampled_from([YES, NO, HALF, TOO_EARLY])
BALLOTS = st.lists(st.tuples(PRICES, st.integers(1, 30)), max_size=12)
SHARES = st.integers(1, 10**18 - 1)
ROUND = 10_000
REVEAL_AT = ROUND * 172_800 + 90_000


def votes_of(ballots: list[tuple[int, int]]) -> list[VoteRevealed]:
    return [reveal(price, tokens, by=n) for n, (price, tokens) in enumerate(ballots, start=1)]


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[VoteRevealed], RoundTerms]:
    votes = votes_of(draw(BALLOTS))
    turnout = sum(vote.tokens for vote in votes)
    stake = turnout + draw(st.integers(0, 60))
    return votes, RoundTerms(stake, gat=draw(st.integers(1, 200)), spat=draw(SHARES))


@given(BALLOTS)
def test_every_token_is_counted_once_for_the_price_it_was_cast_for(
    ballots: list[tuple[int, int]],
) -> None:
    tally = count_votes(votes_of(ballots))
    expected: Counter[int] = Counter()
    for price, tokens in ballots:
        expected[price] += tokens
    assert dict(tally.weights) == dict(expected)
    assert tally.turnout == sum(expected.values())
    assert tally.leader_weight == max(expected.values(), default=0)


@given(rounds(), st.randoms(use_true_random=False))
def test_the_order_of_votes_decides_nothing_but_a_draw(
    given_round: tuple[list[VoteRevealed], RoundTerms], random: object
) -> None:
    votes, terms = given_round
    shuffled = list(votes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    first, second = count_votes(votes), count_votes(shuffled)
    assert dict(first.weights) == dict(second.weights)
    leaders = [price for price, weight in first.weights if weight == first.leader_weight]
    if len(leaders) == 1:
        assert decide(first, terms) == decide(second, terms)
    else:
        assert type(decide(first, terms)) is type(decide(second, terms))


@given(rounds(), st.integers(1, 50))
def test_more_votes_for_the_answer_never_undo_it(
    given_round: tuple[list[VoteRevealed], RoundTerms], tokens: int
) -> None:
    votes, terms = given_round
    before = decide(count_votes(votes), terms)
    if isinstance(before, Answered):
        more = [*votes, reveal(before.price, tokens, by=99)]
        roomy = replace(terms, stake=max(terms.stake, count_votes(more).turnout))
        if roomy == terms:
            assert decide(count_votes(more), roomy) == before


@given(rounds())
def test_an_answer_has_more_than_both_thresholds_and_a_roll_lacks_one(
    given_round: tuple[list[VoteRevealed], RoundTerms],
) -> None:
    votes, terms = given_round
    tally = count_votes(votes)
    reached = (
        sum(vote.tokens for vote in votes) > terms.gat,
        max(dict(tally.weights).values(), default=0) > terms.spat * terms.stake // 10**18,
    )
    match decide(tally, terms):
        case Answered(price):
            assert reached == (True, True)
            assert price == tally.leader
        case Rolled(RollReason.NO_QUORUM):
            assert not reached[0]
        case Rolled(RollReason.NO_AGREEMENT):
            assert reached == (True, False)
        case other:
            raise AssertionError(other)


def test_exactly_the_quorum_is_not_enough() -> None:
    terms = RoundTerms(stake=100, gat=50, spat=10**17)
    assert decide(count_votes([reveal(YES, 50)]), terms) == Rolled(RollReason.NO_QUORUM)
    assert decide(count_votes([reveal(YES, 51)]), terms) == Answered(YES)


def test_exactly_the_agreement_is_not_enough() -> None:
    terms = RoundTerms(stake=100, gat=1, spat=65 * 10**16)
    assert decide(count_votes([reveal(YES, 65)]), terms) == Rolled(RollReason.NO_AGREEMENT)
    assert decide(count_votes([reveal(YES, 66)]), terms) == Answered(YES)


def test_the_agreement_is_a_share_of_all_stake_and_not_of_the_votes() -> None:
    terms = RoundTerms(stake=100, gat=1, spat=65 * 10**16)
    assert decide(count_votes([reveal(YES, 60)]), terms) == Rolled(RollReason.NO_AGREEMENT)


def test_the_agreement_is_rounded_down() -> None:
    terms = RoundTerms(stake=3, gat=1, spat=5 * 10**17)
    assert terms.min_agreement == 1
    assert decide(count_votes([reveal(YES, 2)]), terms) == Answered(YES)


def test_of_two_prices_that_draw_the_first_to_lead_stays() -> None:
    votes = [reveal(YES, 5, by=1), reveal(HALF, 5, by=2)]
    assert count_votes(votes).leader == YES
    assert count_votes(votes[::-1]).leader == HALF


def test_a_draw_with_no_goes_to_whoever_led_before() -> None:
    assert count_votes([reveal(YES, 5, by=1), reveal(NO, 5, by=2)]).leader == YES
    assert count_votes([]).leader == NO


def test_a_round_without_votes_lacks_the_quorum_whatever_is_unknown() -> None:
    assert decide(count_votes([]), UnknownReason.STAKE) == Rolled(RollReason.NO_QUORUM)


def test_votes_that_outweigh_all_stake_say_the_ledger_is_wrong() -> None:
    terms = RoundTerms(stake=10, gat=1, spat=1)
    result = decide(count_votes([reveal(YES, 11)]), terms)
    assert result == Unknown(UnknownReason.STAKE_CONTRADICTED)


def known_parameters() -> ParameterHistory:
    return ParameterHistory(((1, 0),), (VotingParameters(gat=5, spat=6 * 10**17),))


def test_the_stake_is_frozen_at_the_first_opened_vote_of_the_round() -> None:
    ledger = fold_stake(
        [
            staked(1, 40, 40, 40, block=2, at=REVEAL_AT - 90_000),
            staked(2, 60, 60, 100, block=9, at=REVEAL_AT),
        ]
    )
    assert freeze_round(ROUND, (8, 0), ledger, known_parameters()) == RoundTerms(40, 5, 6 * 10**17)


def test_a_stake_that_comes_before_the_first_opened_vote_freezes_the_round_without_itself() -> None:
    # Its own log tells what all stake was before, even where the ledger begins with it.
    ledger = fold_stake([staked(2, 60, 60, 100, block=7, at=REVEAL_AT)])
    terms = freeze_round(ROUND, (8, 0), ledger, known_parameters())
    assert terms == RoundTerms(40, 5, 6 * 10**17)


def test_without_a_ledger_or_thresholds_the_terms_are_unknown_and_named() -> None:
    empty = StakeLedger()
    assert freeze_round(ROUND, (8, 0), empty, known_parameters()) is UnknownReason.STAKE
    ledger = fold_stake([staked(1, 40, 40, 40 * UMA, block=2, at=1)])
    assert freeze_round(ROUND, (8, 0), ledger, ParameterHistory()) is UnknownReason.PARAMETERS


def test_a_threshold_changed_after_the_freeze_does_not_count_in_the_round() -> None:
    ledger = fold_stake([staked(1, 40, 40, 40, block=2, at=1)])
    later = VotingParameters(gat=5, spat=9 * 10**17)
    parameters = ParameterHistory(((1, 0), (8, 1)), (*known_parameters().values, later))
    terms = freeze_round(ROUND, (8, 0), ledger, parameters)
    assert isinstance(terms, RoundTerms)
    assert terms.spat == 6 * 10**17
