"""``index_oracle``: the oracle's logs on Polygon from live nodes, up to the finalized head."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.index_chain import CURSORS, Reader, index_chain
from models.enums import IndexMode
from service.chain.node import Node
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON

READER = CURSORS[POLYGON]
# A little over a day of Polygon blocks.
LOOKBACK_BLOCKS = 60_000


def index_oracle(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    book: ContractBook,
    clock: Clock,
    lookback: int = LOOKBACK_BLOCKS,
    mode: IndexMode = IndexMode.FULL,
) -> CycleReport:
    """Read on; of the nodes given, Polygon's is used."""
    reader = Reader(
        job="index_oracle",
        chain_id=POLYGON,
        lookback=lookback,
        without="no RPC URL is configured: no proposer, disputer, bond or vote is known; "
        "states come from Polymarket's own feed. Set SETTLEWATCH_POLYGON_RPC_URLS.",
        mode=mode,
    )
    return index_chain(sessions, nodes, book, reader, clock)
