"""The live reader ends where the import of the same logs ends, whatever the node does."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.export import export_rows
from jobs.index_oracle import READER, index_oracle
from models.enums import SourceState
from models.operation import Source
from service.chain.book import read_book
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.store.oracle.blocks import get_cursor
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS, SCENARIOS, read_replay
from tests.replays.expected import as_expected, trimmed

BOOK = read_book(CONTRACTS)
# One chain without gaps: j is another branch of it, k lies far above.
WHOLE = tuple(name for name in SCENARIOS if name[0] not in "jk")
CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))


def node_of(*replays: ReplayNode, chain_id: int = 137) -> Node:
    circuit = Circuit("polygon_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
    return Node("polygon_rpc", chain_id, [SecretStr(r.url) for r in replays], circuit)


def index(sessions: sessionmaker[Session], *replays: ReplayNode) -> CycleReport:
    return index_oracle(sessions, (node_of(*replays),), BOOK, CLOCK)


def questions(sessions: sessionmaker[Session]) -> dict[str, dict[str, Any]]:
    with sessions() as session:
        rows = list(export_rows(session, "questions"))
    return {row["question_id"]: json.loads(json.dumps(row)) for row in rows}


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with ReplayNode.of("00-deployment", *WHOLE) as node:
        yield node


def test_live_reading_ends_in_the_states_the_contracts_reported(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    report = index(sessions, replay)
    assert report.degraded == ()
    rows = questions(sessions)
    for name in ("a-clean", "e-fifty-fifty", "i-bulletin"):
        for question in read_replay(name)["expected"].values():
            assert as_expected(rows[question["questionID"]]) == trimmed(question)


def test_a_second_run_reads_only_what_is_new(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.head = 100
    index(sessions, replay)
    with sessions() as session:
        assert get_cursor(session, 137, READER) == 101
    assert index(sessions, replay).counts == {}
    replay.head = None
    assert index(sessions, replay).counts["facts_added"] > 0


def test_the_window_halves_until_the_node_answers(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.most_logs = 12
    assert index(sessions, replay).degraded == ()
    assert replay.asked.count("eth_getLogs") > 10
    plain = questions(sessions)
    assert len(plain) == sum(len(read_replay(name)["expected"]) for name in WHOLE)


def test_a_block_the_node_will_not_answer_alone_is_named(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.most_logs = 0
    (line,) = index(sessions, replay).degraded
    assert "alone is more than the node will answer" in line


def test_a_node_without_batches_is_asked_one_by_one(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.has_batches = False
    assert index(sessions, replay).degraded == ()
    assert questions(sessions)


class TestFaults:
    """A fault degrades the source by name; nothing is half-written and a later run mends it."""

    def check(self, sessions: sessionmaker[Session], replay: ReplayNode, reason: str) -> None:
        (line,) = index(sessions, replay).degraded
        assert reason in line
        assert "SECRET" not in line
        with sessions() as session:
            source = session.scalars(select(Source)).one()
            assert source.name == "polygon_rpc"

    def test_an_html_page(self, sessions: sessionmaker[Session], replay: ReplayNode) -> None:
        replay.raw_answers = [(200, b"<html>busy</html>")]
        self.check(sessions, replay, "not JSON")
        with sessions() as session:
            assert session.scalars(select(Source.state)).one() == SourceState.DEGRADED
        assert index(sessions, replay).degraded == ()

    def test_a_truncated_answer(self, sessions: sessionmaker[Session], replay: ReplayNode) -> None:
        replay.raw_answers = [(200, b'{"jsonrpc":"2.0","id":1,"result":"0x')]
        self.check(sessions, replay, "not JSON")

    def test_a_server_error(self, sessions: sessionmaker[Session], replay: ReplayNode) -> None:
        replay.raw_answers = [(503, b"")]
        self.check(sessions, replay, "HTTP 503")

    def test_too_many_requests(self, sessions: sessionmaker[Session], replay: ReplayNode) -> None:
        replay.raw_answers = [(429, b"slow down")]
        self.check(sessions, replay, "HTTP 429")

    def test_logs_outside_the_range(
        self, sessions: sessionmaker[Session], replay: ReplayNode
    ) -> None:
        def tamper(method: str, result: Any) -> Any:
            return (
                [dict(replay.logs[-1], blockNumber="0xffffff")]
                if method == "eth_getLogs"
                else result
            )

        replay.tamper = tamper
        self.check(sessions, replay, "gave a log of block 16777215 for")
        assert questions(sessions) == {}

    def test_the_wrong_chain(self, sessions: sessionmaker[Session], replay: ReplayNode) -> None:
        replay.chain_id = 1
        self.check(sessions, replay, "serves chain 1, not 137")

    def test_a_block_that_changed_between_two_answers(
        self, sessions: sessionmaker[Session], replay: ReplayNode
    ) -> None:
        def tamper(method: str, result: Any) -> Any:
            if method == "eth_getBlockByNumber" and result["number"] == "0x3d":
                return dict(result, hash="0x" + "33" * 32)
            return result

        replay.tamper = tamper
        self.check(sessions, replay, "changed while it was read")
        with sessions() as session:
            assert get_cursor(session, 137, READER) is None
        replay.tamper = lambda _method, result: result
        assert index(sessions, replay).degraded == ()

    def test_a_dead_url_is_passed_over_for_a_live_one(
        self, sessions: sessionmaker[Session], replay: ReplayNode
    ) -> None:
        with ReplayNode.of("a-clean") as dead:
            dead.raw_answers = [(500, b"")] * 1000
            assert index(sessions, dead, replay).degraded == ()
        assert questions(sessions)


def test_without_a_node_the_report_says_what_is_lost(sessions: sessionmaker[Session]) -> None:
    (line,) = index_oracle(sessions, (), BOOK, CLOCK).degraded
    assert "SETTLEWATCH_POLYGON_RPC_URLS" in line
    assert "Polymarket's own feed" in line
