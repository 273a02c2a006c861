"""What ``settlewatch doctor`` looks at, one function a subject.

Nothing here uses the network but :func:`check_online`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.schedule import PERIODS
from jobs.wiring import NOT_CONFIGURED, House
from models.enums import JobOutcome, SourceState
from models.operation import JobRun
from service.database import head_revision
from service.errors import SourceError, UsageError
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.refresh_plan import RefreshPlan
from service.protocol.sources import CLOB, DATA_API, ETHEREUM_RPC, GAMMA, POLYGON_RPC
from service.store.operations.request_minutes import Measured
from service.store.operations.status import list_last_runs, list_source_rows
from service.store.oracle.blocks import get_head
from service.telemetry import without_secrets

# The newest stored block of a chain may be so old.
MOST_LAG = {POLYGON: timedelta(minutes=15), ETHEREUM: timedelta(hours=1)}
CHAINS = {POLYGON_RPC: POLYGON, ETHEREUM_RPC: ETHEREUM}
# A job is late after so many of its periods, and a little more.
LATE_PERIODS = 4
LATE_SECONDS = 120
# The machine's clock against others'.
ODD_SKEW = timedelta(seconds=5)
BROKEN_SKEW = timedelta(seconds=60)


class Verdict(StrEnum):
    """How a check went; only what is broken makes the command fail."""

    OK = "ok"
    MISSING = "missing"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's report."""

    subject: str
    name: str
    verdict: Verdict
    detail: str


def check_settings(house: House) -> Iterator[Check]:
    """What is set, and what is lost without the rest; values are never shown."""
    settings = house.settings
    losses = (
        ("POLYGON_RPC_URLS", settings.polygon_rpc_urls, NOT_CONFIGURED[POLYGON_RPC]),
        ("ETHEREUM_RPC_URLS", settings.ethereum_rpc_urls, NOT_CONFIGURED[ETHEREUM_RPC]),
        ("ALERT_URLS", settings.alert_urls, "alerts are stored and sent to nobody"),
        ("UMA_PRICE_SOURCES", settings.uma_price_sources, "UMA's price in USD is unknown"),
        ("SIBLING_MARKETS", settings.sibling_markets, "sibling venues' prices are unknown"),
        ("WS_URL", settings.ws_url, "reads wait for their turn: nothing brings them forward"),
    )
    for name, value, loss in losses:
        reason = loss.split("is not set: ")[-1]
        verdict = Verdict.OK if value else Verdict.MISSING
        yield Check("settings", f"SETTLEWATCH_{name}", verdict, "set" if value else reason)


def check_price_sources(house: House) -> Iterator[Check]:
    """Whether the price sources and the file of links can be read, where any are set."""
    settings = house.settings
    if not (settings.uma_price_sources or settings.sibling_markets):
        return
    try:
        asked = ", ".join(sorted(house.quotes.configured)) or "none"
    except UsageError as error:
        yield Check("settings", "prices from outside", Verdict.BROKEN, without_secrets(str(error)))
    else:
        yield Check("settings", "prices from outside", Verdict.OK, f"readable; asked: {asked}")


def check_database(house: House) -> Iterator[Check]:
    """That it answers, and with which schema: opening the house has compared it."""
    kind = house.engine.dialect.name
    yield Check("database", kind, Verdict.OK, f"reachable, schema {head_revision()}")


def check_sources(session: Session) -> Iterator[Check]:
    """The health of the sources as the jobs last found it."""
    verdicts = {SourceState.DOWN: Verdict.BROKEN, SourceState.DEGRADED: Verdict.WARNING}
    for row in list_source_rows(session):
        state = SourceState(row.state)
        if state in {SourceState.NOT_CONFIGURED, SourceState.UNKNOWN}:
            yield Check("sources", row.name, Verdict.MISSING, without_secrets(row.reason or ""))
            continue
        since = f"{state.value} since {row.since:%Y-%m-%d %H:%M} UTC"
        detail = f"{since}: {without_secrets(row.reason)}" if row.reason else since
        yield Check("sources", row.name, verdicts.get(state, Verdict.OK), detail)


def check_chains(session: Session, house: House, now: datetime) -> Iterator[Check]:
    """How old the newest stored block of each configured chain is."""
    for node in house.nodes:
        head = get_head(session, node.chain_id)
        if head is None:
            yield Check("chains", node.source, Verdict.WARNING, "no block is stored yet")
            continue
        lag = now - head.mined_at
        verdict = Verdict.BROKEN if lag > MOST_LAG[node.chain_id] else Verdict.OK
        detail = f"newest stored block {head.number}, {lag.total_seconds():.0f} s old"
        yield Check("chains", node.source, verdict, detail)


def check_jobs(session: Session, now: datetime) -> Iterator[Check]:
    """How long ago each job began, and how that went."""
    runs = {run.job: run for run in list_last_runs(session)}
    for name, (period, _) in PERIODS.items():
        run = runs.get(name)
        if run is None:
            yield Check("jobs", name, Verdict.MISSING, "never ran on this database")
            continue
        age = (now - run.started_at).total_seconds()
        detail = f"{run.outcome}, began {age:.0f} s ago"
        if run.error:
            detail = f"{detail}: {without_secrets(run.error)}"
        if age > LATE_PERIODS * period + LATE_SECONDS:
            verdict, detail = Verdict.BROKEN, f"{detail}; due every {period} s"
        elif run.outcome == JobOutcome.FAILED:
            verdict = Verdict.BROKEN
        else:
            verdict = Verdict.WARNING if run.outcome == JobOutcome.DEGRADED else Verdict.OK
        yield Check("jobs", name, verdict, detail)


def check_clock(session: Session, now: datetime) -> Iterator[Check]:
    """Whether what is stored lies in the future of this machine's clock."""
    newest = session.scalar(select(func.max(JobRun.started_at)))
    if newest is None:
        yield Check("clock", "stored rows", Verdict.MISSING, "nothing to compare with")
        return
    ahead = newest - now
    verdict = Verdict.BROKEN if ahead > BROKEN_SKEW else Verdict.OK
    detail = "none is from the future"
    if verdict is Verdict.BROKEN:
        detail = f"the newest is {ahead.total_seconds():.0f} s ahead of this machine's clock"
    yield Check("clock", "stored rows", verdict, detail)


def check_limits(plan: RefreshPlan, measured: dict[str, Measured]) -> Iterator[Check]:
    """Whether what is planned fits, and whether anybody said it was too much."""
    for name in plan.overloaded:
        detail = "more is due than its share, however far it is stretched"
        yield Check("limits", name, Verdict.BROKEN, detail)
    for name, sent in measured.items():
        if sent.refused:
            detail = f"{sent.refused} requests of the last minutes were answered by 429"
            yield Check("limits", name, Verdict.WARNING, detail)
    if not plan.overloaded:
        detail = f"the plan fits; {len(plan.stretched)} groups of reads are stretched"
        yield Check("limits", "plan", Verdict.OK, detail)


def check_online(house: House) -> Iterator[Check]:
    """One cheap question to each configured source."""
    for source in (GAMMA, CLOB, DATA_API):
        try:
            yield Check("online", source, Verdict.OK, house.polymarket.read_status(source))
        except SourceError as error:
            yield Check("online", source, Verdict.BROKEN, without_secrets(error.reason))
    try:
        skew = abs(house.polymarket.read_time() - house.clock.now())
        verdict = Verdict.OK if skew <= ODD_SKEW else Verdict.WARNING
        verdict = Verdict.BROKEN if skew > BROKEN_SKEW else verdict
        detail = f"{skew.total_seconds():.0f} s from the CLOB's"
        yield Check("clock", "this machine's", verdict, detail)
    except SourceError as error:
        detail = f"not compared: {without_secrets(error.reason)}"
        yield Check("clock", "this machine's", Verdict.WARNING, detail)
    for node in house.nodes:
        try:
            # Its first question is which chain it serves; a wrong one is an error.
            head = node.head()
            detail = f"chain {node.chain_id}, final block {head.number}"
            yield Check("online", node.source, Verdict.OK, detail)
        except SourceError as error:
            yield Check("online", node.source, Verdict.BROKEN, without_secrets(error.reason))
