"""``settlewatch db rebuild``: everything derived is folded again from the facts.

A page of keys a transaction: the rows of a key go and come back together, so that readers and a
worker beside it never find them missing, and a rebuild that is killed is finished by the next fold.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from service.store.oracle.stale_folds import mark_everything
from service.store.votes.folds import count_derived


def rebuild(
    sessions: sessionmaker[Session],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, int]:
    """Fold all facts anew; returns how many rows each derived table then holds.

    Rows whose facts are gone go; assessments, alerts and issues are records of their time and stay.
    """
    with sessions.begin() as session:
        mark_everything(session)
    fold_facts(sessions, progress)
    with sessions() as session:
        return count_derived(session)
