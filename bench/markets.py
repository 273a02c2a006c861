"""Markets upserted a second: a first sweep of the catalogue, an unchanged one and a moved one.

`make bench-markets`. Pages of a hundred, a transaction each, as ``sync_markets`` stores them, into
SQLite and PostgreSQL. The listings are made page by page, so memory is that of the storing.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from sqlalchemy import Engine

from models.enums import Category
from service.clock import stopwatch
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.listings import GroupListing, MarketListing
from service.store.markets.listings import upsert_listings
from tests.postgresql import postgresql_database, postgresql_server

PAGE = 100
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
USDC = 10**6
# As long as the rules of real markets are in the middle.
RULES = "This market resolves to Yes if the ship named in the title arrives by noon. " * 16
# Of a hundred markets of a later sweep: how many traded by a step, and said something new.
TRADED, CHANGED = 10, 1

Change = Callable[[int, MarketListing], MarketListing]


def a_listing(number: int) -> MarketListing:
    """An invented market of the catalogue, the like of which a sweep brings."""
    return MarketListing(
        gamma_id=str(500_000 + number),
        condition_id=number.to_bytes(32, "big"),
        question_id=(number + 2**200).to_bytes(32, "big"),
        uma_question_id=(number + 2**200).to_bytes(32, "big"),
        group=GroupListing(str(number // 4), f"ships-{number // 4}", "Ships this winter", None),
        slug=f"will-the-ship-number-{number}-arrive-on-time",
        title=f"Will the ship number {number} arrive on time?",
        rules=f"{RULES}It is ship number {number}.",
        category=Category.OTHER,
        tags=("shipping", "winter", "weekly"),
        outcomes=("Yes", "No"),
        token_ids=(str(10**76 + 2 * number), str(10**76 + 2 * number + 1)),
        adapter=b"\x65" * 20,
        neg_risk=False,
        closed=False,
        end_at=FIRST + timedelta(days=number % 90),
        closed_at=None,
        uma_status=None,
        uma_statuses=(),
        uma_bond=500 * USDC,
        custom_liveness_seconds=None,
        volume=(1_000 + number) * USDC,
        volume_24h=120 * USDC,
        liquidity=900 * USDC,
        updated_at=FIRST,
    )


def as_it_is(_: int, listing: MarketListing) -> MarketListing:
    """The same again, refreshed at the source."""
    return replace(listing, updated_at=FIRST + timedelta(minutes=10))


def moved(number: int, listing: MarketListing) -> MarketListing:
    """As ten minutes later: some traded, a few say something new."""
    later = replace(listing, updated_at=FIRST + timedelta(minutes=20))
    if number % 100 < CHANGED:
        later = replace(later, uma_status="proposed", uma_statuses=("proposed",))
    if number % 100 < TRADED:
        later = replace(later, volume=2 * (listing.volume or 0))
    return later


def pages(markets: int, change: Change) -> Iterator[list[MarketListing]]:
    """A sweep's pages."""
    for start in range(0, markets, PAGE):
        stop = min(start + PAGE, markets)
        yield [change(number, a_listing(number)) for number in range(start, stop)]


def sweep(engine: Engine, markets: int, change: Change, at: datetime) -> tuple[float, float]:
    """Markets stored a second, and a second of our processor time; making listings left out."""
    sessions = open_sessions(engine)
    seconds = spent = 0.0
    for page in pages(markets, change):
        elapsed, before = stopwatch(), cpu_seconds()
        with sessions.begin() as session:
            upsert_listings(session, page, at)
        seconds, spent = seconds + elapsed(), spent + cpu_seconds() - before
    return markets / seconds, markets / spent


def cpu_seconds() -> float:
    """Processor time this process has used."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


def measure(url: str, markets: int) -> dict[str, float]:
    """The three sweeps on an empty database, and how much memory they left the process with."""
    engine = open_engine(url)
    ensure_schema(engine)
    process = psutil.Process()
    found: dict[str, float] = {}
    sweeps: dict[str, Change] = {"first": lambda _, m: m, "unchanged": as_it_is, "moved": moved}
    memory = 0
    for number, (name, change) in enumerate(sweeps.items()):
        at = FIRST + timedelta(minutes=10 * number)
        found[name], found[f"{name}_of_cpu"] = sweep(engine, markets, change, at)
        memory = memory or process.memory_info().rss
    found["grown_mib"] = (process.memory_info().rss - memory) / 2**20
    engine.dispose()
    return {name: round(value, 1) for name, value in found.items()}


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'bench.db'}"
        results["SQLite"] = measure(url, chosen.markets)
        with postgresql_server(is_durable=True) as server, postgresql_database(server) as url:
            results["PostgreSQL"] = measure(url, chosen.markets)
    if chosen.json:
        print(json.dumps(results))  # what the command is for
        return
    for database, found in results.items():
        words = ", ".join(f"{name} {value:,}" for name, value in found.items())
        print(f"{database}: {words} (markets/s; MiB)")  # as above


if __name__ == "__main__":
    main()
