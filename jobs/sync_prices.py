"""``sync_prices``: UMA in USD, and what other venues quote for the same questions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from models.data_enums import DataIssueKind
from models.enums import SourceState
from service.clock import Clock
from service.errors import SourceError
from service.protocol.asset_prices import STALE_AFTER, UMA, issue_key
from service.protocol.listings import Refused
from service.protocol.sources import KALSHI, SourceHealth
from service.quotes.client import QuoteClient
from service.store.checks.issues import add_issues, drop_issues
from service.store.markets.sibling_prices import add_sibling_readings
from service.store.money.asset_prices import add_reading
from service.store.operations.sources import record_health


def sync_prices(sessions: sessionmaker[Session], client: QuoteClient, clock: Clock) -> CycleReport:
    """Ask every configured source once; each fails alone, and what it lacks stays missing."""
    counts: Counter[str] = Counter()
    # What is wrong with a source that answers.
    faults: dict[str, str] = {}
    degraded: list[str] = []
    try:
        for source in client.asset_sources:
            try:
                _sync_uma(sessions, client, source, clock, counts, faults)
            except SourceError as error:
                degraded.append(str(error))
        try:
            _sync_siblings(sessions, client, counts, faults)
        except SourceError as error:
            degraded.append(str(error))
    finally:
        now = clock.now()
        with sessions.begin() as session:
            record_health(session, [_blame(one, faults, now) for one in client.health()], now)
    degraded += [f"{source}: {fault}" for source, fault in faults.items()]
    return CycleReport(dict(counts), tuple(degraded))


def _sync_uma(  # one source of several
    sessions: sessionmaker[Session],
    client: QuoteClient,
    source: str,
    clock: Clock,
    counts: Counter[str],
    faults: dict[str, str],
) -> None:
    reading = client.fetch_uma(source)
    now = clock.now()
    with sessions.begin() as session:
        if isinstance(reading, Refused):
            faults[source] = reading.reason
            counts["refused"] += add_issues(session, [reading], now)
            return
        kept = add_reading(session, UMA, reading, now)
        drop_issues(session, DataIssueKind.REFUSED_ASSET_PRICE, [issue_key(source, UMA)])
    counts["prices_added" if kept else "prices_unchanged"] += 1
    age = now - reading.observed_at
    if age > STALE_AFTER:
        counts["prices_stale"] += 1
        minutes = int(age.total_seconds() // 60)
        faults[source] = f"its price of {UMA} is {minutes} minutes old by its own time: not used"


def _sync_siblings(
    sessions: sessionmaker[Session],
    client: QuoteClient,
    counts: Counter[str],
    faults: dict[str, str],
) -> None:
    for batch in client.fetch_siblings():
        with sessions.begin() as session:
            done = add_sibling_readings(session, batch.rows, batch.fetched_at)
            healed = [row.link.key for row in batch.rows]
            drop_issues(session, DataIssueKind.REFUSED_SIBLING_PRICE, healed)
            counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
        counts["siblings_added"] += done.added
        counts["siblings_unchanged"] += done.unchanged
        counts["siblings_of_unknown_markets"] += done.unknown
        if batch.refused:
            first = batch.refused[0]
            faults.setdefault(KALSHI, f"{first.key}: {first.reason}")


def _blame(health: SourceHealth, faults: Mapping[str, str], now: datetime) -> SourceHealth:
    """A source that answers with something useless is degraded, though its circuit is closed."""
    fault = faults.get(health.name)
    if fault is None:
        return health
    return replace(health, state=SourceState.DEGRADED, since=now, reason=fault, last_failure_at=now)
