"""A chain that takes blocks back: what it took goes, what it has now is read, cursors fit."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs import reorgs
from jobs.check_reorgs import check_reorgs
from jobs.cycle import CycleReport
from jobs.export import export_rows
from jobs.index_oracle import READER, index_oracle
from models.chain import Block, DataIssue
from models.data_enums import DataIssueKind
from models.operation import Source
from service.chain.book import read_book
from service.chain.node import Node
from service.clock import SetClock
from service.store.oracle.blocks import get_cursor
from tests.jobs.fact_rows import fact_rows
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS
from tests.replays.expected import as_expected, trimmed

BOOK = read_book(CONTRACTS)


def index(sessions: sessionmaker[Session], node: Node) -> CycleReport:
    # From block 256 on if the first state is read first: what is before is other tests' subject.
    return index_oracle(sessions, (node,), BOOK, SetClock(NOON), lookback=8)


def questions(sessions: sessionmaker[Session]) -> dict[str, Any]:
    with sessions() as session:
        rows = list(export_rows(session, "questions"))
    return {row["question_id"]: json.loads(json.dumps(row)) for row in rows}


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with ReplayNode.view(0) as node:
        yield node


def check(sessions: sessionmaker[Session], expected: dict[str, Any]) -> None:
    rows = questions(sessions)
    assert {q["questionID"] for q in expected.values()} == set(rows)
    for question in expected.values():
        assert as_expected(rows[question["questionID"]]) == trimmed(question)


def test_after_each_state_of_a_reorganised_chain_the_questions_are_as_the_contracts_say(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    removed = []
    for number in range(6):
        expected = replay.show(number)
        report = index(sessions, node)
        assert report.degraded == ()
        removed.append(report.counts.get("blocks_removed", 0))
        check(sessions, expected)
        with sessions() as session:
            assert get_cursor(session, 137, READER) == max(replay.blocks) + 1
    assert [bool(count) for count in removed] == [False, False, True, False, True, False]
    with sessions() as session:
        counts = session.scalars(select(Source.counts)).one() or {}
    assert counts["reorgs"] == 2
    assert counts["blocks_removed"] == sum(removed)


def test_a_fork_found_late_ends_like_one_that_was_never_read(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    for number in (0, 4):
        replay.show(number)
        assert index(sessions, node).degraded == ()
    expected = replay.show(5)
    assert index(sessions, node).degraded == ()
    check(sessions, expected)


def test_blocks_above_a_shorter_chain_stay_until_it_is_known_to_be_another(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    """A node that is only behind must not cost facts."""
    node = node_of(replay)
    replay.show(3)
    index(sessions, node)
    before = fact_rows(sessions)
    replay.head = 262
    assert index(sessions, node).degraded == ()
    assert fact_rows(sessions) == before


def test_a_branch_that_parts_below_every_stored_block_is_read_from_further_down(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    index(sessions, node)
    replay.show(1)
    index(sessions, node)
    with sessions.begin() as session:
        for block in session.scalars(select(Block).where(Block.number < 268)):
            session.delete(block)
    expected = replay.show(2)
    assert index(sessions, node).counts["blocks_removed"] > 0
    rows = questions(sessions)
    for question in expected.values():
        assert as_expected(rows[question["questionID"]]) == trimmed(question)


def test_another_chain_under_the_same_id_removes_nothing(
    sessions: sessionmaker[Session], replay: ReplayNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reorgs, "DEEPEST_FORK", 3)
    monkeypatch.setattr(reorgs, "BELOW_OLDEST", 0)
    monkeypatch.setattr(reorgs, "CHUNK", 2)
    replay.show(3)
    node = node_of(replay)
    index(sessions, node)
    before = fact_rows(sessions)
    replay.blocks = {
        n: dict(b, hash=f"0xee{n:062x}", parentHash=f"0xee{n - 1:062x}") if n else b
        for n, b in replay.blocks.items()
    }
    (line,) = index(sessions, node).degraded
    assert "Nothing was removed; check the URLs" in line
    assert fact_rows(sessions) == before
    with sessions() as session:
        assert session.scalars(select(DataIssue.kind)).all() == [DataIssueKind.DEEP_FORK]


def test_a_job_that_comes_late_to_a_fork_removes_nothing_of_the_new_branch(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.show(2)
    node = node_of(replay)
    index(sessions, node)
    before = fact_rows(sessions)
    stale = (271, b"\x01" * 32)
    assert reorgs.undo_branch(sessions, node, 265, stale, NOON) == 0
    assert fact_rows(sessions) == before


def test_reader_and_check_that_run_at_once_end_where_one_of_them_would(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    """The scheduler runs both in threads, on one node; either may be first to see a fork."""
    node = node_of(replay)
    for number in (0, 1, 2, 3, 4, 5):
        expected = replay.show(number)
        with ThreadPoolExecutor(2) as threads:
            reading = [threads.submit(index, sessions, node) for _ in range(3)]
            checking = [
                threads.submit(check_reorgs, sessions, (node,), BOOK, SetClock(NOON))
                for _ in range(3)
            ]
        for run in (*reading, *checking):
            run.result()
        # Whoever lost a race left the rest to the next run.
        assert index(sessions, node).degraded == ()
        check(sessions, expected)
    with sessions() as session:
        row = session.scalars(select(Source)).one()
        kinds = session.scalars(select(DataIssue.kind)).all()
    assert (row.counts or {})["reorgs"] == 2
    assert DataIssueKind.WITHHELD_LOG not in kinds
    assert DataIssueKind.LATE_LOG not in kinds
