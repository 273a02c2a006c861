"""Votes sealed within minutes of each other, round after round: the weakest link there is."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from models.wallet_enums import LinkKind
from service.protocol.log_position import LogPosition
from service.protocol.rounds import RoundTime
from service.protocol.sealing_links import LEAST_ROUNDS, Sealing, link_sealed_together

ALICE, BOB, KEY = b"\x01" * 20, b"\x02" * 20, b"\x09" * 20
LAG = timedelta(minutes=13)
RNG = np.random.default_rng(7)


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
    links = link_sealed_together(rush)
    # At its very end alone are few enough left within reach.
    assert len(links) < 80
    assert all(ALICE not in {link.source, link.target} for link in links)


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
