"""The transaction in which a node's answer is stored, and what a contradiction becomes."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session, sessionmaker

from jobs.ingest import BlockConflict
from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from service.chain.faults import Fault
from service.chain.node import Node
from service.clock import Clock
from service.errors import SourceError
from service.protocol.listings import Refused
from service.store.checks.issues import add_issue

Outcome = TypeVar("Outcome")


def store_answer(
    sessions: sessionmaker[Session], node: Node, clock: Clock, work: Callable[[Session], Outcome]
) -> Outcome:
    """Store what a node answered in one transaction.

    Where stored blocks contradict the answer, nothing of the transaction stays, the contradiction
    becomes a data issue, and a :class:`SourceError` of the node names the block.
    """
    try:
        return in_transaction(sessions, work)
    except BlockConflict as conflict:
        kind = DataIssueKind.DEEP_FORK if conflict.is_deep else DataIssueKind.NODES_DISAGREE
        key = f"{conflict.chain_id}:{conflict.number}"
        with sessions.begin() as session:
            add_issue(session, Refused(kind, node.source, key, conflict.reason), clock.now())
        node.count(Fault.DISAGREEMENT)
        raise SourceError(node.source, conflict.reason) from conflict
