"""``sync_markets``: the catalogue of open markets, and those that just left it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.keep_listings import Keeper
from jobs.recategorise import recategorise
from jobs.seen import Seen
from models.data_enums import DataIssueKind
from service.clock import Clock
from service.polymarket.client import PolymarketClient
from service.protocol.contracts import ContractBook
from service.protocol.ids import to_hex
from service.protocol.listings import Refused
from service.protocol.sources import GAMMA
from service.store.checks.issues import add_issues
from service.store.markets.catalogue import get_position, raise_counts, set_position
from service.store.markets.listings import list_open
from service.store.operations.sources import record_health

# Open markets of ours read at once to find those the sweep did not show, and looked up at once.
OPEN_PAGE = 5_000
LOOK_UP = 500
# Where the sweeps stand.
SWEEP = "open_markets"
# Without a whole sweep for so long the next one comes from both ends.
GAP = timedelta(hours=1)


def sync_markets(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    min_volume_usdc: int,
    book: ContractBook | None = None,
) -> CycleReport:
    """Sweep open markets above a volume (USD) and all with an answer on its way.

    What a failing source had given before it failed is kept; the report names the failure. A run
    that is cut off leaves whole pages, and the next one begins anew.
    """
    keeper = Keeper(sessions, book)
    degraded: list[str] = []
    try:
        keeper.counts["recategorised"] = recategorise(sessions, clock)
        with sessions() as session:
            last = get_position(session, SWEEP) or {}
        passes = _passes(last, clock.now())
        for up in passes:
            keeper.shown.clear()
            # What one sweep missed because rows moved meanwhile, one from the other end has.
            pages = client.catalogue.open_markets(min_volume_usdc=min_volume_usdc, up=up)
            degraded += keeper.keep_all("open markets", pages)
            if degraded:
                break
        shown = dict(keeper.shown)
        degraded += keeper.keep_live(client)
        # Only a whole sweep, or one but for a gap, can tell that a market has left it.
        if not degraded:
            degraded += _refresh_vanished(sessions, client, clock, keeper)
            _finish(sessions, clock, shown, up=passes[-1])
        degraded += dict.fromkeys(keeper.gaps)
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(keeper.report(), tuple(degraded))


def _passes(last: Mapping[str, object], now: datetime) -> tuple[bool, ...]:
    """From which ends to sweep: from the other one than last time; from both after a gap."""
    finished = last.get("finished_at")
    if isinstance(finished, str) and now - datetime.fromisoformat(finished) < GAP:
        return (not last.get("up", False),)
    return (True, False)


def _finish(
    sessions: sessionmaker[Session], clock: Clock, shown: Mapping[str, int], *, up: bool
) -> None:
    now = clock.now()
    with sessions.begin() as session:
        set_position(session, SWEEP, {"up": up, "finished_at": now.isoformat()}, now)
        raise_counts(session, shown, now)


def _refresh_vanished(
    sessions: sessionmaker[Session], client: PolymarketClient, clock: Clock, keeper: Keeper
) -> list[str]:
    """Look up followed markets the lists no longer show: most have closed."""
    keeper.counts.update(vanished=0, lost=0)
    failed: list[str] = []
    for vanished in _list_vanished(sessions, keeper.seen):
        keeper.counts["vanished"] += len(vanished)
        found = client.fetch_markets_by_condition_ids(list(vanished.values()))
        failed += keeper.keep_all("vanished markets", found)
        if failed:
            # What was not found may only have been missed: nothing is called lost.
            continue
        lost = [c for row_id, c in vanished.items() if row_id not in keeper.seen]
        keeper.counts["lost"] += len(lost)
        reason = "followed, and no longer in the catalogue, neither open nor closed"
        issues = [Refused(DataIssueKind.REFUSED_MARKET, GAMMA, to_hex(c), reason) for c in lost]
        with sessions.begin() as session:
            add_issues(session, issues, clock.now())
    return list(dict.fromkeys(failed))


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
