"""``index_oracle``: the oracle's logs from a live node, up to the finalized head."""

from dataclasses import asdict

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.ingest import ingest_capture
from service.chain.reader import Window, read_captures
from service.chain.rpc import Node
from service.clock import Clock, stopwatch
from service.errors import SourceError
from service.protocol.contracts import ContractBook
from service.store.blocks import get_cursor, move_cursor
from service.store.contracts import add_book
from service.store.sources import record_health

READER = "oracle"
# How far back a first run starts: a little over a day of Polygon blocks.
FIRST_LOOKBACK = 60_000
# A run stops after this long and goes on at the next tick, so that its record stays honest.
RUN_SECONDS = 240.0


def index_oracle(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    book: ContractBook,
    clock: Clock,
) -> CycleReport:
    """Index every configured chain; a chain that does not answer degrades only itself."""
    counts: dict[str, int] = {}
    degraded: list[str] = []
    with sessions.begin() as session:
        add_book(session, book)
    for node in nodes:
        try:
            _index_chain(sessions, node, book, clock, counts)
        except SourceError as error:
            degraded.append(str(error))
    with sessions.begin() as session:
        record_health(session, [node.circuit.health for node in nodes], clock.now())
    if not nodes:
        degraded.append(
            "no RPC URL is configured: no proposer, disputer, bond or vote is known; "
            "states come from Polymarket's own feed. Set SETTLEWATCH_POLYGON_RPC_URLS."
        )
    return CycleReport(counts, tuple(degraded))


def _index_chain(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    clock: Clock,
    counts: dict[str, int],
) -> None:
    elapsed = stopwatch()
    head = node.head()
    with sessions() as session:
        cursor = get_cursor(session, node.chain_id, READER)
    start = cursor if cursor is not None else _first_block(node, book, head.number)
    window = Window()
    for capture in read_captures(node, book, start, head, window):
        # Facts and cursor move together, or not at all.
        with sessions.begin() as session:
            to = capture.to_block + 1
            if not move_cursor(
                session, node.chain_id, READER, expected=cursor, to=to, at=clock.now()
            ):
                return
            added = asdict(ingest_capture(session, capture, book, clock.now()))
        cursor = to
        for key, value in added.items():
            counts[key] = counts.get(key, 0) + value
        if elapsed() > RUN_SECONDS:
            return


def _first_block(node: Node, book: ContractBook, head: int) -> int:
    oldest = min((e.from_block for e in book.entries if e.chain_id == node.chain_id), default=0)
    return max(oldest, head - FIRST_LOOKBACK, 0)
