"""A chain's past: read in one go or in pieces, by block or by day, beside the live reader."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.backfill import Span, backfill, find_bounds
from jobs.index_oracle import READER, index_oracle
from models.chain import Block, Cursor, DataIssue
from models.data_enums import DataIssueKind
from models.oracle import Proposal
from service.chain.book import read_book
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.errors import SourceError, UsageError
from service.store.oracle.blocks import get_cursor
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS, SCENARIOS

BOOK = read_book(CONTRACTS)
WHOLE = tuple(name for name in SCENARIOS if name[0] not in "jk")
CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))


class Killed(Exception):
    """What ends a run in the middle."""


@pytest.fixture
def node() -> Iterator[Node]:
    with ReplayNode.of("00-deployment", *WHOLE) as replay:
        circuit = Circuit("polygon_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
        made = Node("polygon_rpc", 137, [SecretStr(replay.url)], circuit)
        made.window("backfill").size = 16
        made.window("backfill").largest = 16
        yield made


def proposals(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Proposal)) or 0


def run(
    sessions: sessionmaker[Session], node: Node, span: Span, **options: object
) -> dict[str, int]:
    bounds = find_bounds(node, span)
    report = backfill(sessions, node, BOOK, CLOCK, span, bounds, **options)  # type: ignore[arg-type]  # as given
    assert report.degraded == ()
    return dict(report.counts)


def test_a_range_read_twice_adds_nothing_the_second_time(
    sessions: sessionmaker[Session], node: Node
) -> None:
    first = run(sessions, node, Span("61", "178"))
    assert first["facts_added"] > 100
    assert (first["first_block"], first["last_block"]) == (61, 178)
    assert run(sessions, node, Span("61", "178"))["facts_added"] == 0


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    sessions: sessionmaker[Session], node: Node
) -> None:
    def stop(at: int, _first: int, _last: int) -> None:
        if at > 120:
            raise Killed

    span = Span("61", "178")
    with pytest.raises(Killed):
        run(sessions, node, span, progress=stop)
    partly = proposals(sessions)
    again = run(sessions, node, span)
    assert 120 < again["resumed_at"] < 178
    assert proposals(sessions) > partly > 0
    with sessions() as session:
        assert session.scalars(select(Cursor.reader)).all() == []


def test_a_backfill_leaves_the_live_reader_where_it_is(
    sessions: sessionmaker[Session], node: Node
) -> None:
    index_oracle(sessions, (node,), BOOK, CLOCK, lookback=20)
    with sessions() as session:
        cursor = get_cursor(session, 137, READER)
    before = proposals(sessions)
    run(sessions, node, Span("1", None))
    with sessions() as session:
        assert get_cursor(session, 137, READER) == cursor
    assert proposals(sessions) > before


def test_progress_is_told_from_the_first_block_to_behind_the_last(
    sessions: sessionmaker[Session], node: Node
) -> None:
    told: list[tuple[int, int, int]] = []
    run(sessions, node, Span("61", "178"), progress=lambda *at: told.append(at))
    assert told[0] == (61, 61, 178)
    assert told[-1] == (179, 61, 178)
    assert told == sorted(told)


def test_days_are_whole_days_in_utc(node: Node) -> None:
    # Block 61 is of 2025-02-19 21:39 UTC, block 76 of 2025-02-20 03:41.
    first, last = find_bounds(node, Span("2025-02-20", "2025-02-20"))
    assert 61 < first <= 76 <= last.number
    assert last.mined_at.date() == datetime(2025, 2, 20, tzinfo=UTC).date()
    [before] = node.headers([first - 1])
    assert before.mined_at < datetime(2025, 2, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("yesterday", None, "--from yesterday: is neither a block number nor a date"),
        ("10", "5", "--from 10: begins at block 10, after block 5"),
        ("2031-01-01", None, "--from 2031-01-01: begins at block"),
        ("1", "x", "--to x: is neither"),
    ],
)
def test_a_span_that_makes_no_sense_is_named(
    node: Node, first: str, last: str | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        find_bounds(node, Span(first, last))


def test_a_backfill_that_stored_blocks_contradict_removes_nothing(
    sessions: sessionmaker[Session], node: Node
) -> None:
    index_oracle(sessions, (node,), BOOK, CLOCK)
    before = proposals(sessions)
    with sessions.begin() as session:
        session.execute(update(Block).where(Block.number == 120).values(hash=b"\xee" * 32))
    with pytest.raises(SourceError, match="block 120 as it is stored"):
        run(sessions, node, Span("119", "121"))
    assert proposals(sessions) == before
    with sessions() as session:
        kinds = session.scalars(select(DataIssue.kind).where(DataIssue.key == "137:120")).all()
        assert kinds == [DataIssueKind.NODES_DISAGREE]
