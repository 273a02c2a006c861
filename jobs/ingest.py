"""One capture of a chain into rows: the path archives, look-ups and the live reader share."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sqlalchemy.orm import Session

from service.chain.archive import Capture
from service.chain.decode import decode_logs
from service.errors import SettlewatchError
from service.protocol.contracts import ContractBook
from service.protocol.finality import known_at
from service.protocol.log_position import LogPosition
from service.store.alerts.data_alerts import add_data_alerts
from service.store.oracle.blocks import (
    add_blocks,
    first_conflict,
    get_head,
    list_hashes,
    remove_blocks_from,
    rewind_cursors,
)
from service.store.oracle.facts import add_facts, add_undecodable, add_unexpected_prices
from service.store.oracle.indexed_ranges import cut_ranges
from service.store.oracle.look_ups import forget_look_ups
from service.store.oracle.stale import mark_touched
from service.store.oracle.touched import touched_by, touched_from

# No chain takes back this many final blocks. A node that says so serves another chain, and facts
# are not removed on its word.
DEEPEST_FORK = 10_000


class OnConflict(StrEnum):
    """What becomes of a capture that stored blocks contradict."""

    # Nothing of it is stored: one URL's word about the past is no reason to remove anything.
    REFUSE = "refuse"
    # What is stored from there on goes, unless that is more than a chain takes back.
    FOLLOW = "follow"
    # What is stored from there on goes: somebody chose this capture as what is true.
    REMOVE = "remove"


class BlockConflict(SettlewatchError):
    """A capture was refused: a stored block cannot stand beside it."""

    def __init__(self, chain_id: int, number: int, *, is_deep: bool) -> None:
        """Name the lowest stored block in the way; ``is_deep`` where too much hangs on it."""
        self.chain_id = chain_id
        self.number = number
        self.is_deep = is_deep
        what = f"does not fit block {number} as it is stored"
        if is_deep:
            what += f", and more than {DEEPEST_FORK} blocks up to the newest hang on it"
        self.reason = f"an answer {what}. Nothing was stored or removed; check the URLs"
        super().__init__(f"chain {chain_id}: {self.reason}")


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
    session: Session,
    capture: Capture,
    book: ContractBook,
    at: datetime,
    on_conflict: OnConflict = OnConflict.REFUSE,
) -> IngestCounts:
    """Store a capture in the caller's transaction: all of it or, if that fails, nothing.

    Where a stored block has another hash, :class:`BlockConflict` is raised, or that block and all
    above it are removed first, and with them every fact they carried: as ``on_conflict`` says.
    """
    removed = _remove_conflicts(session, capture, at, on_conflict)
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


def _remove_conflicts(
    session: Session, capture: Capture, at: datetime, on_conflict: OnConflict
) -> int:
    fork = first_conflict(session, capture.blocks) if capture.blocks else None
    if fork is None:
        return 0
    match on_conflict:
        case OnConflict.REFUSE:
            raise BlockConflict(capture.chain_id, fork, is_deep=False)
        case OnConflict.FOLLOW:
            newest = get_head(session, capture.chain_id)
            if newest is not None and newest.number - fork > DEEPEST_FORK:
                raise BlockConflict(capture.chain_id, fork, is_deep=True)
        case OnConflict.REMOVE:
            pass
        case _:
            assert_never(on_conflict)
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
    cut_ranges(session, chain_id, number)
    mark_touched(session, touched_from(session, chain_id, number), at)
    forget_look_ups(session, chain_id)
    return remove_blocks_from(session, chain_id, number)
