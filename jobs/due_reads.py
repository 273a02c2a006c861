"""What the jobs that read markets at their own pace share: ask what is due, the hottest first."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy.orm import Session, sessionmaker

from jobs.transactions import in_transaction
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket.batches import MOST_FAILURES, Batch
from service.protocol.refresh_periods import HOT
from service.protocol.refresh_plan import RefreshPlan
from service.store.checks.issues import add_issues
from service.store.markets.due_reads import (
    DueMarket,
    change_states,
    count_due,
    list_due,
    read_plan,
    record_asked,
)
from service.store.markets.refresh_states import StateChange, find_state_changes
from service.store.upserts import chunks

Row = TypeVar("Row")

# What falls due before the next run is asked in this one: half of the time between runs.
LOOKAHEAD = timedelta(seconds=15)
# Then what is not hot waits for the next run, so that slow answers do not make hot ones late.
RUN_SECONDS = 20
# Markets in one transaction: no writer waits long for another, on an empty database either.
CHANGES_AT_ONCE = 500
# Markets that are not hot whose state one run brings up to date.
COLD_CHANGES_A_RUN = 5_000
# Held by the job that places those, in this process.
_PLACING = threading.Lock()


@dataclass(frozen=True, slots=True)
class DueRead(Generic[Row]):
    """One kind of read: how it is asked and where its rows go."""

    kind: ReadKind
    # Of one request.
    markets: int
    requests_a_run: int
    ask: Callable[[Sequence[DueMarket]], Iterator[Batch[Row]]]
    # Stores a batch's rows; gives what to count.
    store: Callable[[Session, Batch[Row], Sequence[DueMarket]], Counter[str]]
    # Which of the asked markets (row ids) a batch tells of.
    answered: Callable[[Batch[Row], Sequence[DueMarket]], set[int]]


def plan_now(sessions: sessionmaker[Session], clock: Clock) -> RefreshPlan:
    """The plan, with the states of the markets as they are now.

    Hot markets are all placed first. Of the others some a run, by one job at a time: on the day
    tens of thousands are new, placing them all would keep the hot ones waiting for minutes.
    """
    now = clock.now()
    with sessions() as session:
        changes = find_state_changes(session, now)
        plan = read_plan(session)
    if not changes:
        return plan
    hot = [change for change in changes if change.state in HOT]
    _place(sessions, hot, plan, now)
    if len(hot) < len(changes) and _PLACING.acquire(blocking=False):
        try:
            _place(sessions, changes[len(hot) :][:COLD_CHANGES_A_RUN], plan, now)
        finally:
            _PLACING.release()
    with sessions() as session:
        return read_plan(session)


def _place(
    sessions: sessionmaker[Session],
    changes: Sequence[StateChange],
    plan: RefreshPlan,
    now: datetime,
) -> None:
    for part in chunks(changes, CHANGES_AT_ONCE):
        in_transaction(sessions, partial(_change, part=part, plan=plan, now=now))


def _change(
    session: Session, *, part: Sequence[StateChange], plan: RefreshPlan, now: datetime
) -> None:
    change_states(session, part, plan, now)


def read_due(
    sessions: sessionmaker[Session],
    clock: Clock,
    plan: RefreshPlan,
    read: DueRead[Row],
    counts: Counter[str],
) -> tuple[str, ...]:
    """Ask for what is due and store it, adding to ``counts``; hot markets left over are named.

    A request that fails costs its own markets a miss, so that they do not stay first in line for
    ever; the others are asked all the same while the source's circuit is closed and few fail. Then
    the first :class:`SourceError` is raised; what was not asked stays due.
    """
    started = clock.now()
    by, most = started + LOOKAHEAD, read.requests_a_run * read.markets
    with sessions() as session:
        due = list_due(session, read.kind, by, most)
        waiting = count_due(session, read.kind, by)
    done = 0
    failures: list[SourceError] = []
    for part in chunks(due, read.markets):
        is_late = clock.now() - started >= timedelta(seconds=RUN_SECONDS)
        if is_late and part[0].state not in HOT:
            break
        try:
            failure = _read_part(sessions, clock, plan, read, part, counts)
        except SourcePaused as pause:
            failures.append(pause)
            break
        done += len(part)
        failures += [failure] if failure is not None else []
        if len(failures) >= MOST_FAILURES:
            break
    counts[f"{read.kind.value}_asked"] += done
    counts[f"{read.kind.value}_left"] += waiting - done
    if failures:
        raise failures[0]
    # The hot ones come first: were the last of a full list hot, others may have been left.
    if waiting > done and done == len(due) and due and due[-1].state in HOT:
        return (f"{read.kind.value}: {waiting - done} of {waiting} due markets were left",)
    return ()


def _read_part(  # one request of a read
    sessions: sessionmaker[Session],
    clock: Clock,
    plan: RefreshPlan,
    read: DueRead[Row],
    part: Sequence[DueMarket],
    counts: Counter[str],
) -> SourceError | None:
    """Ask for some markets and note that; the error of a request that failed."""
    answered: set[int] = set()
    failure: SourceError | None = None
    is_sent = False

    def store(session: Session, batch: Batch[Row]) -> Counter[str]:
        done = read.store(session, batch, part)
        done["refused"] += add_issues(session, batch.refused, batch.fetched_at)
        return done

    def record(session: Session) -> None:
        asked = [market.market_id for market in part]
        record_asked(session, read.kind, asked, answered, plan, clock.now())

    try:
        for batch in read.ask(part):
            is_sent = True
            counts.update(in_transaction(sessions, partial(store, batch=batch)))
            answered |= read.answered(batch, part)
    except SourcePaused:
        if not is_sent:
            raise
    except SourceError as error:
        failure = error
    in_transaction(sessions, record)
    return failure
