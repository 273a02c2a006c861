"""``sync_markets``: the catalogue of open markets, and those that just left it."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.seen import Seen
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
from service.store.listings import list_open, upsert_listings
from service.store.sources import record_health

# Followed whatever their volume: an answer is on its way.
LIVE_STATUSES = ("proposed", "disputed")
# Open markets of ours read at once to find those the sweep did not show, and looked up at once.
OPEN_PAGE = 5_000
LOOK_UP = 500


class _Sweep:
    """One run's memory: what was counted, and which rows were shown."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.counts: Counter[str] = Counter()
        self.seen = Seen()
        self._sessions = sessions

    def keep(self, batches: Iterator[Batch[MarketListing]]) -> None:
        """Store pages as they come, one transaction each."""
        for batch in batches:
            issues = [refused for refused in batch.refused if refused.reason != NOT_UMA]
            with self._sessions.begin() as session:
                stored = upsert_listings(session, batch.rows, batch.fetched_at)
                issues += stored.refused
                self.counts["refused"] += add_issues(session, issues, batch.fetched_at)
            self.seen.add(stored.market_ids)
            self.counts["pages"] += 1
            self.counts["added"] += stored.added
            self.counts["changed"] += stored.changed
            self.counts["unchanged"] += stored.unchanged
            self.counts["rules_versions"] += stored.rules_versions
            self.counts["older_copies"] += stored.older_copies
            self.counts["not_uma"] += sum(r.reason == NOT_UMA for r in batch.refused)


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
            degraded += _refresh_vanished(sessions, client, clock, sweep)
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(sweep.counts), tuple(degraded))


def _refresh_vanished(
    sessions: sessionmaker[Session], client: PolymarketClient, clock: Clock, sweep: _Sweep
) -> list[str]:
    """Look up followed markets the lists no longer show: most have closed."""
    sweep.counts.update(vanished=0, lost=0)
    for vanished in _list_vanished(sessions, sweep.seen):
        sweep.counts["vanished"] += len(vanished)
        try:
            sweep.keep(client.fetch_markets_by_condition_ids(list(vanished.values())))
        except SourceError as error:
            return [f"vanished markets: {error}"]
        lost = [c for row_id, c in vanished.items() if row_id not in sweep.seen]
        sweep.counts["lost"] += len(lost)
        reason = "followed, and no longer in the catalogue, neither open nor closed"
        issues = [Refused(DataIssueKind.REFUSED_MARKET, GAMMA, to_hex(c), reason) for c in lost]
        with sessions.begin() as session:
            add_issues(session, issues, clock.now())
    return []


def _list_vanished(sessions: sessionmaker[Session], seen: Seen) -> Iterator[dict[int, bytes]]:
    """Open markets of ours that were not seen, some at a time."""
    last = 0
    vanished: dict[int, bytes] = {}
    while True:
        with sessions() as session:
            page = list_open(session, last, OPEN_PAGE)
        if not page:
            break
        last = page[-1][0]
        for row_id, condition_id in page:
            if row_id not in seen:
                vanished[row_id] = condition_id
            if len(vanished) == LOOK_UP:
                yield vanished
                vanished = {}
    if vanished:
        yield vanished
