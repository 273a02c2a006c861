"""Which blocks of a chain were read: only there does a missing row say anything."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.chain import Block, IndexedRange
from models.enums import IndexMode


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of the chains was read, as closed ranges by chain: of block numbers, and of times."""

    blocks: dict[int, list[tuple[int, int]]]
    # Unix seconds from the first to the last stored block of a range.
    times: dict[int, list[tuple[int, int]]]

    def has_blocks(self, chain_id: int, first: int, last: int) -> bool:
        """Whether one range holds all blocks from the first to the last."""
        return any(low <= first and last <= high for low, high in self.blocks.get(chain_id, ()))

    def has_times(self, chain_id: int, first: int, last: int) -> bool:
        """Whether one range was read from one second to another."""
        return any(low <= first and last <= high for low, high in self.times.get(chain_id, ()))


def add_range(session: Session, chain_id: int, first: int, last: int, mode: IndexMode) -> None:
    """Note that a closed range was read; where it meets or touches others they become one."""
    if first > last:
        # A capture of no block.
        return
    for kind in {mode, IndexMode.LAZY}:
        # Locked, so that a reader beside this one waits and sees what was made of the rows.
        met = session.scalars(
            select(IndexedRange)
            .where(
                IndexedRange.chain_id == chain_id,
                IndexedRange.mode == kind.value,
                IndexedRange.first_block <= last + 1,
                IndexedRange.last_block >= first - 1,
            )
            .order_by(IndexedRange.first_block, IndexedRange.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        if not met:
            row = IndexedRange(chain_id=chain_id, mode=kind, first_block=first, last_block=last)
            session.add(row)
            continue
        kept, *others = met
        kept.first_block = min(first, kept.first_block)
        kept.last_block = max(last, *(row.last_block for row in met))
        for row in others:
            session.delete(row)
    session.flush()


def cut_ranges(session: Session, chain_id: int, number: int) -> None:
    """Forget that a chain was read from a block up: a reorg took it back."""
    ours = IndexedRange.chain_id == chain_id
    session.execute(delete(IndexedRange).where(ours, IndexedRange.first_block >= number))
    session.execute(
        update(IndexedRange)
        .where(ours, IndexedRange.last_block >= number)
        .values(last_block=number - 1)
    )


def load_coverage(session: Session, mode: IndexMode) -> Coverage:
    """What was read at least in a mode."""
    coverage = Coverage({}, {})
    for chain_id, first, last in _merged(session, mode):
        coverage.blocks.setdefault(chain_id, []).append((first, last))
        within = (Block.chain_id == chain_id, Block.number.between(first, last))
        ends = [
            session.scalars(select(Block.mined_at).where(*within).order_by(order).limit(1)).first()
            for order in (Block.number.asc(), Block.number.desc())
        ]
        if ends[0] is not None and ends[1] is not None:
            times = int(ends[0].timestamp()), int(ends[1].timestamp())
            coverage.times.setdefault(chain_id, []).append(times)
    return coverage


def _merged(session: Session, mode: IndexMode) -> Iterator[tuple[int, int, int]]:
    """The ranges by chain; readers at once may have left two that overlap."""
    before: tuple[int, int, int] | None = None
    query = (
        select(IndexedRange.chain_id, IndexedRange.first_block, IndexedRange.last_block)
        .where(IndexedRange.mode == mode.value)
        .order_by(IndexedRange.chain_id, IndexedRange.first_block)
    )
    for chain_id, first, last in session.execute(query):
        if before is not None and before[0] == chain_id and first <= before[2] + 1:
            before = chain_id, before[1], max(before[2], last)
            continue
        if before is not None:
            yield before
        before = chain_id, first, last
    if before is not None:
        yield before
