"""``read_parameters``: what the contracts say of their own parameters at the final head.

The logs of changes are facts already; these readings stand in for changes before the first indexed
block (docs/methodology.md, "The vote").
"""

from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.chain.node import Node
from service.chain.parameter_calls import ask_parameters
from service.clock import Clock
from service.errors import SourceError
from service.protocol.contracts import ContractBook
from service.store.oracle.parameter_readings import add_reading


def read_parameters(
    sessions: sessionmaker[Session], nodes: tuple[Node, ...], book: ContractBook, clock: Clock
) -> CycleReport:
    """Read every configured chain; one that does not answer degrades only itself."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    for node in nodes:
        try:
            head = node.head()
            answers = ask_parameters(node, book, head)
        except SourceError as error:
            degraded.append(str(error))
            continue
        with sessions.begin() as session:
            for answer in answers:
                is_new = add_reading(
                    session,
                    node.chain_id,
                    answer.address,
                    answer.name,
                    answer.value,
                    head.number,
                    clock.now(),
                )
                counts["new_values" if is_new else "same_values"] += 1
    return CycleReport(dict(counts), tuple(degraded))
