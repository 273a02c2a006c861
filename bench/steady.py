"""The market side in steady state: 50,000 open markets, 400 hot ones, half of every limit.

`make bench-steady`. The real jobs on their real schedule, in this process, against a world in
another one that counts requests as Polymarket's edge does and answers 429 beyond half of what is
published. Time runs faster than the wall's for everybody, so processor time weighs that much more
than it would. Printed: the first sweep, requests by route, the fullest ten seconds against each
limit, how long hot markets went unread, memory, and what the rows of a day take.
"""

import argparse
import json
import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, select, text

import jobs.schedule as schedules
from bench.world.population import condition_of
from jobs.wiring import House, begin_service, open_house, run_job
from models.market import Market
from service.clock import SystemClock, stopwatch
from service.polymarket.client import PolymarketClient
from service.polymarket.routes import LIMIT_SECONDS
from service.settings import Settings
from tests.postgresql import postgresql_database, postgresql_server

STARTED = datetime(2026, 11, 1, tzinfo=UTC)
# Simulated seconds an answer takes: Data v2's median.
LATENCY = 0.2
# Of what is published; beyond it the world refuses.
SHARE = 0.5
# The world's process needs this long to listen.
START_SECONDS = 4.0


def wall() -> float:
    """The machine's time, in unix seconds."""
    return SystemClock().now().timestamp()


class FastClock:
    """Simulated time: the wall's, ``speed`` times as fast."""

    def __init__(self, zero: float, speed: float) -> None:
        """Both sides start at ``zero`` of the wall's clock."""
        self._zero, self._speed = zero, speed

    def now(self) -> datetime:
        """The simulated instant."""
        return STARTED + timedelta(seconds=(wall() - self._zero) * self._speed)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--open", type=int, default=50_000)
    options.add_argument("--hot", type=int, default=400)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--speed", type=float, default=5.0)
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = options.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with _database(chosen.database) as url:
        measure(url, chosen)


def measure(url: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """One run on an empty database; the world's report, for whoever wants more than the print."""
    zero = wall() + START_SECONDS
    port = _free_port()
    with _world(port, zero, chosen):
        address = f"http://127.0.0.1:{port}"
        settings = Settings(
            database_url=url,
            gamma_url=address,
            clob_url=address,
            data_url=address,
            ws_url="",
        )
        clock = FastClock(zero, chosen.speed)
        house = open_house(settings, clock)
        house.polymarket = PolymarketClient(
            address, address, address, clock=clock, limit_seconds=LIMIT_SECONDS / chosen.speed
        )
        time.sleep(max(0.0, zero - wall()))
        begin_service(house)
        _sweep(house, chosen)
        used = _steady(house, chosen)
        report: dict[str, Any] = json.load(urllib.request.urlopen(f"{address}/_report"))  # noqa: S310  # our own process
        _print_report(report, used, chosen)
        _print_rows(house, chosen, report["simulated_seconds"])
        house.close()
    return report


def _sweep(house: House, chosen: argparse.Namespace) -> None:
    elapsed = stopwatch()
    result = run_job(house, "sync_markets")
    seconds = elapsed()
    print(f"first sweep of {chosen.open:,} markets: {seconds:.1f} s of the wall's time", end="")
    print(f" ({seconds * chosen.speed:.0f} s simulated); {result}")


def _steady(house: House, chosen: argparse.Namespace) -> list[float]:
    """Megabytes resident, once a simulated minute."""
    plan = {
        name: (period / chosen.speed, jitter / chosen.speed)
        for name, (period, jitter) in schedules.PERIODS.items()
    }
    schedules.PERIODS.update(plan)
    schedule = schedules.Schedule(house)
    schedule.start()
    used = []
    for _ in range(round(chosen.minutes)):
        time.sleep(60 / chosen.speed)
        used.append(_resident())
    schedule.stop(60)
    return used


def _print_report(report: dict[str, Any], used: list[float], chosen: argparse.Namespace) -> None:
    minutes = report["simulated_seconds"] / 60
    print(f"\n{minutes:.0f} simulated minutes at {chosen.speed:g} times the wall's speed")
    print(f"\n{'route':<24}{'requests':>10}{'a minute':>10}{'refused':>9}")
    for path, count in sorted(report["requests"].items()):
        refused = report["refused"].get(path, 0)
        print(f"{path:<24}{count:>10,}{count / minutes:>10.1f}{refused:>9}")
    print(f"\n{'limit':<24}{'fullest 10 s':>14}{'of published':>14}")
    for name, full in sorted(report["fullest"].items()):
        print(f"{name:<24}{full['requests']:>14,}{full['of_published']:>14.0%}")
    print("\nhot markets, seconds between reads:")
    print(f"{'':<22}{'median':>8}{'p99':>8}{'longest':>9}{'noticed after':>15}{'unread':>8}")
    for kind, seen in sorted(report["freshness"].items()):
        print(
            f"{kind:<22}{seen['median']:>8.0f}{seen['p99']:>8.0f}{seen['longest']:>9.0f}"
            f"{seen['notice_median']:>8.0f}/{seen['notice_longest']:<6.0f}{seen['unread']:>8}"
        )
    half = len(used) // 2
    print(
        f"\nmemory, MB: {used[0]:.0f} after the first minute, {statistics.median(used[:half]):.0f}"
        f" in the first half, {statistics.median(used[half:]):.0f} in the second, {max(used):.0f}"
        f" at most\neach minute: {' '.join(f'{size:.0f}' for size in used)}"
    )


def _print_rows(house: House, chosen: argparse.Namespace, seconds: float) -> None:
    with house.sessions() as session:
        ids = session.scalars(select(Market.condition_id)).all()
        wanted = {bytes.fromhex(condition_of(n)[2:]) for n in range(chosen.open)}
        print(
            f"\nmarkets stored: {len(ids):,}, of the {len(wanted):,} that were open at the", end=""
        )
        print(f" start {len(wanted & set(ids)):,}; doubles {len(ids) - len(set(ids))}")
        failed = session.execute(
            text(
                "SELECT job, outcome, count(*) FROM job_runs"
                " WHERE outcome NOT IN ('ok', 'running') GROUP BY job, outcome"
            )
        ).all()
        print("runs that did not end well:", [tuple(row) for row in failed] or "none")
        print(f"\n{'table':<24}{'rows':>12}{'rows a day':>14}")
        for name in (
            "markets",
            "trading_activity",
            "open_interest",
            "book_snapshots",
            "resolution_reports",
            "market_assessments",
            "job_runs",
        ):
            count = session.scalar(select(func.count()).select_from(text(name))) or 0
            print(f"{name:<24}{count:>12,}{count / seconds * 86_400:>14,.0f}")


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _world(port: int, zero: float, chosen: argparse.Namespace) -> Iterator[None]:
    options = {
        "port": port,
        "open_markets": chosen.open,
        "hot_markets": chosen.hot,
        "started": STARTED.timestamp(),
        "speed": chosen.speed,
        "latency": LATENCY,
        "share": SHARE,
        "clock_zero": zero,
    }
    process = subprocess.Popen([sys.executable, "-m", "bench.world.server", json.dumps(options)])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/steady.db"
        return
    with postgresql_server(is_durable=True) as server, postgresql_database(server) as url:
        yield url


if __name__ == "__main__":
    main()
