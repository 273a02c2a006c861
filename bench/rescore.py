"""A full rescore: every open market with its interval, read, scored and stored.

`make bench-rescore`. An invented catalogue with volume, open interest and books; of every hundred
markets one is proposed by Polymarket's feed, with a price before the proposal. Printed: the first
scoring, one after every market changed, one after a single market changed, the processor time of
this process and of those that score for it, and how long any other writer had to wait. The budget
is 15 s for 50,000 markets on two processes.
"""

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psutil
from sqlalchemy import insert, select, text, update

from bench.markets import FIRST, USDC, pages
from jobs.house import House
from jobs.job_table import JOBS
from jobs.wiring import open_house
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, ResolutionReport
from service.clock import SetClock, stopwatch
from service.protocol.prices import YES
from service.settings import Settings
from service.store.markets.listings import upsert_listings
from tests.postgresql import postgresql_database, postgresql_server

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def fill(house: House, markets: int) -> None:
    """The catalogue and its money, as the first sweep leaves them."""
    for page in pages(markets, lambda _, listing: listing):
        with house.sessions.begin() as session:
            upsert_listings(session, page, FIRST)
    at = NOW - timedelta(minutes=5)
    with house.sessions.begin() as session:
        ids = session.scalars(select(Market.id)).all()
        session.execute(
            insert(OpenInterest),
            [{"market_id": i, "value": (i % 900 + 1) * 1000 * USDC, "known_at": at} for i in ids],
        )
        session.execute(insert(BookSnapshot), [a_book(i, at) for i in ids])
        proposed = [i for i in ids if i % 100 == 0]
        session.execute(insert(ResolutionReport), [a_report(i, at) for i in proposed])


def a_book(market_id: int, at: datetime) -> dict[str, object]:
    """A book of Yes around a price of its own."""
    middle = Decimal(market_id % 97 + 1) / 100
    return {
        "market_id": market_id,
        "token_id": str(10**76 + 2 * market_id),
        "outcome_index": 0,
        "known_at": at,
        "bid_depth": 100 * USDC,
        "ask_depth": 100 * USDC,
        "best_bid": middle - Decimal("0.005"),
        "best_ask": middle + Decimal("0.005"),
        "bids": [],
        "asks": [],
    }


def a_report(market_id: int, at: datetime) -> dict[str, object]:
    """The feed's word that Yes was proposed a while after the book was seen."""
    return {
        "market_id": market_id,
        "status": "proposed",
        "proposed_price": str(YES),
        "was_disputed": False,
        "extended_review": False,
        "rules_updated": False,
        "reported_at": NOW + timedelta(minutes=1),
        "expected_settlement_at": NOW + timedelta(hours=2),
        "known_at": at,
    }


def score(house: House, name: str) -> None:
    """One run of the job, timed; and what another writer waited meanwhile."""
    times = psutil.Process().cpu_times
    before, elapsed = times(), stopwatch()
    with another_writer(house) as waits:
        report = JOBS["score_markets"](house)
    seconds, after = elapsed(), times()
    used = after.user + after.system - before.user - before.system
    scored = after.children_user + after.children_system
    scored -= before.children_user + before.children_system
    longest = max(waits, default=0.0)
    print(
        f"{name:<28}{seconds:>8.2f} s wall {used:>8.2f} s CPU {scored:>8.2f} s CPU of others"
        f"   another writer waited {longest:.2f} s at most   {dict(report.counts)}"
    )


@contextmanager
def another_writer(house: House) -> Iterator[list[float]]:
    """Somebody who writes a little ten times a second; the list grows by each wait."""
    stop, waits = threading.Event(), list[float]()

    def write() -> None:
        while not stop.wait(0.1):
            elapsed = stopwatch()
            with house.sessions.begin() as session:
                session.execute(text("UPDATE markets SET title = title WHERE id = 1"))
            waits.append(elapsed())

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()


def measure(url: str, markets: int) -> None:
    """The runs on one database."""
    clock = SetClock(NOW)
    house = open_house(Settings(_env_file=None, database_url=url), clock)
    elapsed = stopwatch()
    fill(house, markets)
    print(f"{house.engine.dialect.name}: {markets:,} markets made in {elapsed():.0f} s")
    score(house, "first")
    clock.set(NOW + timedelta(minutes=1))
    with house.sessions.begin() as session:
        session.execute(update(Market).values(stale_since=clock.now()))
    score(house, "all marked, nothing new")
    clock.set(NOW + timedelta(minutes=2))
    with house.sessions.begin() as session:
        session.execute(update(OpenInterest).values(value=OpenInterest.value * 2))
        session.execute(update(Market).values(stale_since=clock.now()))
    score(house, "all moved")
    clock.set(NOW + timedelta(minutes=3))
    with house.sessions.begin() as session:
        session.execute(update(OpenInterest).where(OpenInterest.market_id == 1).values(value=USDC))
        session.execute(update(Market).where(Market.id == 1).values(stale_since=clock.now()))
    score(house, "one moved")
    house.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=50_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if chosen.database != "postgresql":
            measure(f"sqlite:///{Path(directory) / 'bench.db'}", chosen.markets)
        if chosen.database != "sqlite":
            with postgresql_server(is_durable=True) as server, postgresql_database(server) as url:
                measure(url, chosen.markets)


if __name__ == "__main__":
    main()
