"""Recent blocks and logs are compared with the nodes once more: no bad answer costs a fact."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.check_reorgs import check_reorgs
from jobs.cycle import CycleReport
from jobs.index_chain import RECHECK
from jobs.index_oracle import READER, index_oracle
from models.chain import Block, Cursor, DataIssue
from models.data_enums import DataIssueKind
from models.enums import SourceState
from models.operation import Source
from service.chain.book import read_book
from service.chain.node import Node
from service.clock import SetClock
from service.store.oracle.blocks import get_cursor
from tests.jobs.fact_rows import fact_rows
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS

BOOK = read_book(CONTRACTS)
NAMES = ("00-deployment", "a-clean", "b-first-dispute")
HEAD = 83


@pytest.fixture
def replays() -> Iterator[tuple[ReplayNode, ReplayNode]]:
    """Two URLs of one chain."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(ReplayNode.of(*NAMES)),
            stack.enter_context(ReplayNode.of(*NAMES)),
        )


def index(sessions: sessionmaker[Session], node: Node) -> CycleReport:
    return index_oracle(sessions, (node,), BOOK, SetClock(NOON))


def check(sessions: sessionmaker[Session], node: Node) -> CycleReport:
    return check_reorgs(sessions, (node,), BOOK, SetClock(NOON))


def counts(sessions: sessionmaker[Session]) -> dict[str, int]:
    with sessions() as session:
        return session.scalars(select(Source.counts)).one() or {}


def issues(sessions: sessionmaker[Session]) -> list[DataIssue]:
    with sessions() as session:
        return list(session.scalars(select(DataIssue).where(DataIssue.block_id.is_(None))))


def without_logs_of(block: int) -> Callable[[str, Any], Any]:
    """A node that answers without the last log of a block."""

    def tamper(method: str, result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        inside = [log for log in result if log["blockNumber"] == hex(block)]
        return [log for log in result if log is not inside[-1]] if inside else result

    return tamper


def honest(_method: str, result: Any) -> Any:
    return result


@pytest.mark.parametrize("block", [69, 81])
def test_a_log_missing_from_the_first_reading_comes_with_the_second(
    sessions: sessionmaker[Session], replays: tuple[ReplayNode, ReplayNode], block: int
) -> None:
    first, second = replays
    node = node_of(first, second)
    first.tamper = second.tamper = without_logs_of(block)
    index(sessions, node)
    incomplete = fact_rows(sessions)
    first.tamper = second.tamper = honest
    report = check(sessions, node)
    assert report.degraded == ()
    assert report.counts["late_logs"] == 1
    assert counts(sessions)["late_logs"] == 1
    (issue,) = issues(sessions)
    assert issue.kind == DataIssueKind.LATE_LOG
    assert f"of block {block} was missing" in issue.reason
    found = fact_rows(sessions)
    assert sum(map(len, found.values())) == sum(map(len, incomplete.values())) + 1
    # Nothing is late twice, and nothing is read a third time.
    first.asked.clear()
    second.asked.clear()
    assert "late_logs" not in check(sessions, node).counts
    assert "eth_getLogs" not in first.asked + second.asked


def test_a_log_that_a_second_reading_lacks_is_kept_and_named(
    sessions: sessionmaker[Session], replays: tuple[ReplayNode, ReplayNode]
) -> None:
    first, second = replays
    node = node_of(first, second)
    index(sessions, node)
    before = fact_rows(sessions)
    second.tamper = without_logs_of(81)
    report = check(sessions, node)
    assert report.counts["withheld_logs"] == 1
    (issue,) = issues(sessions)
    assert issue.kind == DataIssueKind.WITHHELD_LOG
    assert "of block 81 was read before and is missing" in issue.reason
    assert fact_rows(sessions) == before


def test_the_second_reading_is_another_url_s(
    sessions: sessionmaker[Session], replays: tuple[ReplayNode, ReplayNode]
) -> None:
    first, second = replays
    node = node_of(first, second)
    index(sessions, node)
    assert "eth_getLogs" not in second.asked
    first.asked.clear()
    assert check(sessions, node).counts == {"blocks_compared": HEAD + 1}
    assert "eth_getLogs" in second.asked
    assert "eth_getLogs" not in first.asked
    with sessions() as session:
        assert get_cursor(session, 137, RECHECK) == HEAD + 1
    # The first one stays the one that is asked for what is new.
    assert node.preferred == 1


def test_a_single_url_is_asked_twice(sessions: sessionmaker[Session]) -> None:
    with ReplayNode.of(*NAMES) as only:
        node = node_of(only)
        index(sessions, node)
        assert check(sessions, node).counts == {"blocks_compared": HEAD + 1}


def test_a_fork_seen_first_by_the_check_sends_the_reader_back(
    sessions: sessionmaker[Session],
) -> None:
    with ReplayNode.view(0) as replay:
        node = node_of(replay)
        for number in (0, 1):
            replay.show(number)
            index(sessions, node)
        replay.show(2)
        assert check(sessions, node).counts["blocks_removed"] > 0
        with sessions() as session:
            assert get_cursor(session, 137, READER) == 265
        assert index(sessions, node).degraded == ()
        after = fact_rows(sessions)
    with sessions.begin() as session:
        for block in session.scalars(select(Block)):
            session.delete(block)
    with ReplayNode.view(2) as replay:
        index_from_scratch(sessions, replay)
        assert fact_rows(sessions) == after


def index_from_scratch(sessions: sessionmaker[Session], replay: ReplayNode) -> None:
    with sessions.begin() as session:
        for cursor in session.scalars(select(Cursor)):
            session.delete(cursor)
    assert index(sessions, node_of(replay)).degraded == ()


def test_an_old_block_of_another_branch_among_good_ones_is_read_again(
    sessions: sessionmaker[Session], replays: tuple[ReplayNode, ReplayNode]
) -> None:
    """A node behind a balancer may have answered from a branch that lost."""
    node = node_of(*replays)
    index(sessions, node)
    clean = fact_rows(sessions)
    with sessions.begin() as session:
        wrong = session.scalars(select(Block).where(Block.number == 70)).one()
        wrong.hash = b"\x07" * 32
    report = check(sessions, node)
    assert report.counts["blocks_removed"] > 0
    assert index(sessions, node).degraded == ()
    assert fact_rows(sessions) == clean


def test_a_url_that_reads_another_block_degrades_the_chain_and_removes_nothing(
    sessions: sessionmaker[Session], replays: tuple[ReplayNode, ReplayNode]
) -> None:
    first, second = replays
    node = node_of(first, second)
    index(sessions, node)
    before = fact_rows(sessions)
    other = "0x" + "44" * 32
    second.blocks = second.blocks | {
        70: dict(second.blocks[70], hash=other),
        71: dict(second.blocks[71], parentHash=other),
    }
    second.logs = [
        dict(log, blockHash=other) if log["blockNumber"] == hex(70) else log for log in second.logs
    ]
    (line,) = check(sessions, node).degraded
    assert "block 70 is given as" in line
    (issue,) = issues(sessions)
    assert issue.kind == DataIssueKind.NODES_DISAGREE
    assert fact_rows(sessions) == before
    with sessions() as session:
        assert session.scalars(select(Source.state)).one() == SourceState.DEGRADED


def test_before_anything_was_read_there_is_nothing_to_compare(
    sessions: sessionmaker[Session], replays: tuple[ReplayNode, ReplayNode]
) -> None:
    node = node_of(*replays)
    assert check(sessions, node) == CycleReport({}, ())
    assert replays[0].asked == []
