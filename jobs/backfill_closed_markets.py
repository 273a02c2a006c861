"""``backfill_closed_markets``: markets of the past, a bounded piece of work a run.

First backwards by windows of end dates, once; beside that, always, forwards by closing time. More
than a quarter of markets close before their end date and some long after it, so neither order
alone shows them all: the first window is open towards the future, and what closes after the first
run is met by its closing time whatever its end date was.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.keep_listings import Keeper
from models.data_enums import DataIssueKind
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket.catalogue import Page
from service.polymarket.client import PolymarketClient
from service.protocol.contracts import ContractBook
from service.protocol.listings import MarketListing, Refused
from service.protocol.sources import GAMMA
from service.store.checks.issues import add_issue
from service.store.markets.catalogue import get_position, set_position
from service.store.operations.sources import record_health

PAST = "closed_by_end"
RECENT = "closed_by_close"
# Pages of a hundred: at the pace that is allowed, some ten seconds.
PAGES_A_RUN = 100
WINDOW = timedelta(days=1)
# Two lists of one moment are cached at different times.
OVERLAP = timedelta(hours=1)
# What fails this often is left aside, by name, so that what comes after it has its turn.
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class _Past:
    """Where the walk backwards stands; times in ISO form, as they are stored."""

    # When it began, and the end of the window that is next; at first the one without an end.
    anchor: str
    upper: str | None = None
    cursor: str | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Recent:
    """Where the walk by closing time stands."""

    # Everything that closed before this is stored.
    known: str
    # The newest closing time of a walk that is under way, and where that goes on.
    newest: str | None = None
    cursor: str | None = None
    failures: int = 0


def backfill_closed_markets(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    days: int,
    min_volume_usdc: int,
    book: ContractBook | None = None,
) -> CycleReport:
    """Fetch some of the past's closed markets above a volume (USD), and those that just closed.

    ``days`` back from the first run by end date; 0 does nothing at all.
    """
    if days == 0:
        return CycleReport({"pages": 0})
    run = _Run(sessions, client, clock, Keeper(sessions, book), min_volume_usdc)
    degraded: list[str] = []
    try:
        for name, part in (("closed lately", run.follow), ("closed before", run.look_back)):
            try:
                part(days)
            except SourceError as error:
                degraded.append(f"{name}: {error}")
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(run.keeper.report(), tuple(degraded))


@dataclass(slots=True)
class _Run:
    sessions: sessionmaker[Session]
    client: PolymarketClient
    clock: Clock
    keeper: Keeper
    min_volume_usdc: int

    def follow(self, _days: int) -> None:
        """By closing time, newest first, down to what is known."""
        state = self._load_recent()
        reached = datetime.fromisoformat(state.known) - OVERLAP
        pages = self.client.catalogue.closed_by_close(
            min_volume_usdc=self.min_volume_usdc, cursor=state.cursor
        )
        try:
            for number, page in enumerate(pages, start=1):
                closings = [row.closed_at for row in page.batch.rows if row.closed_at is not None]
                if state.newest is None and closings:
                    state = replace(state, newest=max(closings).isoformat())
                is_done = page.cursor is None or (bool(closings) and min(closings) < reached)
                state = replace(state, cursor=page.cursor)
                if is_done:
                    state = _Recent(max(state.known, state.newest or state.known))
                self._keep(page, RECENT, asdict(state))
                if is_done or number >= PAGES_A_RUN:
                    return
            # The last page was empty, or all of them were.
            self._note(RECENT, asdict(_Recent(max(state.known, state.newest or state.known))))
        except SourcePaused:
            raise
        except SourceError as error:
            self._fail_recent(state, error)
            raise

    def look_back(self, days: int) -> None:
        """By end date, window by window, backwards from the first run."""
        state = self._load_past()
        anchor = datetime.fromisoformat(state.anchor)
        floor = anchor - timedelta(days=days)
        left = PAGES_A_RUN
        while left > 0:
            upper = None if state.upper is None else datetime.fromisoformat(state.upper)
            if upper is not None and upper <= floor:
                return
            first = anchor if upper is None else max(upper - WINDOW, floor)
            self.keeper.counts["windows"] += 1
            try:
                state, left = self._walk_window(state, first, upper, left)
            except SourcePaused:
                raise
            except SourceError as error:
                self._fail_past(state, first, error)
                raise

    def _walk_window(
        self, state: _Past, first: datetime, upper: datetime | None, left: int
    ) -> tuple[_Past, int]:
        pages = self.client.catalogue.closed_by_end(
            first, upper, min_volume_usdc=self.min_volume_usdc, cursor=state.cursor
        )
        following = _Past(state.anchor, first.isoformat())
        for page in pages:
            state = following if page.cursor is None else replace(state, cursor=page.cursor)
            self._keep(page, PAST, asdict(state))
            left -= 1
            if page.cursor is None or left == 0:
                return state, left
        # A window without a market has no page either.
        self._note(PAST, asdict(following))
        return following, left - 1

    def _fail_recent(self, state: _Recent, error: SourceError) -> None:
        # A cursor may have died of age: the next run begins at the top.
        failed = replace(state, cursor=None, failures=state.failures + 1)
        if failed.failures >= ATTEMPTS:
            newest = max(state.known, state.newest or state.known)
            self._leave_aside(f"closed markets that closed {state.known} to {newest}", error)
            failed = _Recent(newest)
        self._note(RECENT, asdict(failed))

    def _fail_past(self, state: _Past, first: datetime, error: SourceError) -> None:
        failed = replace(state, cursor=None, failures=state.failures + 1)
        if failed.failures >= ATTEMPTS:
            until = state.upper or "any later end"
            self._leave_aside(f"closed markets ending {first.isoformat()} to {until}", error)
            failed = _Past(state.anchor, first.isoformat())
        self._note(PAST, asdict(failed))

    def _leave_aside(self, key: str, error: SourceError) -> None:
        reason = f"left aside after {ATTEMPTS} failures: {error.reason}"
        with self.sessions.begin() as session:
            refused = Refused(DataIssueKind.REFUSED_MARKET, GAMMA, key, reason)
            add_issue(session, refused, self.clock.now())

    def _keep(self, page: Page[MarketListing], name: str, position: Mapping[str, Any]) -> None:
        """Store a page and where that leaves the walk, in one transaction."""
        now = self.clock.now()
        self.keeper.keep(page.batch, lambda session: set_position(session, name, position, now))

    def _note(self, name: str, position: Mapping[str, Any]) -> None:
        with self.sessions.begin() as session:
            set_position(session, name, position, self.clock.now())

    def _load_past(self) -> _Past:
        position: dict[str, Any] | None = self._position(PAST)
        return _Past(self.clock.now().isoformat()) if position is None else _Past(**position)

    def _load_recent(self) -> _Recent:
        position: dict[str, Any] | None = self._position(RECENT)
        return _Recent(self.clock.now().isoformat()) if position is None else _Recent(**position)

    def _position(self, name: str) -> dict[str, Any] | None:
        with self.sessions() as session:
            return get_position(session, name)
