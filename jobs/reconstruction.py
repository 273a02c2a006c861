"""Cases run through the real jobs, instant by instant, on a loopback server: offline.

What `settlewatch demo` and `settlewatch replay` share. Nothing here knows a result: the cases
become logs and API answers, and the jobs read them as they would read the live sources.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from jobs.wiring import House, begin_service, open_house, run_job
from models.enums import JobOutcome
from service.chain.book import mainnet_book
from service.clock import SetClock
from service.demo.case import Case
from service.demo.case_files import World
from service.demo.server import ReconstructionServer
from service.errors import SettlewatchError
from service.settings import Settings, load_settings
from service.store.markets.announcements import add_announcement
from service.store.markets.due_reads import mark_all_due

# Told after each instant: how many are done, of how many, and which it was.
Progress = Callable[[int, int, datetime], None]
# Told before the first instant, with the opened database.
Opening = Callable[[House], None]


@contextmanager
def run_cases(  # what a replay is made of
    cases: Sequence[Case],
    world: World,
    instants: Sequence[datetime],
    job_order: Sequence[str],
    *,
    database_url: str | None = None,
    on_progress: Progress | None = None,
    on_opening: Opening | None = None,
) -> Iterator[House]:
    """Run the jobs at every instant and keep the database open while the ``with`` block runs.

    Without ``database_url`` the database is a new file that goes when the block ends. A job that
    does not end well ends the run with its error.
    """
    clock = SetClock(instants[0])
    with tempfile.TemporaryDirectory(prefix="settlewatch-cases-") as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'cases.db'}"
        server = ReconstructionServer(cases, world, mainnet_book(), clock)
        house = open_house(_settings(url, server), clock)
        try:
            with server:
                if on_opening is not None:
                    on_opening(house)
                begin_service(house)
                for done, instant in enumerate(instants, start=1):
                    clock.set(instant)
                    _look(house, server, cases, job_order)
                    if on_progress is not None:
                        on_progress(done, len(instants), instant)
            yield house
        finally:
            house.close()


def _settings(url: str, server: ReconstructionServer) -> Settings:
    # Everything that could reach out is set here, whatever the environment says: a reconstruction
    # is offline, and it alerts nobody about the past.
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


def _look(
    house: House, server: ReconstructionServer, cases: Sequence[Case], job_order: Sequence[str]
) -> None:
    """Everything is due, each job runs once."""
    now = house.clock.now()
    with house.sessions.begin() as session:
        mark_all_due(session, now)
    for name in job_order:
        result = run_job(house, name)
        if result.outcome is not JobOutcome.OK:
            message = f"{name} at {now:%Y-%m-%d %H:%M} UTC {result.outcome}: {result.error}"
            raise SettlewatchError(message)
        if name == "sync_markets":
            _note_announcements(house, server, cases, now)


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
