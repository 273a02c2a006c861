"""The composition root: settings become engines, clients, jobs and the application."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from jobs.cycle import CycleReport, JobResult, run_cycle
from jobs.house import House as House  # noqa: PLC0414  # its users know it from here
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
    POLYGON_RPC,
    SourceHealth,
)
from service.settings import Settings
from service.store.job_runs import close_orphans
from service.store.request_minutes import add_requests
from service.store.sources import record_health

if TYPE_CHECKING:
    from fastapi import FastAPI

    from jobs.backfill import Progress, Span

NOT_CONFIGURED = {
    POLYGON_RPC: "SETTLEWATCH_POLYGON_RPC_URLS is not set: proposers, disputers, bonds and the "
    "contracts' own states are unknown; states come from Polymarket's feed",
    ETHEREUM_RPC: "SETTLEWATCH_ETHEREUM_RPC_URLS is not set: votes and stake are unknown",
    **dict.fromkeys(
        (COINGECKO, COINBASE),
        "not named in SETTLEWATCH_UMA_PRICE_SOURCES: it is not asked for UMA's price",
    ),
    KALSHI: "SETTLEWATCH_SIBLING_MARKETS is not set: prices of the same question there are unknown",
}
# A score names these when they are absent; prices from outside Polymarket are read by none.
SCORED = (POLYGON_RPC, ETHEREUM_RPC)


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


def _sync_markets(house: House) -> CycleReport:
    from jobs.sync_markets import sync_markets  # each job loads what it needs

    return sync_markets(
        house.sessions,
        house.polymarket,
        house.clock,
        min_volume_usdc=house.settings.min_volume_usdc,
        book=house.book,
    )


def _sync_live_markets(house: House) -> CycleReport:
    from jobs.sync_live_markets import sync_live_markets  # as above

    return sync_live_markets(house.sessions, house.polymarket, house.clock, book=house.book)


def _sync_groups(house: House) -> CycleReport:
    from jobs.sync_groups import sync_groups  # as above

    return sync_groups(house.sessions, house.polymarket, house.clock)


def _backfill_closed_markets(house: House) -> CycleReport:
    from jobs.backfill_closed_markets import backfill_closed_markets  # as above

    return backfill_closed_markets(
        house.sessions,
        house.polymarket,
        house.clock,
        days=house.settings.closed_backfill_days,
        min_volume_usdc=house.settings.min_volume_usdc,
        book=house.book,
    )


def _sync_clarifications(house: House, *, is_full: bool = False) -> CycleReport:
    from jobs.sync_clarifications import sync_clarifications  # as above

    return sync_clarifications(house.sessions, house.polymarket, house.clock, is_full=is_full)


def _sync_resolutions(house: House) -> CycleReport:
    from jobs.sync_resolutions import sync_resolutions  # as above

    return sync_resolutions(house.sessions, house.polymarket, house.clock)


def _sync_liquidity(house: House) -> CycleReport:
    from jobs.sync_liquidity import sync_liquidity  # as above

    return sync_liquidity(house.sessions, house.polymarket, house.clock)


def _sync_holders(house: House) -> CycleReport:
    from jobs.sync_holders import sync_holders  # as above

    return sync_holders(house.sessions, house.polymarket, house.clock)


def _sync_price_history(house: House) -> CycleReport:
    from jobs.sync_price_history import sync_price_history  # as above

    return sync_price_history(house.sessions, house.polymarket, house.book, house.clock)


def _sync_positions(house: House) -> CycleReport:
    from jobs.sync_positions import sync_positions  # as above

    return sync_positions(house.sessions, house.polymarket, house.clock)


def _sync_prices(house: House) -> CycleReport:
    from jobs.sync_prices import sync_prices  # as above

    return sync_prices(house.sessions, house.quotes, house.clock)


def _index_oracle(house: House) -> CycleReport:
    from jobs.index_oracle import index_oracle  # as above

    settings = house.settings
    return index_oracle(
        house.sessions,
        house.nodes,
        house.book,
        house.clock,
        settings.polygon_lookback_blocks,
        settings.index_mode,
    )


def _index_fills(house: House) -> CycleReport:
    from jobs.index_fills import index_fills  # as above

    return index_fills(
        house.sessions,
        house.nodes,
        house.polymarket,
        house.book,
        house.recent_fills,
        house.clock,
        house.settings.fills,
    )


def _index_votes(house: House) -> CycleReport:
    from jobs.index_votes import index_votes  # as above

    lookback = house.settings.ethereum_lookback_blocks
    return index_votes(house.sessions, house.nodes, house.book, house.clock, lookback)


def _check_reorgs(house: House) -> CycleReport:
    from jobs.check_reorgs import check_reorgs  # as above

    mode = house.settings.index_mode
    return check_reorgs(house.sessions, house.nodes, house.book, house.clock, mode)


def _look_up_disputed(house: House) -> CycleReport:
    from jobs.look_up_disputed import look_up_disputed  # as above

    return look_up_disputed(house.sessions, house.nodes, house.book, house.clock)


def _read_parameters(house: House) -> CycleReport:
    from jobs.read_parameters import read_parameters  # as above

    return read_parameters(house.sessions, house.nodes, house.book, house.clock)


def _link_wallets(house: House) -> CycleReport:
    from jobs.link_wallets import link_wallets  # as above

    return link_wallets(house.sessions, house.book, house.recipes)


def _read_wallets(house: House) -> CycleReport:
    from jobs.read_wallets import read_wallets_of_chains  # as above

    return read_wallets_of_chains(
        house.sessions, house.nodes, house.book, house.recipes, house.clock
    )


def _fold_facts(house: House) -> CycleReport:
    from jobs.fold_facts import fold_facts  # as above

    return fold_facts(house.sessions)


def _check_data(house: House) -> CycleReport:
    from jobs.check_data import check_data  # as above

    return check_data(house.sessions, house.read_sessions, house.clock)


def _score_markets(house: House) -> CycleReport:
    from jobs.score_markets import score_markets  # as above

    missing = tuple(
        f"{name}: not configured"
        for name in SCORED
        if name not in {node.source for node in house.nodes}
    )
    return score_markets(house.sessions, house.clock, house.cells, house.book, missing)


def _watch_proposals(house: House) -> CycleReport:
    from jobs.watch_proposals import Telling, watch_proposals  # as above
    from service.alerts.contradiction import ContradictionRule  # as above
    from service.alerts.deliver import fingerprint  # as above

    settings = house.settings
    telling = Telling(
        rule=ContradictionRule(stake=settings.alert_contrary_usdc * 10**6),
        destinations=tuple(fingerprint(url) for url in settings.alert_urls),
        page_base_url=settings.public_url,
    )
    return watch_proposals(
        house.sessions, house.polymarket, house.clock, house.watch_memory, telling
    )


def _send_alerts(house: House) -> CycleReport:
    from jobs.send_alerts import send_alerts  # as above
    from service.alerts.decide import AlertRule  # as above

    settings = house.settings
    rule = AlertRule(
        probability=settings.alert_probability,
        expected_loss=settings.alert_expected_loss_usdc * 10**6,
    )
    return send_alerts(
        house.sessions,
        house.clock,
        rule=rule,
        destinations=settings.alert_urls,
        allow_private=settings.allow_private_alert_targets,
        page_base_url=settings.public_url,
    )


def _prune(house: House) -> CycleReport:
    from jobs.prune import policy_of, prune  # as above

    return prune(house.sessions, house.clock, policy_of(house.settings))


JOBS: Mapping[str, Callable[[House], CycleReport]] = {
    "sync_markets": _sync_markets,
    "sync_live_markets": _sync_live_markets,
    "sync_groups": _sync_groups,
    "sync_resolutions": _sync_resolutions,
    "sync_clarifications": _sync_clarifications,
    "recheck_clarifications": partial(_sync_clarifications, is_full=True),
    "sync_liquidity": _sync_liquidity,
    "sync_holders": _sync_holders,
    "sync_price_history": _sync_price_history,
    "sync_prices": _sync_prices,
    "index_oracle": _index_oracle,
    "index_fills": _index_fills,
    "index_votes": _index_votes,
    "check_reorgs": _check_reorgs,
    "fold_facts": _fold_facts,
    "look_up_disputed": _look_up_disputed,
    "read_parameters": _read_parameters,
    "link_wallets": _link_wallets,
    "read_wallets": _read_wallets,
    "sync_positions": _sync_positions,
    "score_markets": _score_markets,
    "watch_proposals": _watch_proposals,
    "send_alerts": _send_alerts,
    "check_data": _check_data,
    "prune": _prune,
    "backfill_closed_markets": _backfill_closed_markets,
}


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
        pages=create_dashboard(sessions, clock, version=number, banner=banner),
    )
