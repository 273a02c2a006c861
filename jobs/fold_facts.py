"""``fold_facts``: what is derived follows the facts, a page of marks a transaction.

A process that is killed loses nothing: a page is folded and its marks removed, or neither.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from service.store.oracle.stale_folds import count_marks
from service.store.votes.folds import fold_page


def fold_facts(
    sessions: sessionmaker[Session],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> CycleReport:
    """Fold until no mark is left; ``progress`` is told how many marks are done, and of how many."""
    folded = total = 0
    while True:
        done = in_transaction(sessions, fold_page)
        if not done:
            return CycleReport({"marks": folded})
        folded += done
        if folded > total - done:
            # The first page may have become marks of everything.
            with sessions() as session:
                total = folded + count_marks(session)
        progress(folded, total)
