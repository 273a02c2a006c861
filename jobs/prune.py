"""``prune``: thin old snapshots of markets that are not hot, and of rounds that are over."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.protocol.retention import RetentionPolicy
from service.settings import Settings
from service.store.operations.retention import (
    PAGE,
    TABLES,
    list_hot_since,
    list_surplus,
    list_unprotected,
    remove_rows,
)
from service.store.operations.round_retention import (
    list_old_rounds,
    list_round_surplus,
    remove_assessments,
)
from service.store.upserts import chunks

# So that no lock is held for long.
ROWS_A_TRANSACTION = 2_000


def policy_of(settings: Settings) -> RetentionPolicy:
    """The periods that are set."""
    return RetentionPolicy(
        full=timedelta(days=settings.snapshot_full_days),
        hourly=timedelta(days=settings.snapshot_hourly_days),
        settled=timedelta(days=settings.snapshot_settled_days),
    )


def round_policy_of(settings: Settings) -> RetentionPolicy:
    """The periods of assessments of rounds: hourly as long as snapshots are, never before."""
    full = timedelta(days=settings.round_full_days)
    return RetentionPolicy(
        full=full, hourly=max(full, timedelta(days=settings.snapshot_hourly_days))
    )


def prune(
    sessions: sessionmaker[Session],
    clock: Clock,
    policy: RetentionPolicy,
    rounds: RetentionPolicy | None = None,
    *,
    dry_run: bool = False,
    page: int = PAGE,
) -> CycleReport:
    """Remove what the policy does not keep, some markets a transaction; or only count it.

    ``rounds``: what is kept of assessments of rounds; None: all of it. Cut off, it has removed a
    part; the next run removes the rest, and a second one nothing.
    """
    now = clock.now()
    counts: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:
        with sessions() as session:
            market_ids, after = list_unprotected(session, after, now, policy, page)
            hot_since = list_hot_since(session, market_ids)
        counts["markets"] += len(market_ids)
        for name in TABLES:
            with sessions() as session:
                row_ids = list_surplus(session, name, market_ids, hot_since, now, policy)
            counts[name] += len(row_ids) if dry_run else _remove(sessions, name, row_ids)
    if rounds is not None:
        counts["round_assessments"] += _prune_rounds(sessions, now, rounds, dry_run=dry_run)
    return CycleReport({"dry_run": 1, **counts} if dry_run else dict(counts))


def _prune_rounds(
    sessions: sessionmaker[Session], now: datetime, policy: RetentionPolicy, *, dry_run: bool
) -> int:
    removed = 0
    with sessions() as session:
        old = list_old_rounds(session, now, policy)
    for round_id in old:
        with sessions() as session:
            row_ids = list_round_surplus(session, round_id, now, policy)
        if dry_run:
            removed += len(row_ids)
            continue
        for part in chunks(row_ids, ROWS_A_TRANSACTION):
            with sessions.begin() as session:
                removed += remove_assessments(session, part)
    return removed


def _remove(sessions: sessionmaker[Session], name: str, row_ids: Sequence[int]) -> int:
    removed = 0
    for part in chunks(row_ids, ROWS_A_TRANSACTION):
        with sessions.begin() as session:
            removed += remove_rows(session, name, part)
    return removed
