"""Rows of any fact table with their blocks, and the timeline entries they become."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.chain import Block
from models.log_fact import LogFact
from service.store.timeline.timeline_entry import Detail, TimelineEntry, Transaction
from service.store.timeline.timeline_words import chain_name

# Anybody may post notes on a question; a flood of them must not make the page unreadable.
MAX_ROWS_OF_A_KIND = 300

Row = TypeVar("Row", bound=LogFact)
Found = Sequence[tuple[Row, Block]]


def list_rows(session: Session, model: type[Row], *conditions: ColumnElement[bool]) -> Found[Row]:
    """Rows that meet the conditions, oldest first, up to the limit of one kind."""
    query = (
        select(model, Block)
        .join(Block, Block.id == model.block_id)
        .where(*conditions)
        .order_by(Block.mined_at, Block.number, model.log_index)
    )
    return [(row[0], row[1]) for row in session.execute(query.limit(MAX_ROWS_OF_A_KIND))]


def to_entry(
    row: LogFact, block: Block, kind: str, sentence: str, details: Mapping[str, Detail]
) -> TimelineEntry:
    """A row as an entry that names its transaction."""
    return TimelineEntry(
        at=block.mined_at,
        known_at=row.known_at,
        kind=kind,
        sentence=sentence,
        source=chain_name(block.chain_id),
        transaction=Transaction(
            chain_id=block.chain_id,
            hash=row.transaction_hash,
            block_number=block.number,
            log_index=row.log_index,
        ),
        details=details,
    )
