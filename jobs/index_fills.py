"""``index_fills``: trades of markets with a live proposal or dispute, from the exchanges' logs.

One request a range brings the trades of all exchanges; those of other tokens are counted and
dropped. The cursor goes forward only. What a market learned of late lacks is taken from what was
read lately (``RecentFills``) or read backwards from there, once for all such markets and within
bounds (``jobs/late_fills.py``). What stays missing, and everything where no node answers, comes
from Polymarket's Data API (``jobs/reported_fills.py``).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.fill_storing import store_fills
from jobs.late_fills import LateFills
from jobs.recent_fills import LOOK_BACK_BLOCKS, RecentFills
from jobs.reorgs import follow_fork
from jobs.reported_fills import report_fills
from jobs.storing import store_answer
from models.fill_enums import FillReading
from service.chain.archive import Capture
from service.chain.calls import fetch_finalized
from service.chain.fill_events import DecodedFills, decode_fills, token_of
from service.chain.filters import fill_filter
from service.chain.node import Node
from service.chain.reader import read_captures
from service.clock import Clock, stopwatch
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.ids import to_checksum
from service.protocol.log_position import BlockHeader
from service.store.money.fill_watches import CURSOR, Watch, begin_reading, owners_of, sync_watches
from service.store.money.fills import TokenOwner, add_undecodable_fills
from service.store.operations.sources import record_node
from service.store.oracle.blocks import forget_cursor, get_cursor, get_hash, move_cursor

# A run stops after this long and goes on at the next tick.
RUN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Run:
    """What every step of a run works with."""

    sessions: sessionmaker[Session]
    node: Node
    book: ContractBook
    recent: RecentFills
    clock: Clock
    counts: Counter[str]


def index_fills(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    client: PolymarketClient,
    book: ContractBook,
    recent: RecentFills,
    clock: Clock,
    reading: FillReading = FillReading.CHAIN,
) -> CycleReport:
    """Read on; what goes wrong with the chain degrades it alone, and the Data API stands in.

    Without a node of Polygon the Data API is all there is, as the sources say; no run is degraded
    by what was never configured.
    """
    if reading is FillReading.OFF:
        return CycleReport()
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    with sessions.begin() as session:
        watches = sync_watches(session, clock.now())
    counts["watched"] = len(watches)
    node = next((node for node in nodes if node.chain_id == POLYGON), None)
    has_chain = False
    if reading is FillReading.CHAIN and node is not None:
        lines = _read_chain(_Run(sessions, node, book, recent, clock, counts), watches)
        has_chain = not lines
        degraded += lines
    degraded += report_fills(sessions, client, clock, counts, alone=not has_chain)
    return CycleReport(dict(counts), tuple(degraded))


def _read_chain(run: _Run, watches: Sequence[Watch]) -> list[str]:
    node, lines = run.node, []
    try:
        lines = _read_on(run, watches)
    except SourceError as error:
        lines = [str(error)]
    node.complain("index_fills", "; ".join(lines) or None)
    with run.sessions.begin() as session:
        record_node(session, node.health, node.urls(), node.take_counts(), run.clock.now())
    return lines


def _read_on(run: _Run, watches: Sequence[Watch]) -> list[str]:
    elapsed = stopwatch()
    head = run.node.ask(fetch_finalized)
    run.counts["blocks_removed"] += follow_fork(run.sessions, run.node, head, run.clock.now())
    cursor = _begin(run, head, watches)
    if not watches:
        # Nothing is wanted, so nothing has to be read: what comes may begin behind the cursor.
        _skip_to(run, head, cursor)
        return []
    layouts = _Layouts()
    owners = owners_of(watches)
    for capture in _captures(run, cursor, head, owners):
        found = decode_fills(capture.logs, run.book)
        store = partial(
            _store,
            capture=capture,
            found=found,
            owners=owners,
            expected=cursor,
            at=run.clock.now(),
        )
        added = store_answer(run.sessions, run.node, run.clock, store)
        if added is None:
            # Another run reads too, or a reorg took blocks back.
            return layouts.complaints()
        _count(run.counts, capture, found, added)
        layouts.note(found)
        run.recent.add(capture.from_block, capture.to_block + 1, found.fills)
        cursor = capture.to_block + 1
        if elapsed() > RUN_SECONDS:
            return layouts.complaints()
    late = LateFills(run.sessions, run.node, run.book, run.recent, run.clock, run.counts, cursor)
    late.complete(lambda: elapsed() > RUN_SECONDS)
    return layouts.complaints()


def _captures(
    run: _Run, cursor: int, head: BlockHeader, owners: Mapping[int, TokenOwner]
) -> Iterator[Capture]:
    with run.sessions() as session:
        parent = get_hash(session, POLYGON, cursor - 1)
    return read_captures(
        run.node,
        fill_filter(run.book, POLYGON),
        cursor,
        head,
        run.node.window(CURSOR),
        parent,
        dense_blocks=0,
        # Every block has trades; only those of the blocks kept are worth a header.
        wants=lambda log: token_of(log) in owners,
    )


def _begin(run: _Run, head: BlockHeader, watches: Sequence[Watch]) -> int:
    """The next block to read; new watches are whole from there on.

    On an empty database, and after a pause longer than what is made good, reading begins at the
    head: whatever lies before is read backwards, the newest first.
    """

    def begin(session: Session) -> int:
        cursor = get_cursor(session, POLYGON, CURSOR)
        fresh = [watch.market_id for watch in watches if watch.read_from_block is None]
        if cursor is None or head.number + 1 - cursor > LOOK_BACK_BLOCKS:
            forget_cursor(session, POLYGON, CURSOR)
            cursor = head.number + 1
            move_cursor(session, POLYGON, CURSOR, expected=None, to=cursor, at=run.clock.now())
            fresh = [watch.market_id for watch in watches]
        begin_reading(session, fresh, cursor)
        return cursor

    return store_answer(run.sessions, run.node, run.clock, begin)


def _skip_to(run: _Run, head: BlockHeader, cursor: int) -> None:
    if cursor > head.number:
        return
    with run.sessions.begin() as session:
        move_cursor(
            session, POLYGON, CURSOR, expected=cursor, to=head.number + 1, at=run.clock.now()
        )


def _store(
    session: Session,
    capture: Capture,
    found: DecodedFills,
    owners: Mapping[int, TokenOwner],
    expected: int,
    at: datetime,
) -> int | None:
    """Fills and cursor move together; ``None`` and nothing where another reader moved it."""
    to = capture.to_block + 1
    if not move_cursor(session, POLYGON, CURSOR, expected=expected, to=to, at=at):
        return None
    add_undecodable_fills(session, found.undecodable, at)
    kept = [fill for fill in found.fills if fill.token_id in owners]
    return store_fills(session, capture.blocks, kept, owners)


def _count(counts: Counter[str], capture: Capture, found: DecodedFills, added: int) -> None:
    counts["blocks"] += capture.to_block - capture.from_block + 1
    counts["logs"] += len(capture.logs)
    counts["fills_added"] += added
    counts["summaries"] += found.summaries
    counts["undecodable"] += len(found.undecodable)


@dataclass(slots=True)
class _Layouts:
    """Which exchanges' logs are trades by the layouts we know, over one run."""

    _good: Counter[bytes] = field(default_factory=Counter)
    _bad: Counter[bytes] = field(default_factory=Counter)
    _reasons: dict[bytes, str] = field(default_factory=dict)

    def note(self, found: DecodedFills) -> None:
        self._good.update(fill.at.address for fill in found.fills)
        self._bad.update(log.at.address for log in found.undecodable)
        self._reasons |= {log.at.address: log.reason for log in found.undecodable}

    def complaints(self) -> list[str]:
        """A line for each exchange more of whose logs are no trade than are one."""
        return [
            f"exchange {to_checksum(address)}: {bad} logs are no trade by the layout we know, "
            f"{self._good[address]} are one; its contract may have changed "
            f"({self._reasons[address][:120]})"
            for address, bad in self._bad.items()
            if bad > self._good[address]
        ]
