"""``sync_markets``: the catalogue of open markets, and those that just left it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from models.data_enums import DataIssueKind
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.batches import Batch
from service.polymarket.client import PolymarketClient
from service.polymarket.translate import NOT_UMA
from service.protocol.ids import to_hex
from service.protocol.listings import MarketListing, Refused
from service.protocol.sources import GAMMA
from service.store.issues import add_issues
from service.store.listings import list_unseen_since, upsert_listings
from service.store.sources import record_health

# Followed whatever their volume: an answer is on its way.
LIVE_STATUSES = ("proposed", "disputed")


class _Sweep:
    """One run's memory: what was counted, and how new the copy of each market is."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.counts: Counter[str] = Counter()
        self.seen: set[bytes] = set()
        self._sessions = sessions
        self._newest: dict[bytes, datetime] = {}

    def keep(self, batches: Iterator[Batch[MarketListing]]) -> None:
        """Store pages as they come, one transaction each."""
        for batch in batches:
            fresh = [listing for listing in batch.rows if not self._is_older_copy(listing)]
            issues = [refused for refused in batch.refused if refused.reason != NOT_UMA]
            with self._sessions.begin() as session:
                stored = upsert_listings(session, fresh, batch.fetched_at)
                issues += stored.refused
                self.counts["refused"] += add_issues(session, issues, batch.fetched_at)
            self.seen.update(listing.condition_id for listing in batch.rows)
            self.counts["pages"] += 1
            self.counts["added"] += stored.added
            self.counts["changed"] += stored.changed
            self.counts["unchanged"] += stored.unchanged
            self.counts["rules_versions"] += stored.rules_versions
            self.counts["older_copies"] += len(batch.rows) - len(fresh)
            self.counts["not_uma"] += sum(r.reason == NOT_UMA for r in batch.refused)

    def _is_older_copy(self, listing: MarketListing) -> bool:
        """Two lists of one run may come from caches of different age; the newer copy stands."""
        if listing.updated_at is None:
            return False
        newest = self._newest.setdefault(listing.condition_id, listing.updated_at)
        if listing.updated_at < newest:
            return True
        self._newest[listing.condition_id] = listing.updated_at
        return False


def sync_markets(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    min_volume_usdc: int,
) -> CycleReport:
    """Sweep open markets above a volume (USD) and all with an answer on its way.

    What a failing source had given before it failed is kept; the report names the failure.
    """
    started = clock.now()
    sweep = _Sweep(sessions)
    degraded: list[str] = []
    try:
        lists = {"open markets": client.fetch_open_markets(min_volume_usdc=min_volume_usdc)}
        for status in LIVE_STATUSES:
            lists[f"{status} markets"] = client.fetch_markets_by_uma_status(status)
        for name, batches in lists.items():
            try:
                sweep.keep(batches)
            except SourceError as error:
                degraded.append(f"{name}: {error}")
        # Only a whole sweep can tell that a market has left it.
        if not degraded:
            degraded += _refresh_vanished(sessions, client, clock, sweep, started)
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(sweep.counts), tuple(degraded))


def _refresh_vanished(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    sweep: _Sweep,
    started: datetime,
) -> list[str]:
    """Look up followed markets the lists no longer show: most have closed."""
    with sessions() as session:
        vanished = [c for c in list_unseen_since(session, started) if c not in sweep.seen]
    sweep.counts["vanished"] = len(vanished)
    try:
        sweep.keep(client.fetch_markets_by_condition_ids(vanished))
    except SourceError as error:
        return [f"vanished markets: {error}"]
    lost = [c for c in vanished if c not in sweep.seen]
    sweep.counts["lost"] = len(lost)
    reason = "followed, and no longer in the catalogue, neither open nor closed"
    issues = [Refused(DataIssueKind.REFUSED_MARKET, GAMMA, to_hex(c), reason) for c in lost]
    with sessions.begin() as session:
        add_issues(session, issues, clock.now())
    return []
