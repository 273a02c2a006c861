"""``prune``: thin old snapshots of markets that are not hot."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.protocol.retention import RetentionPolicy
from service.settings import Settings
from service.store.retention import PAGE, TABLES, list_surplus, list_unprotected, remove_rows
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


def prune(
    sessions: sessionmaker[Session],
    clock: Clock,
    policy: RetentionPolicy,
    *,
    dry_run: bool = False,
    page: int = PAGE,
) -> CycleReport:
    """Remove what the policy does not keep, some markets a transaction; or only count it.

    Cut off, it has removed a part; the next run removes the rest, and a second one nothing.
    """
    now = clock.now()
    counts: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:
        with sessions() as session:
            market_ids, after = list_unprotected(session, after, now, policy, page)
        counts["markets"] += len(market_ids)
        for name in TABLES:
            with sessions() as session:
                row_ids = list_surplus(session, name, market_ids, now, policy)
            counts[name] += len(row_ids) if dry_run else _remove(sessions, name, row_ids)
    return CycleReport({"dry_run": 1, **counts} if dry_run else dict(counts))


def _remove(sessions: sessionmaker[Session], name: str, row_ids: Sequence[int]) -> int:
    removed = 0
    for part in chunks(row_ids, ROWS_A_TRANSACTION):
        with sessions.begin() as session:
            removed += remove_rows(session, name, part)
    return removed
