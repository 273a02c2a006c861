from hypothesis import given
from hypothesis import strategies as st

from models.enums import VotePhase
from service.protocol.rounds import RoundTime, phase_at, round_at

TIMES = st.integers(0, 2**40)


def test_a_round_known_from_the_chain_begins_and_ends_at_midnight_utc() -> None:
    # 2026-11-22 14:00 UTC lies in round 10389, in its reveal phase.
    at = 1_795_356_000
    assert (round_at(at), phase_at(at)) == (10_389, VotePhase.REVEAL)
    assert RoundTime(10_389).starts_at % 86_400 == 0


@given(TIMES)
def test_every_instant_lies_in_exactly_one_phase_of_its_round(at: int) -> None:
    time = RoundTime(round_at(at))
    assert time.starts_at <= at < time.ends_at
    assert (phase_at(at) is VotePhase.REVEAL) == (at >= time.reveal_starts_at)
    assert time.ends_at == RoundTime(time.round_id + 1).starts_at


@given(TIMES)
def test_a_round_is_over_from_the_first_second_of_the_next(at: int) -> None:
    time = RoundTime(round_at(at))
    assert not time.is_over(at)
    assert not time.is_over(time.ends_at - 1)
    assert time.is_over(time.ends_at)
