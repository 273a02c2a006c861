"""The newest blocks, before they are final: read anew each time, shown and never scored."""

from sqlalchemy.orm import Session, sessionmaker

from service.chain.decode import decode_logs
from service.chain.filters import provisional_filter
from service.chain.node import Node
from service.chain.reader import read_newest
from service.clock import Clock
from service.errors import RangeTooWide
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.log_position import BlockHeader
from service.store.oracle.provisional import replace_provisional

# Finality lags by some ten blocks on Polygon and by some seventy on Ethereum; a chain that stops
# becoming final must not make each run read more.
MOST_BLOCKS = {POLYGON: 600, ETHEREUM: 150}
_MOST_ANYWHERE = 150


def read_provisional(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    final: BlockHeader,
    clock: Clock,
) -> int:
    """Replace a chain's provisional facts; returns how many there are now.

    A range a node will not answer leaves none: what is only hasty must not hold up what is final.
    """
    wanted = provisional_filter(book, node.chain_id)
    capture = None
    if wanted.addresses:
        try:
            most = MOST_BLOCKS.get(node.chain_id, _MOST_ANYWHERE)
            capture = read_newest(node, wanted, final, most)
        except RangeTooWide:
            capture = None
    facts = [] if capture is None else decode_logs(capture.logs, book).facts
    times = {} if capture is None else {b.hash: b.mined_at for b in capture.blocks}
    with sessions.begin() as session:
        return replace_provisional(session, node.chain_id, facts, times.__getitem__, clock.now())
