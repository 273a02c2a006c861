"""Both chains, each with a reader of its own; random faults end where one clean run ends."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.check_reorgs import check_reorgs
from jobs.index_chain import RECHECK
from jobs.index_oracle import index_oracle
from jobs.index_votes import READER, index_votes
from models.chain import Cursor
from models.enums import SourceState
from models.operation import Source
from service.chain.book import read_book
from service.chain.node import Node
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from tests.jobs.fact_rows import fact_rows
from tests.loopback.chain_node import NOON, node_of
from tests.loopback.faulty_node import FaultyNode
from tests.loopback.node import ReplayNode
from tests.replays import CONTRACTS, SCENARIOS

BOOK = read_book(CONTRACTS)
WHOLE = ("00-deployment", *(name for name in SCENARIOS if name[0] not in "jk"))
CLOCK = SetClock(NOON)


@pytest.fixture
def chains() -> Iterator[tuple[ReplayNode, ReplayNode]]:
    with ExitStack() as stack:
        yield (
            stack.enter_context(ReplayNode.of(*WHOLE)),
            stack.enter_context(ReplayNode.of(*WHOLE, chain_id=1)),
        )


def read(sessions: sessionmaker[Session], *nodes: Node) -> list[str]:
    lines = index_oracle(sessions, nodes, BOOK, CLOCK).degraded
    return [*lines, *index_votes(sessions, nodes, BOOK, CLOCK).degraded]


def states(sessions: sessionmaker[Session]) -> dict[str, str]:
    with sessions() as session:
        return {row.name: row.state for row in session.scalars(select(Source))}


def test_each_chain_has_a_cursor_and_a_health_of_its_own(
    sessions: sessionmaker[Session], chains: tuple[ReplayNode, ReplayNode]
) -> None:
    polygon, ethereum = chains
    polygon.raw_answers = [(502, b"")] * 50
    (line,) = read(sessions, node_of(polygon), node_of(ethereum))
    assert "polygon_rpc: URL 1: HTTP 502" in line
    assert states(sessions) == {
        "polygon_rpc": SourceState.DEGRADED,
        "ethereum_rpc": SourceState.OK,
    }
    with sessions() as session:
        cursors = {(c.chain_id, c.reader): c.next_block for c in session.scalars(select(Cursor))}
    assert cursors == {
        (1, READER): max(ethereum.blocks) + 1,
        # The second reading begins where the first did.
        (1, RECHECK): 5,
    }


def test_without_an_ethereum_node_the_report_says_what_is_lost(
    sessions: sessionmaker[Session],
) -> None:
    (line,) = index_votes(sessions, (), BOOK, CLOCK).degraded
    assert "no vote and no stake" in line
    assert "SETTLEWATCH_ETHEREUM_RPC_URLS" in line


def test_a_first_run_begins_with_the_contracts_or_so_many_blocks_before_the_head(
    sessions: sessionmaker[Session], chains: tuple[ReplayNode, ReplayNode]
) -> None:
    _, ethereum = chains
    node = node_of(ethereum)
    report = index_votes(sessions, (node,), BOOK, CLOCK, lookback=20)
    few = report.counts["logs"]
    with sessions.begin() as session:
        for cursor in session.scalars(select(Cursor)):
            session.delete(cursor)
    report = index_votes(sessions, (node,), BOOK, CLOCK)
    # A node asked for blocks before the contracts' first would not have them.
    assert report.degraded == ()
    assert report.counts["logs"] > few > 0


def test_a_chain_of_which_the_book_names_no_contract_is_not_read(
    sessions: sessionmaker[Session], chains: tuple[ReplayNode, ReplayNode]
) -> None:
    """An empty list of addresses would be taken for all addresses there are."""
    _, ethereum = chains
    book = type(BOOK)(tuple(entry for entry in BOOK.entries if entry.chain_id != 1))
    assert index_votes(sessions, (node_of(ethereum),), book, CLOCK).degraded == ()
    assert "eth_getLogs" not in ethereum.asked


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_faults_while_a_chain_grows_leave_the_rows_of_one_clean_run(
    seed: int, tmp_path: Path, chains: tuple[ReplayNode, ReplayNode]
) -> None:
    clean = _open(tmp_path / "clean.db")
    assert read(clean, *map(node_of, chains)) == []
    disturbed = _open(tmp_path / "disturbed.db")
    rng = random.Random(seed)  # noqa: S311  # draws, guards nothing
    with ExitStack() as stack:
        faulty = [stack.enter_context(FaultyNode(chain, rng)) for chain in chains]
        served = _disturb(disturbed, faulty, rng)
    assert len(served) >= 8
    nodes = [node_of(chain) for chain in chains]
    assert read(disturbed, *nodes) == []
    assert check_reorgs(disturbed, tuple(nodes), BOOK, CLOCK).degraded == ()
    assert fact_rows(disturbed) == fact_rows(clean)


def _open(path: Path) -> sessionmaker[Session]:
    engine = open_engine(f"sqlite:///{path}")
    ensure_schema(engine)
    return open_sessions(engine)


def _disturb(
    sessions: sessionmaker[Session], faulty: list[FaultyNode], rng: random.Random
) -> set[str]:
    """Many short runs on nodes of which one in three answers is spoilt, while the chains grow."""
    for node in faulty:
        node.misbehave(0.3)
    heads = [max(node.chain.blocks) for node in faulty]
    for share in range(1, 21):
        for node, head in zip(faulty, heads, strict=True):
            node.chain.head = head * share // 20
            node.chain.most_logs = rng.choice([None, 40, 200])
        # A new process each time: nothing is remembered but what is stored.
        read(sessions, *(node_of(node) for node in faulty))
    for node in faulty:
        node.chain.head = node.chain.most_logs = None
    return {name for node in faulty for name in node.served}
