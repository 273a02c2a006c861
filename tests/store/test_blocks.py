"""Blocks, heads and cursors, on both databases."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.errors import SourceError
from service.protocol.log_position import BlockHeader
from service.store.oracle.blocks import (
    add_blocks,
    first_conflict,
    get_cursor,
    get_head,
    lock_block,
    move_cursor,
    remove_blocks_from,
    rewind_cursors,
)
from tests.store.scenes import NOW, POLYGON

READER = "oracle"
ETHEREUM = 1


def header(number: int, branch: int = 0, chain_id: int = POLYGON) -> BlockHeader:
    return BlockHeader(
        chain_id,
        number,
        bytes([branch]) * 24 + number.to_bytes(8, "big"),
        bytes([branch]) * 24 + (number - 1).to_bytes(8, "big"),
        NOW + timedelta(seconds=2 * number),
    )


def move(session: Session, expected: int | None, to: int) -> bool:
    return move_cursor(session, POLYGON, READER, expected=expected, to=to, at=NOW)


def test_the_head_of_an_instant_is_the_newest_block_known_by_then(session: Session) -> None:
    add_blocks(session, [header(n) for n in range(1, 6)])
    add_blocks(session, [header(1, chain_id=ETHEREUM)])

    def head(chain_id: int, at: datetime) -> int | None:
        found = get_head(session, chain_id, at)
        return None if found is None else found.number

    # Block 3 was mined at +6 s and is known 5 s later.
    assert head(POLYGON, NOW + timedelta(seconds=10.9)) == 2
    assert head(POLYGON, NOW + timedelta(seconds=11)) == 3
    assert head(POLYGON, NOW + timedelta(seconds=6)) is None
    assert head(ETHEREUM, NOW + timedelta(seconds=781)) is None
    assert head(ETHEREUM, NOW + timedelta(seconds=782)) == 1
    assert get_head(session, POLYGON) is not None


def test_blocks_are_stored_once_and_a_conflict_is_the_lowest(session: Session) -> None:
    ids = add_blocks(session, [header(1), header(2)])
    assert add_blocks(session, [header(1), header(2)]) == ids
    assert first_conflict(session, [header(1), header(3)]) is None
    assert first_conflict(session, [header(2, 7), header(1, 7), header(9)]) == 1
    # The same number on another chain is no conflict.
    assert first_conflict(session, [header(1, 7, ETHEREUM)]) is None
    assert remove_blocks_from(session, POLYGON, 2) == 1


@pytest.mark.parametrize(("given", "conflict"), [(1, 2), (3, 2), (5, 4), (6, None)])
def test_a_stored_neighbour_of_another_branch_is_a_conflict(
    given: int, conflict: int | None, session: Session
) -> None:
    add_blocks(session, [header(2), header(4)])
    assert first_conflict(session, [header(given)]) is None
    assert first_conflict(session, [header(given, 7)]) == conflict


def test_a_cursor_moves_only_from_where_it_was_read(session: Session) -> None:
    assert not move(session, 5, 10)
    assert move(session, None, 10)
    assert not move(session, None, 20)
    assert not move(session, 9, 20)
    assert move(session, 10, 20)
    assert get_cursor(session, POLYGON, READER) == 20


def test_of_two_readers_at_one_place_only_one_moves_on(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        move(session, None, 10)
    at_once = threading.Barrier(2)
    moved: list[bool] = []

    def read() -> None:
        at_once.wait()
        with sessions.begin() as session:
            moved.append(move(session, 10, 20))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(moved) == [False, True]
    with sessions() as session:
        assert get_cursor(session, POLYGON, READER) == 20


def test_of_two_first_readers_only_one_begins(sessions: sessionmaker[Session]) -> None:
    at_once = threading.Barrier(2)
    moved: list[bool] = []

    def read(to: int) -> None:
        at_once.wait()
        with sessions.begin() as session:
            moved.append(move(session, None, to))

    threads = [threading.Thread(target=read, args=(to,)) for to in (10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(moved) == [False, True]


def test_a_fork_sends_every_reader_of_its_chain_back_and_no_other(session: Session) -> None:
    move(session, None, 100)
    move_cursor(session, ETHEREUM, READER, expected=None, to=100, at=NOW)
    rewind_cursors(session, POLYGON, 120)
    assert get_cursor(session, POLYGON, READER) == 100
    rewind_cursors(session, POLYGON, 40)
    session.expire_all()
    assert get_cursor(session, POLYGON, READER) == 40
    assert get_cursor(session, ETHEREUM, READER) == 100


def test_a_block_is_held_only_under_the_hash_it_is_stored_with(session: Session) -> None:
    add_blocks(session, [header(5)])
    assert lock_block(session, POLYGON, 5, header(5).hash)
    assert not lock_block(session, POLYGON, 5, header(5, branch=7).hash)
    remove_blocks_from(session, POLYGON, 5)
    assert not lock_block(session, POLYGON, 5, header(5).hash)


def test_of_two_readers_of_one_height_the_second_is_told_which_block_was_first(
    session: Session,
) -> None:
    add_blocks(session, [header(5), header(6)])
    # As where neither saw the other's block when it looked for conflicts.
    with pytest.raises(
        SourceError, match=r"^chain 137: another reader stored another block 6 first"
    ):
        add_blocks(session, [header(5), header(6, branch=7)])
