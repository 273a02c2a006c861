"""One reader's run over one chain: agree on a head, follow a fork, read on. Shared by the jobs."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.ingest import IngestCounts, OnConflict, ingest_capture
from jobs.provisional import read_provisional
from jobs.reorgs import follow_fork
from jobs.storing import store_answer
from models.data_enums import DataIssueKind
from models.enums import IndexMode
from service.chain.archive import Capture
from service.chain.filters import filter_of
from service.chain.heads import MOST_LAG, Disagreement, survey_heads
from service.chain.node import Node
from service.chain.reader import read_captures
from service.clock import Clock, stopwatch
from service.errors import SourceError
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.listings import Refused
from service.protocol.log_position import BlockHeader
from service.store.checks.issues import add_issue
from service.store.operations.sources import record_node
from service.store.oracle.blocks import get_cursor, get_hash, move_cursor
from service.store.oracle.contracts import add_book
from service.store.oracle.indexed_ranges import add_range
from service.store.oracle.provisional import remove_final

# A run stops after this long and goes on at the next tick, so that its record stays honest.
RUN_SECONDS = 240.0
# The cursor each chain is read with.
CURSORS = {POLYGON: "oracle", ETHEREUM: "votes"}
# How far the second reading came: each log is asked for once more (jobs/second_reading.py).
RECHECK = "recheck"


@dataclass(frozen=True, slots=True)
class Reader:
    """Which job reads which chain, and where it begins on an empty database."""

    job: str
    chain_id: int
    # How far back a first run starts, in blocks; never before the contracts were there.
    lookback: int
    # What is lost without a node, in words.
    without: str
    mode: IndexMode = IndexMode.FULL

    @property
    def name(self) -> str:
        """Its cursor's name."""
        return CURSORS[self.chain_id]


def index_chain(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    book: ContractBook,
    reader: Reader,
    clock: Clock,
) -> CycleReport:
    """Read a chain up to its final head; what goes wrong degrades this chain and no other."""
    node = next((node for node in nodes if node.chain_id == reader.chain_id), None)
    if node is None:
        return CycleReport(degraded=(reader.without,))
    with sessions.begin() as session:
        add_book(session, book)
    counts: Counter[str] = Counter()
    line: str | None = None
    try:
        line = _read_on(sessions, node, book, reader, clock, counts)
    except SourceError as error:
        line = str(error)
    node.complain(reader.job, line)
    with sessions.begin() as session:
        record_node(session, node.health, node.urls(), node.take_counts(), clock.now())
    return CycleReport(dict(counts), () if line is None else (line,))


def _read_on(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    reader: Reader,
    clock: Clock,
    counts: Counter[str],
) -> str | None:
    """Read what is new; returns what is wrong with the chain in one line, if anything."""
    elapsed = stopwatch()
    with sessions() as session:
        cursor = get_cursor(session, node.chain_id, reader.name)
    first = _first_block(book, reader, 0)
    survey = survey_heads(node, first if cursor is None else cursor - 1)
    line = note_disagreement(sessions, node, survey.disagreement, clock)
    head = survey.head
    if head is None:
        return line
    removed = follow_fork(sessions, node, head, clock.now())
    if removed:
        counts["blocks_removed"] += removed
    with sessions() as session:
        cursor = get_cursor(session, node.chain_id, reader.name)
        start = _first_block(book, reader, head.number) if cursor is None else cursor
        parent = get_hash(session, node.chain_id, start - 1)
    wanted = filter_of(book, node.chain_id, reader.mode)
    for capture in read_captures(node, wanted, start, head, node.window(reader.name), parent):
        store = partial(
            _store, capture=capture, reader=reader, book=book, expected=cursor, at=clock.now()
        )
        stored = store_answer(sessions, node, clock, store)
        if stored is None:
            break
        counts.update(asdict(stored))
        cursor = capture.to_block + 1
        if elapsed() > RUN_SECONDS:
            break
    if cursor == head.number + 1:
        counts += Counter(provisional=read_provisional(sessions, node, book, head, clock))
    return line or _behind(node, cursor, head)


def _store(
    session: Session,
    capture: Capture,
    reader: Reader,
    book: ContractBook,
    expected: int | None,
    at: datetime,
) -> IngestCounts | None:
    """Facts and cursor move together; ``None`` and nothing where another reader moved it."""
    chain_id, to = capture.chain_id, capture.to_block + 1
    if not move_cursor(session, chain_id, reader.name, expected=expected, to=to, at=at):
        return None
    if expected is None:
        # Before this nothing was read, so nothing there can be missing.
        move_cursor(session, chain_id, RECHECK, expected=None, to=capture.from_block, at=at)
    counts = ingest_capture(session, capture, book, at, OnConflict.FOLLOW)
    add_range(session, chain_id, capture.from_block, capture.to_block, reader.mode)
    remove_final(session, chain_id, capture.to_block)
    return counts


def _first_block(book: ContractBook, reader: Reader, head: int) -> int:
    oldest = min((e.from_block for e in book.entries if e.chain_id == reader.chain_id), default=0)
    return max(oldest, head - reader.lookback, 0)


def _behind(node: Node, cursor: int | None, head: BlockHeader) -> str | None:
    """A chain whose final head is well below what was read of it: its nodes are behind."""
    if cursor is None or cursor - 1 - head.number <= MOST_LAG:
        return None
    return (
        f"{node.source}: the best final head is block {head.number}, "
        f"{cursor - 1 - head.number} blocks behind what was already read"
    )


def note_disagreement(
    sessions: sessionmaker[Session], node: Node, found: Disagreement | None, clock: Clock
) -> str | None:
    """Keep a disagreement as a row; one that no majority settles is the chain's trouble."""
    if found is None:
        return None
    issue = Refused(
        DataIssueKind.NODES_DISAGREE, node.source, f"{node.chain_id}:{found.block}", found.line
    )
    with sessions.begin() as session:
        add_issue(session, issue, clock.now())
    return (
        None if found.settled else f"{node.source}: {found.line}; it is not read until they agree"
    )
