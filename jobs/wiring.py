"""The composition root: settings become engines, clients, jobs and the application."""

from importlib.metadata import version
from typing import TYPE_CHECKING

from jobs.cycle import CycleReport, JobResult, run_cycle
from jobs.house import House as House  # noqa: PLC0414  # its users know it from here
from jobs.job_table import JOBS as JOBS  # noqa: PLC0414  # as above
from jobs.transactions import in_transaction
from models.enums import IndexMode, SourceState
from service.chain.book import mainnet_book, read_book
from service.clock import Clock, SystemClock
from service.database import (
    ensure_schema,
    open_engine,
    schema_fault,
)
from service.errors import UsageError
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.sources import (
    CLOB,
    COINBASE,
    COINGECKO,
    DATA_API,
    ETHEREUM_RPC,
    GAMMA,
    KALSHI,
    KNOWN_SOURCES,
    MARKET_STREAM,
    POLYGON_RPC,
    SourceHealth,
)
from service.settings import Settings
from service.store.operations.job_runs import close_orphans
from service.store.operations.request_minutes import add_requests
from service.store.operations.sources import record_health

if TYPE_CHECKING:
    from fastapi import FastAPI

    from jobs.backfill import Progress, Span

NOT_CONFIGURED = {
    POLYGON_RPC: "SETTLEWATCH_POLYGON_RPC_URLS is not set: proposers, disputers, bonds and the "
    "contracts' own states are unknown; states come from Polymarket's feed, trades without "
    "makers from its Data API",
    ETHEREUM_RPC: "SETTLEWATCH_ETHEREUM_RPC_URLS is not set: votes and stake are unknown",
    **dict.fromkeys(
        (COINGECKO, COINBASE),
        "not named in SETTLEWATCH_UMA_PRICE_SOURCES: it is not asked for UMA's price",
    ),
    KALSHI: "SETTLEWATCH_SIBLING_MARKETS is not set: prices of the same question there are unknown",
    MARKET_STREAM: "SETTLEWATCH_WS_URL is off: a moved price is seen by the next poll, not sooner",
}


def open_house(settings: Settings, clock: Clock | None = None) -> House:
    """Open the database (an empty one gets its schema) and note what is not configured."""
    book = read_book(settings.contracts) if settings.contracts else mainnet_book()
    engine = open_engine(settings.database_url.get_secret_value())
    ensure_schema(engine)
    return House(settings, clock or SystemClock(), engine, book)


def begin_service(house: House) -> None:
    """Name every source: those that are not configured, with what is lost, and the others."""
    now = house.clock.now()
    configured = {
        *(GAMMA, CLOB, DATA_API),
        *(node.source for node in house.nodes),
        *house.quotes.configured,
        *((MARKET_STREAM,) if house.settings.ws_url else ()),
    }
    known = [
        SourceHealth(name, SourceState.UNKNOWN, since=now, reason="not asked yet")
        if name in configured
        else SourceHealth(name, SourceState.NOT_CONFIGURED, since=now, reason=NOT_CONFIGURED[name])
        for name in KNOWN_SOURCES
    ]
    with house.sessions.begin() as session:
        record_health(session, known, now)


def close_cut_off_runs(house: House) -> None:
    """What the one process that runs a database's jobs does first."""
    with house.sessions.begin() as session:
        close_orphans(session, house.clock.now())


def run_job(house: House, name: str) -> JobResult:
    """Run one job once and record it; an unknown name is a :class:`UsageError`."""
    try:
        job = JOBS[name]
    except KeyError as error:
        message = f"unknown job {name!r}. Choose one of: {', '.join(JOBS)}."
        raise UsageError(message) from error
    try:
        return run_cycle(name, lambda: job(house), house.sessions, house.clock)
    finally:
        _record_requests(house)


def _record_requests(house: House) -> None:
    """Keep what Polymarket was asked meanwhile, by whichever job."""
    if "polymarket" not in house.__dict__:
        return
    counts = house.polymarket.take_requests()
    if counts:
        in_transaction(house.sessions, lambda session: add_requests(session, counts))


# Which jobs read a chain, and can read its past.
CHAIN_JOBS = {"index_oracle": POLYGON, "index_votes": ETHEREUM}


def run_backfill(house: House, name: str, span: "Span", progress: "Progress") -> JobResult:
    """Read a chain's past; what is wrong with the range is a :class:`UsageError`."""
    from jobs.backfill import backfill, find_bounds  # as above

    chain_id = CHAIN_JOBS.get(name)
    if chain_id is None:
        message = f"--from: {name!r} reads no chain. Choose one of: {', '.join(CHAIN_JOBS)}."
        raise UsageError(message)
    node = next((node for node in house.nodes if node.chain_id == chain_id), None)
    if node is None:
        variable = {POLYGON: "POLYGON", ETHEREUM: "ETHEREUM"}[chain_id]
        message = f"{name}: SETTLEWATCH_{variable}_RPC_URLS is not set. Set it to a node's URL."
        raise UsageError(message)
    bounds = find_bounds(node, span)
    mode = house.settings.index_mode if chain_id == POLYGON else IndexMode.FULL

    def run() -> CycleReport:
        return backfill(house.sessions, node, house.book, house.clock, span, bounds, mode, progress)

    return run_cycle(
        name,
        run,
        house.sessions,
        house.clock,
    )


def make_app(house: House, banner: str | None = None) -> "FastAPI":
    """The API and the dashboard on this house's database."""
    from service.api.app import create_app  # jobs alone do not need the web stack
    from service.dashboard.pages import create_dashboard  # as above

    sessions, clock, number = house.read_sessions, house.clock, version("settlewatch")
    return create_app(
        sessions,
        clock,
        version=number,
        banner=banner,
        readiness=lambda: schema_fault(house.engine),
        pages=create_dashboard(
            sessions, clock, version=number, banner=banner, explainer=house.explainer
        ),
        explainer=house.explainer,
    )
