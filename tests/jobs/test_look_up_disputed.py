"""The lazy mode, and the look-ups that complete what it leaves out."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from jobs.index_oracle import READER, index_oracle
from jobs.look_up_disputed import look_up_disputed
from models.chain import Block, DataIssue
from models.data_enums import DataIssueKind
from models.enums import IndexMode
from models.oracle import Dispute, PriceRequest, Proposal, Question, Settlement
from service.chain.book import read_book
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.store.oracle.blocks import get_cursor
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS, SCENARIOS, read_replay
from tests.replays.expected import as_expected, trimmed

BOOK = read_book(CONTRACTS)
WHOLE = tuple(name for name in SCENARIOS if name[0] not in "jk")
CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with ReplayNode.of("00-deployment", *WHOLE) as node:
        yield node


def node_of(replay: ReplayNode) -> Node:
    circuit = Circuit("polygon_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
    return Node("polygon_rpc", 137, [SecretStr(replay.url)], circuit)


def index_lazily(sessions: sessionmaker[Session], node: Node) -> None:
    report = index_oracle(sessions, (node,), BOOK, CLOCK, mode=IndexMode.LAZY)
    assert report.degraded == ()


def look_up(sessions: sessionmaker[Session], node: Node) -> dict[str, int]:
    report = look_up_disputed(sessions, (node,), BOOK, CLOCK)
    assert report.degraded == ()
    return dict(report.counts)


def count(sessions: sessionmaker[Session], model: type[Any]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_lazy_mode_leaves_out_the_texts_of_questions_and_keeps_every_proposal(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    index_lazily(sessions, node_of(replay))
    assert count(sessions, Question) == count(sessions, PriceRequest) == 0
    assert count(sessions, Settlement) == 0
    assert count(sessions, Proposal) > 30


def test_look_ups_make_disputed_questions_what_the_contracts_reported(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    index_lazily(sessions, node)
    for _ in range(5):
        look_up(sessions, node)
    with sessions() as session:
        rows = {row["question_id"]: row for row in export_rows(session, "questions")}
    checked = 0
    for name in ("b-first-dispute", "c-dvm-vote", "e-fifty-fifty", "g-whale-flip", "h-bloc"):
        for question in read_replay(name)["expected"].values():
            if not question["reset"]:
                continue
            row = json.loads(json.dumps(rows[question["questionID"]]))
            # An undisputed last request's Settle stays unread: only that differs.
            found, expected = as_expected(row), trimmed(question)
            if row["requests"][-1]["disputer"] is None:
                found["requests"].pop()
                expected["requests"].pop()
            assert found == expected
            checked += 1
    assert checked >= 10


def test_a_beginning_is_looked_up_once_even_if_it_is_not_there(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    index_lazily(sessions, node)
    replay.logs = [log for log in replay.logs if not log["topics"][0].startswith("0xf1679315")]
    while look_up(sessions, node).get("beginnings_found"):
        pass
    asked = len(replay.asked)
    again = look_up(sessions, node)
    assert "beginnings_found" not in again
    assert "eth_getBlockByNumber" not in replay.asked[asked:] or "blocks_searched" in again


def test_a_settlement_that_is_not_there_yet_is_searched_from_where_the_last_search_ended(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    settles = [log for log in replay.logs if log["topics"][0].startswith("0x3f384afb")]
    replay.logs = [log for log in replay.logs if log not in settles]
    index_lazily(sessions, node)
    first = look_up(sessions, node)
    assert first["blocks_searched"] > 100
    again = look_up(sessions, node)
    assert "blocks_searched" not in again
    assert count(sessions, Settlement) == 0


def stray(replay: ReplayNode, number: int) -> None:
    """Let the node give one block another hash, with its logs."""
    other = "0x" + "ee" * 32
    replay.blocks[number] = dict(replay.blocks[number], hash=other)
    replay.logs = [
        dict(log, blockHash=other) if int(log["blockNumber"], 16) == number else log
        for log in replay.logs
    ]


def stored_blocks(sessions: sessionmaker[Session]) -> set[tuple[int, bytes]]:
    with sessions() as session:
        query = select(Block.number, Block.hash).where(Block.chain_id == 137)
        return {(number, block_hash) for number, block_hash in session.execute(query)}


def test_an_odd_answer_to_a_look_up_removes_nothing_and_is_named(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    index_lazily(sessions, node)
    before = stored_blocks(sessions)
    with sessions() as session:
        cursor = get_cursor(session, 137, READER)
    for number, _ in before:
        stray(replay, number)
    (line,) = look_up_disputed(sessions, (node,), BOOK, CLOCK).degraded
    with sessions() as session:
        issue = session.scalars(
            select(DataIssue).where(DataIssue.kind == DataIssueKind.NODES_DISAGREE)
        ).one()
        assert get_cursor(session, 137, READER) == cursor
    number = int(issue.key.removeprefix("137:"))
    assert f"block {number} as it is stored" in line
    assert line == f"polygon_rpc: {issue.reason}"
    assert stored_blocks(sessions) == before
    assert count(sessions, PriceRequest) == 0


def test_what_strangers_asked_is_not_looked_up(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    node = node_of(replay)
    index_lazily(sessions, node)
    with sessions.begin() as session:
        session.execute(update(Dispute).values(requester=b"\x66" * 20))
    assert not {"beginnings_found", "beginnings_not_found"} & look_up(sessions, node).keys()
