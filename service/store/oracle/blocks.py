"""Blocks and cursors, and the undoing of what a chain no longer says."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.chain import Block, Cursor
from service.errors import SourceError
from service.protocol.finality import FINALITY_LAG
from service.protocol.log_position import BlockHeader
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore


def first_conflict(session: Session, headers: Sequence[BlockHeader]) -> int | None:
    """The lowest number at which a stored block of the same chain cannot stand beside these.

    It has another hash than the block given, or it is a neighbour and parent or child do not match:
    where blocks are stored sparsely, that is often all there is to see of a fork.
    """
    given = {header.number: header for header in headers}
    numbers = sorted({n + step for n in given for step in (-1, 0, 1)})
    conflicts = []
    for part in chunks(numbers, IN_CHUNK):
        stored = session.execute(
            select(Block.number, Block.hash, Block.parent_hash).where(
                Block.chain_id == headers[0].chain_id, Block.number.in_(part)
            )
        )
        for number, block_hash, parent_hash in stored:
            here, below, above = (given.get(n) for n in (number, number - 1, number + 1))
            fits = (
                here.hash == block_hash
                if here is not None
                else (below is None or below.hash == parent_hash)
                and (above is None or above.parent_hash == block_hash)
            )
            if not fits:
                conflicts.append(number)
    return min(conflicts, default=None)


def remove_blocks_from(session: Session, chain_id: int, number: int) -> int:
    """Delete a chain's blocks from a number up; their facts go with them (cascade)."""
    removed = session.connection().execute(
        delete(Block).where(Block.chain_id == chain_id, Block.number >= number)
    )
    return removed.rowcount


def add_blocks(session: Session, headers: Sequence[BlockHeader]) -> dict[bytes, int]:
    """Store blocks that are new; returns the row id of every block given, by hash.

    A SourceError where another transaction has just stored another block of the same number.
    """
    insert_or_ignore(
        session,
        Block,
        [
            {
                "chain_id": header.chain_id,
                "number": header.number,
                "hash": header.hash,
                "parent_hash": header.parent_hash,
                "mined_at": header.mined_at,
            }
            for header in headers
        ],
    )
    ids: dict[bytes, int] = {}
    for part in chunks(headers, IN_CHUNK):
        found = session.execute(
            select(Block.hash, Block.id).where(
                Block.chain_id == part[0].chain_id, Block.hash.in_([h.hash for h in part])
            )
        )
        ids.update((block_hash, block_id) for block_hash, block_id in found)
    lost = [header for header in headers if header.hash not in ids]
    if lost:
        source = f"chain {lost[0].chain_id}"
        line = f"another reader stored another block {lost[0].number} first; read again"
        raise SourceError(source, line)
    return ids


def get_head(session: Session, chain_id: int, at: datetime | None = None) -> Block | None:
    """The newest stored block of a chain, or the newest that was known at an instant."""
    query = select(Block).where(Block.chain_id == chain_id)
    if at is not None:
        # A block is known when its logs are: the chain's finality lag after it was mined.
        lag = FINALITY_LAG.get(chain_id, timedelta(0))
        query = query.where(Block.mined_at <= at - lag)
    return session.scalars(query.order_by(Block.number.desc()).limit(1)).first()


def first_block_at(session: Session, chain_id: int) -> datetime | None:
    """When the oldest stored block of a chain was mined."""
    query = select(Block.mined_at).where(Block.chain_id == chain_id)
    return session.scalars(query.order_by(Block.number).limit(1)).first()


def list_hashes(session: Session, chain_id: int, up_to: int, limit: int) -> list[tuple[int, bytes]]:
    """Number and hash of the newest stored blocks up to a number, oldest first."""
    found = session.execute(
        select(Block.number, Block.hash)
        .where(Block.chain_id == chain_id, Block.number <= up_to)
        .order_by(Block.number.desc())
        .limit(limit)
    ).all()
    return [(number, block_hash) for number, block_hash in reversed(found)]


def get_hash(session: Session, chain_id: int, number: int) -> bytes | None:
    """The stored hash of a block; ``None`` where it is not stored."""
    query = select(Block.hash).where(Block.chain_id == chain_id, Block.number == number)
    return session.scalars(query).first()


def lock_block(session: Session, chain_id: int, number: int, block_hash: bytes) -> bool:
    """Hold a stored block until the transaction ends; ``False`` where it is not stored (any more).

    Of two transactions that are about to remove the same branch, the second finds it gone.
    """
    query = select(Block.id).where(
        Block.chain_id == chain_id, Block.number == number, Block.hash == block_hash
    )
    return session.scalars(query.with_for_update()).first() is not None


def list_block_numbers(session: Session, chain_id: int, first: int, last: int) -> list[int]:
    """The numbers of the stored blocks of a chain in a closed range, ascending."""
    query = select(Block.number).where(
        Block.chain_id == chain_id, Block.number.between(first, last)
    )
    return list(session.scalars(query.order_by(Block.number)))


def get_cursor(session: Session, chain_id: int, reader: str) -> int | None:
    """The next block a reader has to read; ``None`` if it never ran."""
    cursor = session.get(Cursor, (chain_id, reader))
    return None if cursor is None else cursor.next_block


def forget_cursor(session: Session, chain_id: int, reader: str) -> None:
    """Drop the cursor of a reader that has come to the end of its range."""
    session.execute(delete(Cursor).where(Cursor.chain_id == chain_id, Cursor.reader == reader))


def rewind_cursors(session: Session, chain_id: int, number: int) -> None:
    """Let every reader of a chain read again from a block whose successors were removed."""
    session.execute(
        update(Cursor)
        .where(Cursor.chain_id == chain_id, Cursor.next_block > number)
        .values(next_block=number)
    )


def move_cursor(
    session: Session, chain_id: int, reader: str, *, expected: int | None, to: int, at: datetime
) -> bool:
    """Move a cursor if it still stands where it was read; ``False`` if another reader moved it."""
    cursor = session.get(Cursor, (chain_id, reader), with_for_update=True)
    if cursor is None:
        if expected is not None:
            return False
        added = insert_or_ignore(
            session,
            Cursor,
            [{"chain_id": chain_id, "reader": reader, "next_block": to, "updated_at": at}],
        )
        return added == 1
    if cursor.next_block != expected:
        return False
    cursor.next_block = to
    cursor.updated_at = at
    session.flush()
    return True
