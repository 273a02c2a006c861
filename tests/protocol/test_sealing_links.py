"""Votes sealed within minutes of each other, round after round: the weakest link there is."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from models.wallet_enums import LinkKind
from service.protocol.log_position import LogPosition
from service.protocol.rounds import RoundTime
from service.protocol.sealing_links import (
    LEAST_ROUNDS,
    MOST_IN_RUSH,
    MOST_ROUNDS,
    Sealing,
    habits_of,
    link_sealed_together,
)

ALICE, BOB, KEY = b"\x01" * 20, b"\x02" * 20, b"\x09" * 20
LAG = timedelta(minutes=13)
RNG = np.random.default_rng(7)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def _the_same_draws() -> None:
    """In every test, whichever ran before it."""
    RNG.bit_generator.state = START


def sealing(round_id: int, voter: bytes, second: float, caller: bytes | None = None) -> Sealing:
    mined = datetime.fromtimestamp(RoundTime(round_id).starts_at + int(second), UTC)
    number = round_id * 1_000 + voter[0]
    at = LogPosition(1, number, bytes(32), 0, number.to_bytes(32, "big"), b"\xee" * 20)
    return Sealing(voter, caller or voter, round_id, at, mined, mined + LAG)


def together(
    rounds: Iterable[int], apart: float = 60, caller: bytes | None = None
) -> list[Sealing]:
    """Both at any time of the day, so many seconds apart."""
    found = []
    for round_id in rounds:
        second = float(RNG.random() * 80_000)
        found += [
            sealing(round_id, ALICE, second, caller),
            sealing(round_id, BOB, second + apart, caller),
        ]
    return found


def test_five_rounds_within_two_minutes_make_a_weak_link_with_its_logs() -> None:
    assert link_sealed_together(together(range(LEAST_ROUNDS - 1))) == []
    [link] = link_sealed_together(together(range(LEAST_ROUNDS + 3)))
    assert (link.source, link.target, link.kind) == (ALICE, BOB, LinkKind.VOTE)
    assert link.confidence == Decimal("0.15")
    # Known when the fifth was, and of the five both logs are named.
    assert link.known_at > datetime.fromtimestamp(RoundTime(LEAST_ROUNDS - 1).starts_at, UTC)
    assert link.known_at < datetime.fromtimestamp(RoundTime(LEAST_ROUNDS).starts_at, UTC)
    assert len({e.transaction for e in link.evidence}) == 10


def test_three_minutes_apart_is_not_together() -> None:
    assert link_sealed_together(together(range(20), apart=180)) == []


def test_a_common_hour_of_the_day_makes_nobody_a_pair() -> None:
    clockwork = [
        sealing(round_id, voter, 30_000 + float(RNG.random() * 60))
        for round_id in range(30)
        for voter in (ALICE, BOB)
    ]
    assert link_sealed_together(clockwork) == []


def test_one_key_for_both_says_nothing_of_their_time() -> None:
    assert link_sealed_together(together(range(20), caller=KEY)) == []


def test_a_rush_joins_nobody() -> None:
    rush = [
        sealing(round_id, bytes([number]) * 20, start + number * 4)
        for round_id in range(20)
        for start in (float(RNG.random() * 80_000),)
        for number in range(1, 31)
    ]
    assert link_sealed_together(rush) == []


def test_the_last_of_a_rush_are_no_pair_either_nor_is_who_follows_close_behind() -> None:
    """Twelve within reach of each other are no rush yet; with one more all of them are one."""
    few = [
        sealing(round_id, bytes([number]) * 20, start + number * 9)
        for round_id in range(10)
        for start in (float(RNG.random() * 80_000),)
        for number in range(1, MOST_IN_RUSH + 1)
    ]
    pairs = MOST_IN_RUSH * (MOST_IN_RUSH - 1) // 2
    assert len(link_sealed_together(few)) == pairs
    first = {one.round_id: one.second for one in few if one.voter == ALICE}
    one_more = [sealing(r, bytes([13]) * 20, second + 118) for r, second in first.items()]
    assert link_sealed_together([*few, *one_more]) == []


def test_what_was_long_ago_is_forgotten() -> None:
    """Apart for fifty rounds; then together in as many as it takes for the newest to be half."""
    apart = [
        sealing(round_id, voter, second)
        for round_id in range(MOST_ROUNDS)
        for voter, second in ((ALICE, 1_000.0 * (round_id % 80)), (BOB, 1_500 + round_id * 500.0))
    ]
    begin = range(MOST_ROUNDS, MOST_ROUNDS + MOST_ROUNDS // 2)
    [link] = link_sealed_together([*apart, *together(begin)])
    assert link.known_at > datetime.fromtimestamp(RoundTime(begin[-1]).starts_at, UTC)
    assert f"in {MOST_ROUNDS // 2} of {MOST_ROUNDS} rounds" in link.evidence[0].ground
    assert link_sealed_together([*apart, *together(begin[:-1])]) == []


def test_a_link_of_then_is_told_the_same_whatever_comes_later() -> None:
    early = together(range(20))
    assert link_sealed_together(early) == link_sealed_together(
        [*early, *together(range(20, MOST_ROUNDS + 60))]
    )


def test_habit_counts_times_across_the_newest_rounds_alone() -> None:
    """Held to counting every pair of rounds anew."""
    most = MOST_ROUNDS
    seconds = [(float(a), float(b)) for a, b in RNG.integers(0, 2_000, size=(most + 40, 2))]
    found = habits_of(seconds)
    for place in (0, 7, most - 1, most, most + 39):
        window = seconds[max(0, place + 1 - most) : place + 1]
        across = sum(abs(mine - theirs) <= 120 for mine, _ in window for _, theirs in window)
        assert found[place] == across / len(window)


def test_it_ends_when_they_are_apart_in_most_rounds() -> None:
    apart = [
        sealing(round_id, voter, float(RNG.random() * 80_000))
        for round_id in range(6, 14)
        for voter in (ALICE, BOB)
    ]
    begun, ended = link_sealed_together([*together(range(6)), *apart])
    assert begun.valid_to is None
    assert ended.valid_to is not None
    assert ended.known_at > begun.known_at


def test_strangers_of_the_last_hour_are_hardly_ever_linked() -> None:
    """Forty voters of whom each comes late in a third of sixty rounds."""
    sealings = [
        sealing(round_id, bytes([number]) * 20, second)
        for round_id in range(60)
        for number in range(1, 41)
        for second in (
            86_399 - min(80_000, RNG.exponential(3_600))
            if RNG.random() < 0.3
            else RNG.random() * 80_000,
        )
    ]
    assert link_sealed_together(sealings) == []
