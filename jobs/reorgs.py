"""Following a chain that was reorganised: what it took back goes, and is read again."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.ingest import DEEPEST_FORK, remove_from
from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from service.chain.faults import Fault
from service.chain.node import Node
from service.chain.reorg import find_common
from service.errors import SourceError
from service.protocol.listings import Refused
from service.protocol.log_position import BlockHeader
from service.store.checks.issues import add_issue
from service.store.oracle.blocks import list_hashes, lock_block

# Stored blocks looked at in one search; a fork that is deeper is searched for in more of them.
CHUNK = 1_000
# Where no stored block is on the chain, reading starts again this far below the oldest of them.
BELOW_OLDEST = 600

HashOf = Callable[[int], bytes]


def follow_fork(
    sessions: sessionmaker[Session], node: Node, head: BlockHeader, at: datetime
) -> int:
    """Remove what is stored of a branch the chain has left; returns how many blocks went.

    Stored blocks above ``head`` say nothing either way: the node may only be behind. They go when
    a block below them turns out to be of another branch.
    """
    with sessions() as session:
        newest = list_hashes(session, node.chain_id, head.number, 1)
    hash_of = _hashes(node, head)
    if not newest or hash_of(newest[0][0]) == newest[0][1]:
        return 0
    number = _first_left(sessions, node.chain_id, head.number, hash_of)
    if head.number - number > DEEPEST_FORK + BELOW_OLDEST:
        raise _too_deep(sessions, node, number, at)
    return undo_branch(sessions, node, number, newest[0], at)


def undo_branch(
    sessions: sessionmaker[Session],
    node: Node,
    number: int,
    witness: tuple[int, bytes],
    at: datetime,
) -> int:
    """Remove what is stored from a block up, if the block that was found wrong is still stored.

    Another job may have followed the fork since, and read what is true.
    """

    def remove(session: Session) -> int | None:
        if not lock_block(session, node.chain_id, *witness):
            return None
        return remove_from(session, node.chain_id, number, at)

    removed = in_transaction(sessions, remove)
    if removed is None:
        return 0
    node.count(Fault.REORG)
    node.count(Fault.BLOCKS_REMOVED, removed)
    return removed


def _hashes(node: Node, head: BlockHeader) -> HashOf:
    known = {head.number: head.hash}

    def hash_of(number: int) -> bytes:
        if number not in known:
            (header,) = node.headers([number])
            known[number] = header.hash
        return known[number]

    return hash_of


def _first_left(sessions: sessionmaker[Session], chain_id: int, top: int, hash_of: HashOf) -> int:
    """The lowest block that may be of the branch left behind: one above the last common block."""
    up_to = oldest = top
    while top - oldest <= DEEPEST_FORK:
        with sessions() as session:
            stored = list_hashes(session, chain_id, up_to, CHUNK)
        if not stored:
            break
        common = find_common(stored, hash_of)
        if common is not None:
            return stored[common - 1][0] + 1
        oldest = stored[0][0]
        up_to = oldest - 1
    return max(0, oldest - BELOW_OLDEST)


def _too_deep(
    sessions: sessionmaker[Session], node: Node, number: int, at: datetime
) -> SourceError:
    reason = (
        f"the chain differs from what is stored for more than {DEEPEST_FORK} blocks, from about "
        f"block {number} on: no chain takes that many back. Nothing was removed; check the URLs"
    )
    issue = Refused(DataIssueKind.DEEP_FORK, node.source, f"{node.chain_id}:{number}", reason)
    with sessions.begin() as session:
        add_issue(session, issue, at)
    return SourceError(node.source, reason)
