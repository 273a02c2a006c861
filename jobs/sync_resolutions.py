"""``sync_resolutions``: Polymarket's resolution feed for the markets where something moves."""

from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.store.hot import list_awaiting_resolution
from service.store.issues import add_issues
from service.store.resolution_rows import add_resolution_rows
from service.store.sources import record_health

# 250 requests of 20 markets a run; the most pressing come first.
MOST_MARKETS = 5_000


def sync_resolutions(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    most_markets: int = MOST_MARKETS,
) -> CycleReport:
    """Ask for hot and overdue markets, and for the final word on those closed lately."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    with sessions() as session:
        hot = list_awaiting_resolution(session, clock.now(), most_markets + 1)
    if len(hot) > most_markets:
        degraded.append(f"more than {most_markets} markets await a resolution: the least were left")
    asked = [market.condition_id for market in hot[:most_markets]]
    counts["asked"] = len(asked)
    try:
        for batch in client.fetch_resolutions(asked):
            with sessions.begin() as session:
                done = add_resolution_rows(session, batch.rows, batch.fetched_at)
                counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
            counts["added"] += done.added
            counts["unchanged"] += done.unchanged
            counts["older_copies"] += done.older
            counts["missing"] += len(batch.missing)
    except SourceError as error:
        degraded.append(f"resolutions: {error}")
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))
