"""Trades in memory: whole blocks, without a gap, and no more than they may be."""

from jobs.recent_fills import LOOK_BACK_BLOCKS, RecentFills
from models.fill_enums import FillSide
from service.protocol.fills import Fill
from service.protocol.log_position import LogPosition


def fill(block: int, token: int = 1) -> Fill:
    at = LogPosition(137, block, bytes(32), 0, bytes(32), b"\xe1" * 20)
    return Fill(at, token, FillSide.BUY, 1, 1, bytes(20), bytes(20))


def blocks(recent: RecentFills, first: int = 0, token: int = 1) -> list[int]:
    return [one.at.block_number for one in recent.list({token}, first)]


def test_only_wanted_tokens_come_back_and_only_from_a_block_on() -> None:
    recent = RecentFills()
    recent.add(10, 20, [fill(11), fill(12, 2), fill(15), fill(19)])
    assert recent.first_block(20) == 10
    assert blocks(recent, 12) == [15, 19]


def test_a_gap_or_a_rewound_cursor_leaves_nothing_of_what_was_before() -> None:
    recent = RecentFills()
    recent.add(10, 20, [fill(11)])
    assert recent.first_block(15) == 15
    recent.add(30, 40, [fill(31)])
    assert (recent.first_block(40), blocks(recent)) == (30, [31])
    recent.add(35, 45, [fill(36)])
    assert (recent.first_block(45), blocks(recent)) == (35, [36])


def test_what_is_old_goes() -> None:
    recent = RecentFills(blocks=20)
    recent.add(0, 20, [fill(n) for n in range(20)])
    recent.add(20, 30, [])
    assert (recent.first_block(30), blocks(recent)) == (10, list(range(10, 20)))


def test_a_block_cut_through_by_the_limit_goes_whole() -> None:
    recent = RecentFills(most=2)
    recent.add(0, 10, [fill(1), fill(1), fill(2), fill(2), fill(3)])
    assert (recent.first_block(10), blocks(recent)) == (3, [3])


def test_reading_back_is_paid_for_by_reading_on() -> None:
    recent = RecentFills()
    recent.allowance = 0
    recent.add(0, 50, [])
    assert recent.allowance == 50
    recent.add(50, 10**6, [])
    assert recent.allowance == LOOK_BACK_BLOCKS
