"""A second reading of recent logs, by another URL where there is one, against what is stored."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.index_chain import CURSORS, RECHECK, note_disagreement
from jobs.ingest import ingest_capture
from jobs.storing import store_answer
from models.data_enums import DataIssueKind
from models.enums import IndexMode
from service.chain.archive import Capture
from service.chain.faults import Fault
from service.chain.filters import LogFilter, filter_of
from service.chain.heads import Disagreement
from service.chain.node import Node
from service.chain.reader import read_range
from service.clock import Clock
from service.errors import RangeTooWide
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.listings import Refused
from service.store.checks.issues import add_issues
from service.store.oracle.blocks import get_cursor, get_hash, move_cursor
from service.store.oracle.log_positions import Position, list_positions

# How many blocks back logs and hashes are compared: what a node may still be filling in.
RECENT_BLOCKS = 600
LATE = "was missing when the block was first read, and came with the second reading"
WITHHELD = "was read before and is missing in the second reading; its block stands, and so does it"


def read_again(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    clock: Clock,
    counts: Counter[str],
    mode: IndexMode = IndexMode.FULL,
) -> str | None:
    """Ask another URL, where there is one, for the logs that were read since the last check."""
    wanted = filter_of(book, node.chain_id, mode)
    for capture in _second_readings(sessions, node, wanted):
        differing = _unlike_stored(sessions, node, capture)
        if differing is not None:
            node.count(Fault.DISAGREEMENT)
            return note_disagreement(sessions, node, differing, clock)
        stored = partial(
            list_positions,
            chain_id=node.chain_id,
            first=capture.from_block,
            last=capture.to_block,
            addresses=wanted.addresses,
            mode=mode,
        )
        if not _reconcile(sessions, node, book, stored, capture, clock, counts):
            break
    return None


def _reconcile(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    stored: Callable[[Session], set[Position]],
    capture: Capture,
    clock: Clock,
    counts: Counter[str],
) -> bool:
    """Add what the first reading lacked, name what the second lacks; ``False`` after a rewind.

    A log whose block is still the chain's stays: a node forgets logs, a block does not.
    """
    first, last, now = capture.from_block, capture.to_block, clock.now()

    def reconcile(session: Session) -> tuple[set[Position], set[Position]] | None:
        again = get_cursor(session, node.chain_id, RECHECK)
        if (again or first) > first or not move_cursor(
            session, node.chain_id, RECHECK, expected=again, to=last + 1, at=now
        ):
            return None
        before = stored(session)
        ingest_capture(session, capture, book, now)
        after = stored(session)
        late = after - before
        withheld = before - {
            (log.at.block_number, log.at.block_hash, log.at.log_index) for log in capture.logs
        }
        add_issues(session, _issues(node, DataIssueKind.LATE_LOG, LATE, late), now)
        add_issues(session, _issues(node, DataIssueKind.WITHHELD_LOG, WITHHELD, withheld), now)
        return late, withheld

    found = store_answer(sessions, node, clock, reconcile)
    if found is None:
        return False
    counts["blocks_compared"] += last - first + 1
    for fault, positions in zip((Fault.LATE_LOG, Fault.WITHHELD_LOG), found, strict=True):
        node.count(fault, len(positions))
        if positions:
            counts[fault.value] += len(positions)
    return True


def _issues(
    node: Node, kind: DataIssueKind, reason: str, positions: set[Position]
) -> list[Refused]:
    return [
        Refused(
            kind,
            node.source,
            f"{node.chain_id}:{to_hex(block_hash)}:{index}",
            f"log {index} of block {number} {reason}",
        )
        for number, block_hash, index in sorted(positions)
    ]


def _second_readings(
    sessions: sessionmaker[Session], node: Node, wanted: LogFilter
) -> Iterator[Capture]:
    """What was read and not yet compared, at most the recent blocks, window by window."""
    with sessions() as session:
        cursor = get_cursor(session, node.chain_id, CURSORS[node.chain_id])
        again = get_cursor(session, node.chain_id, RECHECK)
    if cursor is None or not wanted.addresses:
        return
    start = max(again or 0, cursor - RECENT_BLOCKS, 0)
    window = node.window(RECHECK)
    while start < cursor:
        end = min(start + window.size, cursor) - 1
        try:
            capture = read_range(node, wanted, start, end, instead_of=node.preferred)
        except RangeTooWide:
            if start == end:
                raise
            window.halve()
            continue
        yield capture
        window.grow(end - start + 1, len(capture.logs))
        start = end + 1


def _unlike_stored(
    sessions: sessionmaker[Session], node: Node, capture: Capture
) -> Disagreement | None:
    """The first block that another URL gives otherwise than it is stored, or than the first URL.

    A block without stored logs may not be stored at all; there the first URL is asked.
    """
    with sessions() as session:
        stored = {
            block.number: get_hash(session, node.chain_id, block.number) for block in capture.blocks
        }
    unknown = [number for number, block_hash in stored.items() if block_hash is None]
    known = {number: found for number, found in stored.items() if found is not None}
    known |= {header.number: header.hash for header in node.headers(unknown)}
    for block in capture.blocks:
        if known[block.number] != block.hash:
            return Disagreement(block.number, {known[block.number]: (), block.hash: ()})
    return None
