"""Transactions that may meet another writer: begun again where the database chose the other."""

from collections.abc import Callable
from typing import TypeVar

import stamina
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

Outcome = TypeVar("Outcome")

# PostgreSQL's words for "another transaction went first": serialization failure, deadlock.
# SQLite has one writer at a time and never says so.
LOST_TO_ANOTHER = frozenset({"40001", "40P01"})


def in_transaction(sessions: sessionmaker[Session], work: Callable[[Session], Outcome]) -> Outcome:
    """Do work in one transaction; the whole of it again, a few times, after a deadlock.

    ``work`` must leave nothing behind outside its session: what it counts, it returns.
    """

    def attempt() -> Outcome:
        with sessions.begin() as session:
            return work(session)

    return _ATTEMPTS(attempt)


def _is_lost(error: Exception) -> bool:
    return (
        isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in LOST_TO_ANOTHER
    )


# The jitter keeps two losers of one deadlock from meeting again.
_ATTEMPTS = stamina.RetryingCaller(
    attempts=5, timeout=None, wait_initial=0.05, wait_max=1.0, wait_jitter=0.2
).on(_is_lost)
