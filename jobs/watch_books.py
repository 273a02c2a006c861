"""The reading half of ``watch_proposals``: the books that are due, many tokens a request."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.watch_memory import WatchMemory
from service.clock import Clock
from service.polymarket.client import MOST_TOKENS_PER_ANSWER, PolymarketClient
from service.protocol.watch_order import book_period
from service.store.issues import add_issues
from service.store.liquidity import add_books
from service.store.upserts import chunks
from service.store.watched_proposals import WatchedProposal

OUTCOMES = 2
# Then the books not asked for wait for the next run, the most urgent first again.
RUN_SECONDS = 20
REQUESTS_A_RUN = 20
# What falls due before the next run is asked in this one: half of the time between runs.
LOOKAHEAD = timedelta(seconds=15)


def read_due_books(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    watched: Sequence[WatchedProposal],
    asked_by_others: Mapping[int, datetime],
    memory: WatchMemory,
    counts: Counter[str],
) -> None:
    """Ask for the books that are due, in the order given, and store them.

    A source that fails ends it with its :class:`SourceError`; what was not asked stays due.
    """
    started = clock.now()
    due = [
        one
        for one in watched
        if len(one.token_ids) == OUTCOMES and _is_due(one, asked_by_others, memory, started)
    ]
    counts["books_due"] = len(due)
    counts["books_fresh"] = len(watched) - len(due)
    for number, part in enumerate(chunks(due, MOST_TOKENS_PER_ANSWER // OUTCOMES)):
        is_late = clock.now() - started >= timedelta(seconds=RUN_SECONDS)
        if is_late or number >= REQUESTS_A_RUN:
            break
        _read(sessions, client, part, memory, counts)


def _is_due(
    one: WatchedProposal,
    asked_by_others: Mapping[int, datetime],
    memory: WatchMemory,
    now: datetime,
) -> bool:
    asked = [
        at
        for at in (memory.asked.get(one.market_id), asked_by_others.get(one.market_id))
        if at is not None
    ]
    return not asked or max(asked) + book_period(one.challenge_ends_at, now) <= now + LOOKAHEAD


def _read(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    part: Sequence[WatchedProposal],
    memory: WatchMemory,
    counts: Counter[str],
) -> None:
    owners = {token: one.market_id for one in part for token in one.token_ids}
    for batch in client.fetch_books(list(owners), MOST_TOKENS_PER_ANSWER):
        ids = {owners[book.token_id] for book in batch.rows}
        with sessions.begin() as session:
            done = add_books(session, batch.rows, ids, batch.fetched_at)
            counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
        asked = {owners[key] for key in (*batch.missing, *(row.token_id for row in batch.rows))}
        memory.asked.update(dict.fromkeys(asked, batch.fetched_at))
        counts["books_added"] += done.added
        counts["books_unchanged"] += done.unchanged
        counts["books_missing"] += len(batch.missing)
    counts["books_asked"] += len(part)
