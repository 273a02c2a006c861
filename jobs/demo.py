"""``settlewatch demo``: a labelled reconstruction, replayed through the real jobs, offline.

Nothing here knows a result: the cases become logs and API answers on a loopback server, the jobs
read them as they would read the live sources, and the table is read back from the database.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from jobs.wiring import House, begin_service, open_house, run_job
from models.assessment import MarketAssessment, MarketStanding
from models.enums import JobOutcome
from models.market import Market
from service.chain.book import mainnet_book
from service.clock import SetClock
from service.demo.case import Case
from service.demo.case_files import World, bundled_cases, load_cases, load_world
from service.demo.instants import replay_instants
from service.demo.server import ReconstructionServer
from service.errors import SettlewatchError
from service.protocol.ids import to_hex
from service.settings import Settings, load_settings
from service.store.announcements import add_announcement
from service.store.due_reads import mark_all_due

# In the order a cycle of the live service needs them: what is followed, then what is known of it.
JOB_ORDER = (
    "sync_markets",
    "index_oracle",
    "sync_resolutions",
    "sync_liquidity",
    "score_markets",
    "send_alerts",
)

# Told after each instant: how many are done, of how many, and which it was.
Progress = Callable[[int, int, datetime], None]


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A replayed reconstruction: its database, and what it was made from."""

    house: House
    world: World
    cases: tuple[Case, ...]
    markets: list[dict[str, Any]]


@contextmanager
def run_demo(
    cases_dir: Path | None = None,
    database_url: str | None = None,
    on_progress: Progress | None = None,
) -> Iterator[Reconstruction]:
    """Replay every case and keep the database open while the ``with`` block runs.

    Without ``database_url`` the database is a new file that goes when the block ends. A faulty
    case file is a :class:`UsageError`; a job that fails ends the replay with its error.
    """
    directory = cases_dir or bundled_cases()
    cases, world = load_cases(directory), load_world(directory)
    instants = replay_instants(cases, world.ends_at)
    clock = SetClock(instants[0])
    with tempfile.TemporaryDirectory(prefix="settlewatch-demo-") as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'demo.db'}"
        server = ReconstructionServer(cases, world, mainnet_book(), clock)
        house = open_house(_settings(url, server), clock)
        try:
            with server:
                _replay(house, server, clock, cases, instants, on_progress)
            yield Reconstruction(house, world, cases, list_rows(house))
        finally:
            house.close()


def list_rows(house: House) -> list[dict[str, Any]]:
    """Every scored market as stored, most money at risk first; unknown sums come last."""
    query = (
        select(Market, MarketStanding, MarketAssessment.document)
        .join(MarketStanding, MarketStanding.market_id == Market.id)
        .join(MarketAssessment, MarketAssessment.id == MarketStanding.assessment_id)
    )
    with house.read_sessions() as session:
        rows = [
            _row(market, line, dict(document), house.parameters.open_interest_over_volume)
            for market, line, document in session.execute(query)
        ]
    return sorted(rows, key=lambda row: (-(row["money_at_risk_usdc"] or -1), row["title"]))


def _settings(url: str, server: ReconstructionServer) -> Settings:
    # Everything that could reach out is set here, whatever the environment says: the demo is
    # offline, and it alerts nobody about the past.
    return load_settings(
        database_url=SecretStr(url),
        gamma_url=server.url,
        clob_url=server.url,
        data_url=server.url,
        polygon_rpc_urls=(SecretStr(server.rpc_url),),
        ethereum_rpc_urls=(),
        alert_urls=(),
        contracts=None,
        min_volume_usdc=0,
    )


def _replay(
    house: House,
    server: ReconstructionServer,
    clock: SetClock,
    cases: Sequence[Case],
    instants: Sequence[datetime],
    on_progress: Progress | None,
) -> None:
    begin_service(house)
    for done, instant in enumerate(instants, start=1):
        clock.set(instant)
        with house.sessions.begin() as session:
            mark_all_due(session, instant)
        for name in JOB_ORDER:
            result = run_job(house, name)
            if result.outcome is not JobOutcome.OK:
                message = (
                    f"demo: {name} at {instant:%Y-%m-%d %H:%M} UTC {result.outcome}: {result.error}"
                )
                raise SettlewatchError(message)
            if name == "sync_markets":
                _note_announcements(house, server, cases, instant)
        if on_progress is not None:
            on_progress(done, len(instants), instant)


def _note_announcements(
    house: House, server: ReconstructionServer, cases: Sequence[Case], now: datetime
) -> None:
    """Write down what was announced by now; no API gives it, so an operator would."""
    for case in cases:
        announced = case.announcement
        if announced is None or announced.at > now:
            continue
        origin = case.sources.get(announced.source or "", announced.invented or "")
        with house.sessions.begin() as session:
            add_announcement(
                session,
                server.catalogue.condition_of(case),
                remedy=announced.remedy,
                announced_at=announced.at,
                source=f"{announced.text} Source: {origin}",
                known_at=now,
            )


def _row(
    market: Market, line: MarketStanding, document: Mapping[str, Any], share_of_volume: float
) -> dict[str, Any]:
    money = document["money"]
    return {
        "ref": to_hex(market.condition_id),
        "slug": market.slug,
        "title": market.title,
        "state": line.state,
        "p": {"mean": line.p_mean, "p05": line.p_low, "p95": line.p_high},
        "money_at_risk_usdc": _at_risk(money, share_of_volume),
        "money_source": money["source"],
        "expected_loss_usdc": _number(money["expected_loss_usdc"]),
        "support": line.support,
        "remedy": line.remedy,
        "as_of": line.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _at_risk(money: Mapping[str, Any], share_of_volume: float) -> int | float | None:
    """The open interest, or the share of the volume the score took in its place."""
    if money["source"] == "assumed":
        return _number(str(Decimal(money["volume_usdc"]) * Decimal(repr(share_of_volume))))
    return _number(money["open_interest_usdc"])


def _number(usdc: str | None) -> int | float | None:
    if usdc is None:
        return None
    amount = Decimal(usdc)
    return int(amount) if amount == amount.to_integral_value() else float(amount)
