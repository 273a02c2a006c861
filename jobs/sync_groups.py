"""``sync_groups``: Polymarket's "events", with or without markets of ours."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.seen import Seen
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.batches import Batch
from service.polymarket.client import PolymarketClient
from service.polymarket.kinds import COUNTED
from service.protocol.listings import GroupListing
from service.store.checks.issues import add_issues
from service.store.markets.catalogue import (
    count_ungrouped,
    get_position,
    raise_counts,
    set_position,
)
from service.store.markets.market_groups import list_open_groups, upsert_groups
from service.store.operations.sources import record_health

SWEEP = "open_groups"
# Open groups of ours read at once to find those the sweep did not show, and looked up at once.
OPEN_PAGE = 5_000
LOOK_UP = 500


def sync_groups(
    sessions: sessionmaker[Session], client: PolymarketClient, clock: Clock
) -> CycleReport:
    """Sweep open groups, each time from the other end; then look up those that left the list."""
    counts: Counter[str] = Counter()
    seen = Seen()
    degraded: list[str] = []
    try:
        with sessions() as session:
            up = not (get_position(session, SWEEP) or {}).get("up", False)
        try:
            _keep(sessions, client.catalogue.open_groups(up=up), counts, seen)
            counts["vanished"] = _refresh_vanished(sessions, client, counts, seen)
        except SourceError as error:
            degraded.append(f"open groups: {error}")
        else:
            _finish(sessions, clock, counts, up=up)
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _keep(
    sessions: sessionmaker[Session],
    batches: Iterable[Batch[GroupListing]],
    counts: Counter[str],
    seen: Seen,
) -> None:
    for batch in batches:
        issues = [refused for refused in batch.refused if refused.reason not in COUNTED]
        with sessions.begin() as session:
            ids = upsert_groups(session, batch.rows, batch.fetched_at)
            counts["refused"] += add_issues(session, issues, batch.fetched_at)
        seen.add(ids.values())
        counts["pages"] += 1
        counts["groups"] += len(ids)
        counts["micro_groups"] += len(batch.refused) - len(issues)


def _refresh_vanished(
    sessions: sessionmaker[Session], client: PolymarketClient, counts: Counter[str], seen: Seen
) -> int:
    """Ask for the groups of ours that are not open any more, or were never swept as open."""
    last, vanished, total = 0, list[str](), 0
    while True:
        with sessions() as session:
            page = list_open_groups(session, last, OPEN_PAGE)
        vanished += [gamma_id for row_id, gamma_id in page if row_id not in seen]
        while len(vanished) >= LOOK_UP or (vanished and not page):
            part, vanished = vanished[:LOOK_UP], vanished[LOOK_UP:]
            total += len(part)
            _keep(sessions, client.catalogue.groups(part), counts, seen)
        if not page:
            return total
        last = page[-1][0]


def _finish(
    sessions: sessionmaker[Session], clock: Clock, counts: Counter[str], *, up: bool
) -> None:
    now = clock.now()
    with sessions.begin() as session:
        empty, lone = count_ungrouped(session)
        counts["groups_without_markets"], counts["markets_without_group"] = empty, lone
        set_position(session, SWEEP, {"up": up, "finished_at": now.isoformat()}, now)
        names = ("groups", "micro_groups", "groups_without_markets", "markets_without_group")
        raise_counts(session, {name: counts[name] for name in names}, now)
