"""What stands above the final head: kept apart, replaced each run, gone when it is final."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.index_votes import index_votes
from models.provisional import ProvisionalFact
from models.voting import Reveal
from service.chain.book import read_book
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.protocol.vote_facts import VoteRevealed
from service.store.oracle.provisional import list_provisional
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS, read_replay

BOOK = read_book(CONTRACTS)
CLOCK = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
NAMES = ("00-deployment", "b-first-dispute", "c-dvm-vote")
REVEALED = "0x97fd2ce926defea5c438a5e8084209a81af5ad8539d8198af200a52e0b7b374c"


@pytest.fixture
def replay() -> Iterator[ReplayNode]:
    with ReplayNode.of(*NAMES, chain_id=1) as node:
        yield node


def reveal_blocks() -> list[int]:
    logs = read_replay("c-dvm-vote")["chains"]["1"]["logs"]
    return sorted({int(log["blockNumber"], 16) for log in logs if log["topics"][0] == REVEALED})


def run(sessions: sessionmaker[Session], replay: ReplayNode) -> dict[str, int]:
    circuit = Circuit("ethereum_rpc", CLOCK, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
    node = Node("ethereum_rpc", 1, [SecretStr(replay.url)], circuit)
    report = index_votes(sessions, (node,), BOOK, CLOCK)
    assert report.degraded == ()
    return dict(report.counts)


def count(sessions: sessionmaker[Session], model: type[Reveal | ProvisionalFact]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_votes_above_the_final_head_are_provisional_and_no_fact(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    blocks = reveal_blocks()
    replay.final, replay.head = blocks[0] - 1, blocks[-1]
    counts = run(sessions, replay)
    with sessions() as session:
        votes = [d.fact for d in list_provisional(session) if isinstance(d.fact, VoteRevealed)]
    before = count(sessions, Reveal)
    assert len({(v.voter, v.key.request_id) for v in votes}) == len(votes) > 10
    assert counts["provisional"] >= len(votes)

    replay.final = blocks[-1]
    run(sessions, replay)
    assert count(sessions, ProvisionalFact) == 0
    assert count(sessions, Reveal) == before + len(votes)


def test_a_vote_the_chain_took_back_before_it_was_final_leaves_nothing(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    blocks = reveal_blocks()
    replay.final, replay.head = blocks[0] - 1, blocks[-1]
    run(sessions, replay)
    replay.head = blocks[0] - 1
    run(sessions, replay)
    assert count(sessions, ProvisionalFact) == 0


def test_what_is_provisional_does_not_grow_while_the_chain_stands(
    sessions: sessionmaker[Session], replay: ReplayNode
) -> None:
    replay.final = reveal_blocks()[0] - 1
    first = run(sessions, replay)["provisional"]
    assert run(sessions, replay)["provisional"] == first == count(sessions, ProvisionalFact)
