"""Trades of markets learned of late: from what was read lately, then backwards through the logs.

A block of the past is read once for all markets that lack it, the newest first, so that each
market's stored trades have no hole between its beginning and the cursor. How much is read twice
by this is bounded: no more blocks than were read forwards meanwhile, and none older than the
look-back.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session, sessionmaker

from jobs.fill_storing import store_fills
from jobs.recent_fills import LOOK_BACK_BLOCKS, RecentFills
from jobs.storing import store_answer
from service.chain.archive import Capture
from service.chain.fill_events import decode_fills, token_of
from service.chain.filters import fill_filter
from service.chain.node import Node
from service.chain.reader import read_range
from service.clock import Clock
from service.errors import RangeTooWide
from service.protocol.contracts import ContractBook
from service.protocol.fills import Fill
from service.protocol.finality import POLYGON
from service.protocol.log_position import BlockHeader
from service.store.money.fill_watches import CURSOR, Watch, list_watches, mark_read_from, owners_of
from service.store.oracle.blocks import get_cursor

WINDOW = "late fills"


@dataclass(slots=True)
class _Late:
    """A watch that wants trades from before where its reading begins."""

    watch: Watch
    target: int
    reached: int


@dataclass(slots=True)
class LateFills:
    """One run's look back."""

    sessions: sessionmaker[Session]
    node: Node
    book: ContractBook
    recent: RecentFills
    clock: Clock
    counts: Counter[str]
    cursor: int
    _late: list[_Late] = field(default_factory=list)

    def complete(self, is_over: Callable[[], bool]) -> None:
        """Make late watches whole, as far as this run may."""
        with self.sessions() as session:
            watches = list_watches(session)
        self._late = list(_late(watches, self.cursor))
        if self._late:
            self._from_memory()
            self._late = [late for late in self._late if late.reached > late.target]
        while self._late and self.recent.allowance > 0 and not is_over():
            if not self._read_backwards():
                return
            self._late = [late for late in self._late if late.reached > late.target]

    def _from_memory(self) -> None:
        first = self.recent.first_block(self.cursor)
        late = [one for one in self._late if one.reached > first]
        if not late:
            return
        fills = self.recent.list(owners_of(one.watch for one in late), first)
        numbers = sorted({fill.at.block_number for fill in fills})
        blocks = self.node.headers(numbers) if numbers else []
        hashes = {block.number: block.hash for block in blocks}
        if any(hashes[fill.at.block_number] != fill.at.block_hash for fill in fills):
            # A branch the chain has left meanwhile.
            self.recent.forget()
            return
        if self._store(late, first, blocks, fills):
            self.counts["completed_from_memory"] += len(late)

    def _read_backwards(self) -> bool:
        """Read one range for all that lack it; ``False`` where another reader interfered."""
        window = self.node.window(WINDOW)
        end = max(late.reached for late in self._late) - 1
        size = min(window.size, self.recent.allowance)
        start = max(end - size + 1, min(late.target for late in self._late))
        wanted = [late for late in self._late if start < late.reached <= end + 1]
        owners = owners_of(late.watch for late in wanted)
        try:
            capture = read_range(
                self.node,
                fill_filter(self.book, POLYGON),
                start,
                end,
                wants=lambda log: token_of(log) in owners,
            )
        except RangeTooWide:
            if start == end:
                raise
            window.halve()
            return True
        if not self._store(wanted, start, capture.blocks, _of(capture, self.book, owners)):
            return False
        window.grow(end - start + 1, len(capture.logs))
        self.recent.allowance -= end - start + 1
        self.counts["late_blocks"] += end - start + 1
        return True

    def _store(
        self,
        late: Sequence[_Late],
        start: int,
        blocks: Sequence[BlockHeader],
        fills: Sequence[Fill],
    ) -> bool:
        """Store what is wanted of a range, and that these watches now begin there."""
        owners = owners_of(one.watch for one in late)
        targets = {one.watch.market_id: one.target for one in late}
        kept = [
            fill
            for fill in fills
            if fill.at.block_number >= targets[owners[fill.token_id].market_id]
        ]
        begins: dict[int, list[int]] = defaultdict(list)
        for one in late:
            begins[max(start, one.target)].append(one.watch.market_id)

        def store(session: Session) -> int | None:
            if get_cursor(session, POLYGON, CURSOR) != self.cursor:
                return None
            for block, market_ids in begins.items():
                mark_read_from(session, market_ids, block)
            return store_fills(session, blocks, kept, owners)

        added = store_answer(self.sessions, self.node, self.clock, store)
        if added is None:
            return False
        self.counts["fills_added"] += added
        for one in late:
            one.reached = max(start, one.target)
        return True


def _late(watches: Iterable[Watch], cursor: int) -> Iterable[_Late]:
    for watch in watches:
        if watch.from_block is None or watch.read_from_block is None:
            continue
        target = max(watch.from_block, cursor - LOOK_BACK_BLOCKS)
        if watch.read_from_block > target:
            yield _Late(watch, target, watch.read_from_block)


def _of(capture: Capture, book: ContractBook, owners: Collection[int]) -> list[Fill]:
    return [fill for fill in decode_fills(capture.logs, book).fills if fill.token_id in owners]
