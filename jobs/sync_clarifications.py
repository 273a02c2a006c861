"""``sync_clarifications``: what Polymarket adds to its rules, newest first until it is known.

``recheck_clarifications`` walks all of them: an older one may have been sent, failed or taken back.
"""

from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.clarifications import ClarificationPage
from service.polymarket.client import PolymarketClient
from service.store.checks.issues import add_issues
from service.store.markets.listed_clarifications import (
    Kept,
    add_clarifications,
    count_unlinked,
    link_clarifications,
)
from service.store.operations.sources import record_health


def sync_clarifications(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    is_full: bool = False,
) -> CycleReport:
    """Read pages until one brings nothing new, or all of them with ``is_full``.

    Where the source does not answer newest first a known page says nothing of the next: then all
    are read every time.
    """
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    try:
        for page in client.fetch_clarifications():
            done = _keep(sessions, page, counts)
            is_known = done.added + done.changed == 0
            if is_known and page.is_ordered and not is_full:
                break
    except SourceError as error:
        degraded.append(f"clarifications: {error}")
    finally:
        with sessions.begin() as session:
            counts["linked"] = link_clarifications(session, clock.now())
            counts["unlinked"] = count_unlinked(session)
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _keep(sessions: sessionmaker[Session], page: ClarificationPage, counts: Counter[str]) -> Kept:
    batch = page.batch
    with sessions.begin() as session:
        done = add_clarifications(session, batch.rows, batch.fetched_at)
        counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
    counts["pages"] += 1
    counts["unordered_pages"] += not page.is_ordered
    counts["added"] += done.added
    counts["changed"] += done.changed
    counts["unchanged"] += done.unchanged
    counts["older_copies"] += done.older
    return done
