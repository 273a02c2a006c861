"""``check_reorgs``: what was read lately, compared with the nodes once more."""

from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.index_chain import CURSORS, note_disagreement
from jobs.reorgs import follow_fork, undo_branch
from jobs.second_reading import RECENT_BLOCKS, read_again
from models.enums import IndexMode
from service.chain.heads import survey_heads
from service.chain.node import Node
from service.clock import Clock
from service.errors import SourceError
from service.protocol.contracts import ContractBook
from service.protocol.log_position import BlockHeader
from service.store.operations.sources import record_node
from service.store.oracle.blocks import get_cursor, list_hashes

# How many of the recent blocks' hashes are compared, evenly spread: one request. The newest one
# stands for all below it, as far as the nodes told the truth of them.
COMPARED = 100


def check_reorgs(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    book: ContractBook,
    clock: Clock,
    mode: IndexMode = IndexMode.FULL,
) -> CycleReport:
    """Check each configured chain; what is wrong with one degrades only that one."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    for node in nodes:
        line: str | None = None
        try:
            line = _check_chain(sessions, node, book, clock, counts, mode)
        except SourceError as error:
            line = str(error)
        node.complain("check_reorgs", line)
        with sessions.begin() as session:
            record_node(session, node.health, node.urls(), node.take_counts(), clock.now())
        if line is not None:
            degraded.append(line)
    return CycleReport(dict(counts), tuple(degraded))


def _check_chain(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    clock: Clock,
    counts: Counter[str],
    mode: IndexMode,
) -> str | None:
    with sessions() as session:
        cursor = get_cursor(session, node.chain_id, CURSORS[node.chain_id])
    if cursor is None:
        return None
    survey = survey_heads(node, cursor - 1)
    line = note_disagreement(sessions, node, survey.disagreement, clock)
    if line is not None or survey.head is None:
        return line
    removed = follow_fork(sessions, node, survey.head, clock.now())
    removed = removed or _compare_hashes(sessions, node, survey.head, clock)
    if removed:
        # The readers go first: there is nothing to compare until they have read again.
        counts["blocks_removed"] += removed
        return None
    return read_again(sessions, node, book, clock, counts, mode)


def _compare_hashes(
    sessions: sessionmaker[Session], node: Node, head: BlockHeader, clock: Clock
) -> int:
    """Compare recent stored blocks; one that is not the node's goes, with all above it."""
    with sessions() as session:
        recent = list_hashes(session, node.chain_id, head.number, RECENT_BLOCKS)
    recent = [entry for entry in recent if entry[0] > head.number - RECENT_BLOCKS]
    step = -(-len(recent) // COMPARED) or 1
    # Counted from the newest, which is always among them.
    compared = recent[::-1][::step][::-1]
    headers = node.headers([number for number, _ in compared]) if compared else []
    below = None
    for stored, header in zip(compared, headers, strict=True):
        if stored[1] != header.hash:
            number = stored[0] if below is None else below + 1
            return undo_branch(sessions, node, number, stored, clock.now())
        below = stored[0]
    return 0
