"""``index_votes``: the vote's logs on Ethereum from live nodes, up to the finalized head."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.index_chain import CURSORS, Reader, index_chain
from service.chain.node import Node
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM

READER = CURSORS[ETHEREUM]
# 35 days of Ethereum blocks: what is staked is told by the changes of the last weeks.
LOOKBACK_BLOCKS = 252_000


def index_votes(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    book: ContractBook,
    clock: Clock,
    lookback: int = LOOKBACK_BLOCKS,
) -> CycleReport:
    """Read on; of the nodes given, Ethereum's is used."""
    reader = Reader(
        job="index_votes",
        chain_id=ETHEREUM,
        lookback=lookback,
        without="no RPC URL is configured: no vote and no stake is known. "
        "Set SETTLEWATCH_ETHEREUM_RPC_URLS.",
    )
    return index_chain(sessions, nodes, book, reader, clock)
