"""The reading half of ``watch_proposals``: the books that are due, many tokens a request."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.transactions import in_transaction
from jobs.watch_memory import WatchMemory
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket.batches import MOST_FAILURES, Batch
from service.polymarket.client import MOST_TOKENS_PER_ANSWER, PolymarketClient
from service.protocol.listings import BookRow
from service.protocol.refresh_plan import RefreshPlan
from service.protocol.watch_order import book_period
from service.store.checks.issues import add_issues
from service.store.markets.due_reads import ReadTimes, list_read_times, read_plan, record_asked
from service.store.money.liquidity import add_books
from service.store.proposals.watched_proposals import WatchedProposal
from service.store.upserts import chunks

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
    memory: WatchMemory,
    counts: Counter[str],
) -> None:
    """Ask for the books that are due, in the order given, and store them.

    The refresh plan and this share their word of what was asked when, so that no book is read by
    both. A request that fails costs its own books a miss, and the others are asked all the same
    while the source's circuit is closed and few fail; then the first :class:`SourceError` is
    raised. What was not asked stays due.
    """
    started = clock.now()
    followed = [one for one in watched if len(one.token_ids) == OUTCOMES]
    with sessions() as session:
        plan = read_plan(session)
        times = list_read_times(session, ReadKind.BOOK, [one.market_id for one in followed])
    due = [one for one in followed if _is_due(one, times.get(one.market_id), memory, started)]
    counts["books_due"] = len(due)
    counts["books_fresh"] = len(followed) - len(due)
    failures: list[SourceError] = []
    for number, part in enumerate(chunks(due, MOST_TOKENS_PER_ANSWER // OUTCOMES)):
        is_late = clock.now() - started >= timedelta(seconds=RUN_SECONDS)
        if is_late or number >= REQUESTS_A_RUN:
            break
        try:
            _read(sessions, client, part, plan, memory, counts)
        except SourceError as error:
            failures.append(error)
            if isinstance(error, SourcePaused) or len(failures) >= MOST_FAILURES:
                break
    if failures:
        raise failures[0]


def _is_due(
    one: WatchedProposal, planned: ReadTimes | None, memory: WatchMemory, now: datetime
) -> bool:
    soon = now + LOOKAHEAD
    asked = [memory.asked.get(one.market_id)]
    if planned is not None:
        # The market's stream brings it forward where something happened.
        if planned.due_at <= soon:
            return True
        asked.append(planned.asked_at)
    last = max((at for at in asked if at is not None), default=None)
    return last is None or last + book_period(one.challenge_ends_at, now) <= soon


def _read(  # one request of a run
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    part: Sequence[WatchedProposal],
    plan: RefreshPlan,
    memory: WatchMemory,
    counts: Counter[str],
) -> None:
    owners = {token: one.market_id for one in part for token in one.token_ids}
    # An unchanged book is news of a proposal it was not yet read after.
    begins = {one.market_id: one.proposed_at for one in part if one.proposed_at is not None}

    def store(
        session: Session, batch: Batch[BookRow], asked: set[int], answered: set[int]
    ) -> Counter[str]:
        done = add_books(session, batch.rows, answered, batch.fetched_at, begins)
        refused = add_issues(session, batch.refused, batch.fetched_at)
        record_asked(session, ReadKind.BOOK, asked, answered, plan, batch.fetched_at)
        return Counter(books_added=done.added, books_unchanged=done.unchanged, refused=refused)

    for batch in client.fetch_books(list(owners), MOST_TOKENS_PER_ANSWER):
        answered = {owners[book.token_id] for book in batch.rows}
        asked = answered | {owners[key] for key in batch.missing}
        work = partial(store, batch=batch, asked=asked, answered=answered)
        counts.update(in_transaction(sessions, work))
        for book in batch.rows:
            memory.note_given(owners[book.token_id], book.token_id)
        for token in batch.missing:
            memory.note_gone(owners[token], token, batch.fetched_at)
        memory.asked.update(dict.fromkeys(asked, batch.fetched_at))
        counts["books_missing"] += len(batch.missing)
    counts["books_asked"] += len(part)
