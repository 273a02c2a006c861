"""Which logs are stored, whatever became of them: the identities of a range's facts."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.chain import Block, DataIssue
from models.enums import DataIssueKind
from models.log_fact import LogFact

# A log's identity on its chain: block number, block hash, log index.
Position = tuple[int, bytes, int]


def list_positions(
    session: Session, chain_id: int, first: int, last: int, addresses: Sequence[bytes]
) -> set[Position]:
    """The logs of some contracts in a closed range that are stored as facts or as undecodable."""
    within = (Block.chain_id == chain_id, Block.number.between(first, last))
    found: set[Position] = set()
    for table in _fact_tables():
        query = select(Block.number, Block.hash, table.log_index)
        query = query.join(Block, Block.id == table.block_id)
        rows = session.execute(query.where(*within, table.address.in_(addresses)))
        found.update((number, block_hash, index) for number, block_hash, index in rows)
    refused = (
        select(Block.number, Block.hash, DataIssue.key)
        .join(Block, Block.id == DataIssue.block_id)
        .where(*within, DataIssue.kind == DataIssueKind.UNDECODABLE_LOG.value)
    )
    for number, block_hash, key in session.execute(refused):
        # The key is chain:block hash:log index.
        found.add((number, block_hash, int(key.rpartition(":")[2])))
    return found


def _fact_tables() -> Iterator[type[LogFact]]:
    """Every mapped class whose rows are logs; a new one is looked through without a word here."""
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, LogFact):
            yield mapper.class_
