"""The simulator's vote at the edges of its rules: quorum, agreement, rolls, deletion, slashing."""

from service.protocol.prices import NO, YES
from service.protocol.rounds import RoundTime
from service.simulation.voting_contract import MAX_ROLLS, VoteRequest, VotingContract

UMA = 10**18
ROUND = 10_000
TIME = RoundTime(ROUND)
A, B, C = b"a" * 20, b"b" * 20, b"c" * 20


def contract(*stakes: int) -> tuple[VotingContract, VoteRequest]:
    made = VotingContract()
    for voter, stake in zip((A, B, C), stakes, strict=False):
        made.stake(TIME.starts_at - 1_000, voter, stake, voter)
    request = VoteRequest(b"YES_OR_NO_QUERY".ljust(32, b"\0"), 1, b"text", b"r" * 32, 0)
    made.add(TIME.starts_at - 500, request, b"t" * 20)
    return made, request


def after(made: VotingContract, round_id: int = ROUND) -> list[VoteRequest]:
    return made.process(RoundTime(round_id).ends_at + 24)


def test_exactly_spat_does_not_decide_and_one_wei_more_does() -> None:
    for more, price in ((0, None), (1, YES)):
        made, request = contract(65 * 10**5 * UMA + more, 35 * 10**5 * UMA - more)
        made.reveal(TIME.reveal_starts_at + 5, A, [(request, YES)])
        after(made)
        assert request.price == price


def test_exactly_gat_does_not_decide() -> None:
    for more, price in ((0, None), (1, YES)):
        made, request = contract(5_000_000 * UMA + more, 1)
        made.reveal(TIME.reveal_starts_at + 5, A, [(request, YES)])
        after(made)
        assert request.price == price


def test_a_draw_leaves_the_answer_that_led_first_and_none_above_the_threshold() -> None:
    made, request = contract(5_000_000 * UMA, 5_000_000 * UMA)
    made.reveal(TIME.reveal_starts_at + 5, A, [(request, NO)])
    made.reveal(TIME.reveal_starts_at + 9, B, [(request, YES)])
    after(made)
    assert (request.price, request.roll_count, request.round_id) == (None, 1, ROUND + 1)


def test_a_request_is_deleted_when_it_rolls_once_more_than_the_most() -> None:
    made, request = contract(10 * UMA)
    ended: list[VoteRequest] = []
    for n in range(MAX_ROLLS + 1):
        assert not request.is_deleted
        ended = after(made, ROUND + n)
    assert request.is_deleted
    assert ended == [request]
    assert not made.open


def test_stake_that_comes_after_the_first_reveal_does_not_raise_the_bar() -> None:
    made, request = contract(7_000_000 * UMA, 3_000_000 * UMA)
    made.reveal(TIME.reveal_starts_at + 5, A, [(request, YES)])
    made.stake(TIME.reveal_starts_at + 9, C, 50_000_000 * UMA, C)
    after(made)
    assert request.price == YES


def test_slashing_takes_a_thousandth_of_the_wrong_and_the_absent_for_the_right() -> None:
    made, request = contract(70 * 10**6 * UMA, 20 * 10**6 * UMA, 10 * 10**6 * UMA)
    made.reveal(TIME.reveal_starts_at + 5, A, [(request, YES)])
    made.reveal(TIME.reveal_starts_at + 9, B, [(request, NO)])
    after(made)
    assert made.stakes[B] == 20 * 10**6 * UMA - 20_000 * UMA
    assert made.stakes[C] == 10 * 10**6 * UMA - 10_000 * UMA
    assert made.stakes[A] == 70 * 10**6 * UMA + 30_000 * UMA
    applied = [words for sent in made.sent for name, words in sent.said if "Applied" in name]
    assert applied == [
        (A, 30_000 * UMA, made.stakes[A]),
        (B, -20_000 * UMA, made.stakes[B]),
        (C, -10_000 * UMA, made.stakes[C]),
    ]
