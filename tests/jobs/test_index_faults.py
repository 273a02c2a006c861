"""What nodes do wrong: each fault is counted and shown, and no fact is lost or stored twice."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.index_oracle import index_oracle
from models.chain import Block, DataIssue
from models.data_enums import DataIssueKind
from models.enums import SourceState
from models.operation import Source
from service.chain import rpc
from service.chain.book import read_book
from service.chain.node import Node
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from tests.jobs.fact_rows import fact_rows
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS

BOOK = read_book(CONTRACTS)
NAMES = ("00-deployment", "a-clean", "b-first-dispute")
Rows = dict[str, list[tuple[Any, ...]]]
Misdo = Callable[[ReplayNode], None]


@pytest.fixture(scope="module")
def clean_rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows one run without faults leaves."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('clean') / 'clean.db'}")
    ensure_schema(engine)
    with ReplayNode.of(*NAMES) as replay:
        assert index(open_sessions(engine), node_of(replay)) == ()
    rows = fact_rows(open_sessions(engine))
    engine.dispose()
    assert sum(map(len, rows.values())) > 50
    return rows


@pytest.fixture
def sessions(tmp_path: Any, sqlite_template: Path) -> Iterator[sessionmaker[Session]]:
    """Nodes' faults do not depend on the database: SQLite alone, to be quick."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    engine: Engine = open_engine(f"sqlite:///{tmp_path / 'test.db'}")
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with ReplayNode.of(*NAMES) as node:
        yield node


def index(sessions: sessionmaker[Session], node: Node) -> tuple[str, ...]:
    return index_oracle(sessions, (node,), BOOK, SetClock(NOON)).degraded


def source(sessions: sessionmaker[Session]) -> Source:
    with sessions() as session:
        return session.scalars(select(Source).where(Source.name == "polygon_rpc")).one()


def on_logs(change: Callable[[list[Any]], Any]) -> Misdo:
    def misdo(replay: ReplayNode) -> None:
        replay.tamper = lambda method, result: (
            change(result) if method == "eth_getLogs" and result else result
        )

    return misdo


def on_block(number: int, **changes: str) -> Misdo:
    def misdo(replay: ReplayNode) -> None:
        replay.tamper = lambda method, result: (
            result | changes
            if method == "eth_getBlockByNumber" and result and result["number"] == hex(number)
            else result
        )

    return misdo


def raw(status: int, body: bytes) -> Misdo:
    return lambda replay: replay.raw_answers.extend([(status, body)] * 50)


def rewrite(**changes: Any) -> Misdo:
    def misdo(replay: ReplayNode) -> None:
        replay.rewrite = lambda answer: answer | changes

    return misdo


def without_result(replay: ReplayNode) -> None:
    replay.rewrite = lambda answer: {k: v for k, v in answer.items() if k != "result"}


def outside(logs: list[Any]) -> list[Any]:
    return [*logs, dict(logs[-1], blockNumber="0xffffff")]


def contradicting(logs: list[Any]) -> list[Any]:
    return [*logs, dict(logs[0], transactionHash="0x" + "33" * 32)]


# What a node does, the counter it is found under, and the words it is told in.
REFUSED: dict[str, tuple[Misdo, str, str]] = {
    "an HTML page": (raw(200, b"<html>busy</html>"), "not_json", "not JSON"),
    "a truncated answer": (raw(200, b'{"jsonrpc":"2.0","result":"0x'), "not_json", "not JSON"),
    "a server error": (raw(503, b""), "http_errors", "HTTP 503"),
    "too many requests": (raw(429, b""), "rate_limits", "HTTP 429"),
    "another call's answer": (rewrite(id=999_999), "wrong_answers", "answered call 999999"),
    "no result": (without_result, "wrong_answers", "without a result"),
    "an error": (
        rewrite(error={"code": -32000, "message": "header not found"}),
        "error_answers",
        "header not found",
    ),
    "a log outside the range": (on_logs(outside), "logs_outside_range", "a log of block 16777215"),
    "two logs of one number": (on_logs(contradicting), "wrong_answers", "gave two logs"),
    "a block that changed": (
        on_block(61, hash="0x" + "33" * 32),
        "blocks_changed",
        "block 61 changed while it was read",
    ),
    "blocks that do not link": (
        on_block(62, parentHash="0x" + "33" * 32),
        "blocks_changed",
        "block 62 does not follow",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_of_the_only_url_is_told_counted_and_mended_by_a_later_run(
    name: str, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
) -> None:
    misdo, counter, words = REFUSED[name]
    clock = SetClock(NOON)
    node = node_of(replay, clock=clock)
    misdo(replay)
    (line,) = index(sessions, node)
    assert words in line
    assert "SECRET" not in line
    found = source(sessions)
    assert found.state == SourceState.DEGRADED or found.retry_at is not None
    assert (found.counts or {})[counter] >= 1
    assert [url["number"] for url in found.urls or []] == [1]
    replay.tamper = lambda _method, result: result
    replay.rewrite = lambda answer: answer
    replay.raw_answers.clear()
    clock.advance(timedelta(minutes=5))
    assert index(sessions, node) == ()
    assert source(sessions).state == SourceState.OK
    assert fact_rows(sessions) == clean_rows


@pytest.mark.parametrize("name", REFUSED)
def test_a_fault_of_one_url_is_made_up_for_by_another_in_the_same_run(
    name: str, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
) -> None:
    misdo, counter, _ = REFUSED[name]
    with ReplayNode.of(*NAMES) as broken:
        misdo(broken)
        assert index(sessions, node_of(broken, replay)) == ()
    found = source(sessions)
    assert found.state == SourceState.OK
    assert (found.counts or {})[counter] >= 1
    first, second = found.urls or []
    assert (first["state"], second["state"]) == ("degraded", "ok") or first["retry_at"]
    assert fact_rows(sessions) == clean_rows


def test_logs_out_of_order_are_put_in_order(
    sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
) -> None:
    on_logs(lambda logs: logs[::-1])(replay)
    assert index(sessions, node_of(replay)) == ()
    assert (source(sessions).counts or {})["logs_out_of_order"] >= 1
    assert fact_rows(sessions) == clean_rows


def test_a_log_given_twice_is_stored_once(
    sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
) -> None:
    on_logs(lambda logs: [*logs, logs[0], logs[-1]])(replay)
    assert index(sessions, node_of(replay)) == ()
    assert (source(sessions).counts or {})["duplicate_logs"] >= 2
    assert fact_rows(sessions) == clean_rows


def test_a_silent_url_is_given_up_after_a_while(
    sessions: sessionmaker[Session],
    replay: ReplayNode,
    clean_rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rpc, "TIMEOUT_SECONDS", 0.3)
    replay.delays = [1.0]
    node = node_of(replay)
    (line,) = index(sessions, node)
    assert "no answer within 0.3 s" in line
    assert (source(sessions).counts or {})["timeouts"] == 1
    assert index(sessions, node) == ()
    assert fact_rows(sessions) == clean_rows


def test_a_url_that_names_a_time_is_not_asked_before_it(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    clock = SetClock(NOON)
    node = node_of(replay, clock=clock)
    replay.raw_answers, replay.raw_headers = [(429, b"")], {"Retry-After": "120"}
    index(sessions, node)
    assert source(sessions).retry_at == NOON + timedelta(seconds=120)
    clock.advance(timedelta(seconds=119))
    (line,) = index(sessions, node)
    assert "paused until" in line
    assert replay.asked == []
    clock.advance(timedelta(seconds=2))
    assert index(sessions, node) == ()


def test_a_block_with_too_many_logs_is_read_by_groups_of_topics(
    sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
) -> None:
    replay.most_logs = 2
    assert index(sessions, node_of(replay)) == ()
    counts = source(sessions).counts or {}
    assert counts["topics_split"] >= 1
    assert counts["ranges_too_wide"] >= 1
    assert fact_rows(sessions) == clean_rows


def test_more_logs_than_memory_is_given_are_read_in_smaller_ranges(
    sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
) -> None:
    node = node_of(replay)
    window = node.window("oracle")
    window.most_logs = 5
    assert index(sessions, node) == ()
    assert replay.asked.count("eth_getLogs") > 10
    assert fact_rows(sessions) == clean_rows


def test_what_a_run_learned_of_a_node_s_limits_is_kept_for_the_next(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    replay.most_logs, replay.head = 10, 70
    index(sessions, node)
    replay.head = None
    learned = node.window("oracle").size
    assert learned < 500
    assert index(sessions, node) == ()
    assert node.window("oracle").size < 500


class TestHeads:
    def test_a_url_that_lags_is_left_out_and_shown(
        self, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
    ) -> None:
        with ReplayNode.of(*NAMES, head=5) as behind:
            assert index(sessions, node_of(behind, replay)) == ()
        first = (source(sessions).urls or [])[0]
        assert first["state"] == "degraded"
        assert first["lag_blocks"] == 78
        assert fact_rows(sessions) == clean_rows

    def test_a_head_that_jumps_back_removes_nothing(
        self, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
    ) -> None:
        node = node_of(replay)
        index(sessions, node)
        replay.head = 10
        (line,) = index(sessions, node)
        assert "73 blocks behind what was already read" in line
        found = source(sessions)
        assert found.state == SourceState.DEGRADED
        assert (found.counts or {})["heads_jumped_back"] == 1
        assert (found.urls or [])[0]["reason"] == "jumped back from block 83 to 10"
        assert fact_rows(sessions) == clean_rows
        replay.head = None
        assert index(sessions, node) == ()

    def test_urls_that_contradict_each_other_stop_the_chain_at_the_block_until_they_agree(
        self, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
    ) -> None:
        with ReplayNode.of(*NAMES) as other:
            changed = {n: dict(other.blocks[n], hash=f"0x{n:064x}") for n in range(80, 84)}
            true = other.blocks
            other.blocks = true | changed
            node = node_of(replay, other)
            (line,) = index(sessions, node)
            assert "block 80 is given as" in line
            assert "until they agree" in line
            with sessions() as session:
                disagreements = select(DataIssue.key).where(
                    DataIssue.kind == DataIssueKind.NODES_DISAGREE
                )
                assert session.scalars(disagreements).all() == ["137:80"]
            assert source(sessions).state == SourceState.DEGRADED
            with sessions() as session:
                assert session.scalar(select(func.max(Block.number))) == 79
            other.blocks = true
            assert index(sessions, node) == ()
        assert source(sessions).state == SourceState.OK
        assert fact_rows(sessions) == clean_rows

    def test_two_of_three_urls_are_followed_even_where_the_third_was_believed_before(
        self, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
    ) -> None:
        with ReplayNode.of(*NAMES) as liar, ReplayNode.of(*NAMES) as other:
            true = liar.blocks
            named = {n: f"0x{n:064x}" for n in range(80, 84)}
            liar.blocks = true | {
                n: dict(true[n], hash=h, parentHash=named.get(n - 1, true[n]["parentHash"]))
                for n, h in named.items()
            }
            liar.logs = [
                dict(log, blockHash=named.get(int(log["blockNumber"], 16), log["blockHash"]))
                for log in liar.logs
            ]
            assert index(sessions, node_of(liar)) == ()
            assert fact_rows(sessions) != clean_rows
            assert index(sessions, node_of(liar, replay, other)) == ()
        assert fact_rows(sessions) == clean_rows
        found = source(sessions)
        assert found.state == SourceState.OK
        assert [url["state"] for url in found.urls or []] == ["degraded", "ok", "ok"]
        counts = found.counts or {}
        assert (counts["reorgs"], counts["outvoted_urls"]) == (1, 1)
        assert "SECRET" not in repr(found.urls)

    def test_a_url_without_the_tag_stands_in_beside_one_that_has_it(
        self, sessions: sessionmaker[Session], replay: ReplayNode, clean_rows: Rows
    ) -> None:
        with ReplayNode.of(*NAMES, knows_finalized=False) as untagged:
            assert index(sessions, node_of(untagged, replay)) == ()
        found = source(sessions)
        assert [url["state"] for url in found.urls or []] == ["ok", "ok"]
        assert "does not know `finalized`" in (found.reason or "")
        assert fact_rows(sessions) == clean_rows
