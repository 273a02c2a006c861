"""``sync_resolutions``: Polymarket's resolution feed, for each market as soon as it is due."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.due_reads import DueRead, plan_now, read_due
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.batches import Batch
from service.polymarket.client import CONDITIONS_PER_ANSWER, PolymarketClient
from service.protocol.listings import ResolutionRow
from service.store.markets.due_reads import DueMarket
from service.store.markets.resolution_rows import add_resolution_rows
from service.store.operations.sources import record_health

REQUESTS_A_RUN = 100


def sync_resolutions(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    requests_a_run: int = REQUESTS_A_RUN,
) -> CycleReport:
    """Ask for what is due: live answers first, then overdue markets, final words, calm ones."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []

    def ask(part: Sequence[DueMarket]) -> Iterator[Batch[ResolutionRow]]:
        return client.fetch_resolutions([market.condition_id for market in part])

    read = DueRead(
        ReadKind.RESOLUTION, CONDITIONS_PER_ANSWER, requests_a_run, ask, _store, _answered
    )
    try:
        degraded += read_due(sessions, clock, plan_now(sessions, clock), read, counts)
    except SourceError as error:
        degraded.append(f"resolutions: {error}")
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _store(
    session: Session, batch: Batch[ResolutionRow], _part: Sequence[DueMarket]
) -> Counter[str]:
    done = add_resolution_rows(session, batch.rows, batch.fetched_at)
    return Counter(
        added=done.added,
        unchanged=done.unchanged,
        older_copies=done.older,
        missing=len(batch.missing),
    )


def _answered(batch: Batch[ResolutionRow], part: Sequence[DueMarket]) -> set[int]:
    told = {row.condition_id for row in batch.rows}
    return {market.market_id for market in part if market.condition_id in told}
