"""One capture of a chain into rows: the path archives and the live reader share."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.chain.archive import Capture
from service.chain.decode import decode_logs
from service.protocol.contracts import ContractBook
from service.protocol.finality import known_at
from service.protocol.log_position import LogPosition
from service.store.blocks import (
    add_blocks,
    first_conflict,
    list_hashes,
    remove_blocks_from,
    rewind_cursors,
)
from service.store.data_alerts import add_data_alerts
from service.store.facts import add_facts, add_undecodable, add_unexpected_prices
from service.store.look_ups import forget_look_ups
from service.store.stale import mark_touched
from service.store.touched import touched_by, touched_from


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What became of a capture; every log is in exactly one of the last five."""

    blocks: int
    blocks_removed: int
    logs: int
    facts_added: int
    already_known: int
    outside_book: int
    unknown_topic: int
    undecodable: int


def ingest_capture(
    session: Session, capture: Capture, book: ContractBook, at: datetime
) -> IngestCounts:
    """Store a capture in the caller's transaction: all of it or, if that fails, nothing.

    A capture is canonical for its range: where a stored block has another hash, that block and
    all above it are removed first, and with them every fact they carried.
    """
    removed = _remove_conflicts(session, capture, at)
    decoded = decode_logs(capture.logs, book)
    block_ids = add_blocks(session, capture.blocks)
    known_by_block = {
        block.hash: known_at(block.chain_id, block.mined_at) for block in capture.blocks
    }

    def known(position: LogPosition) -> datetime:
        return known_by_block[position.block_hash]

    added = add_facts(session, decoded.facts, block_ids, known)
    add_undecodable(session, decoded.undecodable, block_ids, known)
    add_unexpected_prices(session, decoded.facts, block_ids, known)
    add_data_alerts(session, decoded.facts, book, block_ids, known)
    if added:
        # A score made before the facts count as known must not take the mark for read.
        newest = max(known(fact.at) for fact in decoded.facts)
        mark_touched(session, touched_by(session, decoded.facts), max(at, newest))
    return IngestCounts(
        blocks=len(capture.blocks),
        blocks_removed=removed,
        logs=len(capture.logs),
        facts_added=added,
        already_known=len(decoded.facts) - added,
        outside_book=decoded.outside_book,
        unknown_topic=decoded.unknown_topic,
        undecodable=len(decoded.undecodable),
    )


def _remove_conflicts(session: Session, capture: Capture, at: datetime) -> int:
    fork = first_conflict(session, capture.blocks)
    if fork is None:
        return 0
    below = list_hashes(session, capture.chain_id, fork - 1, 1)
    # The chains part somewhere between the last stored block below and this one.
    parted = below[0][0] + 1 if below else fork
    return remove_from(session, capture.chain_id, parted, at)


def remove_from(session: Session, chain_id: int, number: int, at: datetime) -> int:
    """Undo a chain from a block up: its facts go, readers read again, scores are made anew.

    Returns how many blocks were removed.
    """
    # Cursors first, as a reader does: two that lock in different orders would wait for each other.
    rewind_cursors(session, chain_id, number)
    mark_touched(session, touched_from(session, chain_id, number), at)
    forget_look_ups(session, chain_id)
    return remove_blocks_from(session, chain_id, number)
