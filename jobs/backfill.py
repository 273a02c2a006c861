"""``job index_oracle --from … --to …``: a chain's past, beside the live reader or without it.

A backfill has a cursor of its own, named by its range, so it resumes where it was cut off and does
not move the live reader's. Facts are inserted once, whoever reads them first. Where a
stored block contradicts what is read, the window is refused with a :class:`SourceError` and nothing
is removed.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.ingest import IngestCounts, ingest_capture
from jobs.storing import store_answer
from models.enums import IndexMode
from service.chain.archive import Capture
from service.chain.block_times import first_block_from
from service.chain.filters import filter_of
from service.chain.node import Node
from service.chain.reader import block_times, read_captures
from service.clock import Clock
from service.errors import UsageError
from service.protocol.contracts import ContractBook
from service.protocol.log_position import BlockHeader
from service.store.oracle.blocks import forget_cursor, get_cursor, move_cursor
from service.store.oracle.contracts import add_book
from service.store.oracle.indexed_ranges import add_range

WINDOW = "backfill"
# Told after each window: the next block to read, the first and the last of the range.
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Span:
    """What the command line asks for: block numbers or dates (UTC), the end optional."""

    first: str
    last: str | None

    def __post_init__(self) -> None:
        """Refuse what is neither a block nor a day, before any node is asked."""
        _day_or_block("--from", self.first)
        if self.last is not None:
            _day_or_block("--to", self.last)

    @property
    def cursor(self) -> str:
        """The name its progress is kept under."""
        return f"{WINDOW} {self.first}..{self.last or ''}"[:40]


def backfill(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    clock: Clock,
    span: Span,
    bounds: tuple[int, BlockHeader],
    mode: IndexMode = IndexMode.FULL,
    progress: Progress = lambda _next, _first, _last: None,
) -> CycleReport:
    """Read a closed range of final blocks; cut off, the same command goes on where it was."""
    first, last = bounds
    with sessions.begin() as session:
        add_book(session, book)
        cursor = get_cursor(session, node.chain_id, span.cursor)
    counts: Counter[str] = Counter(first_block=first, last_block=last.number)
    if cursor is not None:
        counts["resumed_at"] = cursor
    start = first if cursor is None else max(first, cursor)
    progress(start, first, last.number)
    wanted = filter_of(book, node.chain_id, mode)
    for capture in read_captures(node, wanted, start, last, node.window(WINDOW)):
        store = partial(
            _store,
            capture=capture,
            span=span,
            book=book,
            mode=mode,
            expected=cursor,
            at=clock.now(),
        )
        stored = store_answer(sessions, node, clock, store)
        if stored is None:
            # The same backfill runs elsewhere, or a reorg took blocks back.
            line = f"{node.source}: the backfill's cursor was moved by another run; start again"
            return CycleReport(dict(counts), (line,))
        counts.update(asdict(stored))
        cursor = capture.to_block + 1
        progress(cursor, first, last.number)
    with sessions.begin() as session:
        forget_cursor(session, node.chain_id, span.cursor)
    return CycleReport(dict(counts))


def _store(
    session: Session,
    capture: Capture,
    span: Span,
    book: ContractBook,
    mode: IndexMode,
    expected: int | None,
    at: datetime,
) -> IngestCounts | None:
    """Facts and cursor move together; ``None`` and nothing where the cursor was moved."""
    to = capture.to_block + 1
    if not move_cursor(session, capture.chain_id, span.cursor, expected=expected, to=to, at=at):
        return None
    add_range(session, capture.chain_id, capture.from_block, capture.to_block, mode)
    return ingest_capture(session, capture, book, at)


def find_bounds(node: Node, span: Span) -> tuple[int, BlockHeader]:
    """The first block of a span and its last, final one; a span that holds none is a UsageError."""
    head = node.head()
    first = _block(node, "--from", span.first, head, is_end=False)
    last = head.number
    if span.last is not None:
        last = min(last, _block(node, "--to", span.last, head, is_end=True))
    if first > last:
        raise UsageError(
            f"--from {span.first}: begins at block {first}, after block {last} where the range "
            f"ends (the chain's final head is {head.number}). Choose an earlier one."
        )
    if last == head.number:
        return first, head
    [header] = node.headers([last])
    return first, header


def _block(node: Node, option: str, text: str, head: BlockHeader, *, is_end: bool) -> int:
    """A block number, or the first block of a day (as an end: the last block of it)."""
    day = _day_or_block(option, text)
    if isinstance(day, int):
        return day
    midnight = datetime.combine(day, time.max if is_end else time.min, UTC)
    found = first_block_from(int(midnight.timestamp()), 0, head.number, block_times(node))
    if found is None:
        return head.number if is_end else head.number + 1
    return max(0, found - 1) if is_end else found


def _day_or_block(option: str, text: str) -> date | int:
    if text.isdecimal():
        return int(text)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text}: is neither a block number nor a date (YYYY-MM-DD)."
        ) from error
