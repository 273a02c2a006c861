"""Which logs are stored, whatever became of them: the identities of a range's facts."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.chain import Block, DataIssue
from models.data_enums import DataIssueKind
from models.enums import IndexMode
from models.log_fact import LogFact
from models.oracle import PriceRequest, Question, Settlement

# A log's identity on its chain: block number, block hash, log index.
Position = tuple[int, bytes, int]


def list_positions(
    session: Session,
    chain_id: int,
    first: int,
    last: int,
    addresses: Sequence[bytes],
    mode: IndexMode = IndexMode.FULL,
) -> set[Position]:
    """The logs of some contracts in a closed range that are stored as facts or as undecodable.

    In the lazy mode without those that only a look-up brings.
    """
    within = (Block.chain_id == chain_id, Block.number.between(first, last))
    found: set[Position] = set()
    for table in _fact_tables():
        if mode is IndexMode.LAZY and table in _LOOKED_UP:
            continue
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


# What BEGINNINGS and Settle of service.chain.filters become.
_LOOKED_UP: Collection[type] = {Question, PriceRequest, Settlement}


def _fact_tables() -> Iterator[type[LogFact]]:
    """Every mapped class whose rows are logs; a new one is looked through without a word here."""
    for mapper in Base.registry.mappers:
        if issubclass(mapper.class_, LogFact):
            yield mapper.class_
