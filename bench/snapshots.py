"""Bytes a market's snapshots take a day, hot and calm, on both databases, and after thinning.

``python -m bench.snapshots``. The readings are invented and go through the store's own functions;
how often things change is assumed (``HOT`` and ``CALM``), so the table says what a change costs.
"""

import random
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from jobs.prune import prune
from models.base import Base
from models.data_enums import HolderSource
from models.market import Market
from service.clock import SetClock
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.holders import HeldShares, TokenHolders
from service.protocol.listings import BookLevel, BookRow, OpenInterestRow
from service.protocol.retention import RetentionPolicy
from service.store.markets.listing_history import add_activity
from service.store.markets.listings import upsert_listings
from service.store.money.holdings import add_holders
from service.store.money.liquidity import add_books, add_open_interest
from service.store.operations.retention import TABLES
from tests.postgresql import postgresql_database, postgresql_server
from tests.store.test_listings import a_listing

STARTED = datetime(2026, 11, 1, tzinfo=UTC)
MICRO = 10**6
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
Key = TypeVar("Key")


@dataclass(frozen=True)
class Life:
    """How often a market is read, in minutes, and the share of readings that say something new."""

    name: str
    markets: int
    books: int
    interest: int
    holders: int
    activity: int
    books_new: float
    interest_new: float
    # Of the 100 holders of each token at each reading.
    holders_new: float
    activity_new: float


HOT = Life("hot", 2, 2, 5, 15, 10, 0.8, 0.5, 0.05, 0.5)
CALM = Life("calm", 10, 10, 60, 60, 10, 0.1, 0.1, 0.005, 0.05)


def main() -> None:
    """Measure both lives on both databases."""
    print(f"{'':24}{'bytes a market a day':>22}{'after 3 days':>16}{'after 40':>12}")
    for life in (HOT, CALM):
        with tempfile.TemporaryDirectory() as folder:
            _measure(life, f"sqlite:///{folder}/snapshots.db")
        with postgresql_server() as server, postgresql_database(server) as url:
            _measure(life, url)


def _measure(life: Life, url: str) -> None:
    engine = open_engine(url)
    ensure_schema(engine)
    sessions = open_sessions(engine)
    listings = [
        replace(a_listing(n), token_ids=(str(10**76 + 2 * n), str(10**76 + 2 * n + 1)))
        for n in range(1, life.markets + 1)
    ]
    with sessions.begin() as session:
        # Calm ever after: neither past its end nor closed.
        far = STARTED + 1000 * DAY
        upsert_listings(session, [replace(one, end_at=far) for one in listings], STARTED)
    empty = _size(engine)
    _live(life, sessions)
    sizes = [_size(engine) - empty]
    rows = _rows(sessions)
    for days in (3, 40):
        prune(sessions, SetClock(STARTED + days * DAY), RetentionPolicy())
        sizes.append(_size(engine) - empty)
    a_day = [size // life.markets for size in sizes]
    name = f"{life.name}, {engine.dialect.name}"
    print(f"{name:24}{a_day[0]:22,}{a_day[1]:16,}{a_day[2]:12,}")
    print("    " + ", ".join(f"{table} {count // life.markets}" for table, count in rows.items()))
    engine.dispose()


def _live(life: Life, sessions: sessionmaker[Session]) -> None:
    """A day of a market's life."""
    draw = random.Random(7)  # noqa: S311  # the same readings each time
    with sessions() as session:
        markets = list(session.scalars(select(Market)))
    books = {token: _book(token, draw) for market in markets for token in market.token_ids}
    held = {token: _held(draw) for market in markets for token in market.token_ids}
    interest = {market.condition_id: 400_000 * MICRO for market in markets}
    listings = {market.id: replace(a_listing(1), volume=10**12) for market in markets}
    ids = [market.id for market in markets]
    for minute in range(24 * 60):
        at = STARTED + minute * MINUTE
        with sessions.begin() as session:
            if minute % life.books == 0:
                for token in _some(draw, books, life.books_new):
                    books[token] = _book(token, draw)
                add_books(session, [replace(b, booked_at=at) for b in books.values()], ids, at)
            if minute % life.interest == 0:
                for condition in _some(draw, interest, life.interest_new):
                    interest[condition] = int(interest[condition] * draw.uniform(1.01, 1.02))
                rows = [OpenInterestRow(c, value) for c, value in interest.items()]
                add_open_interest(session, rows, at)
            if minute % life.holders == 0:
                lists = [_move(token, sizes, draw, life) for token, sizes in held.items()]
                add_holders(session, lists, ids, at)
            if minute % life.activity == 0:
                for market_id in _some(draw, listings, life.activity_new):
                    volume = int((listings[market_id].volume or 0) * 1.011)
                    listings[market_id] = replace(listings[market_id], volume=volume)
                add_activity(session, listings, at)


def _some(draw: random.Random, keys: Mapping[Key, object], share: float) -> Iterator[Key]:
    yield from [key for key in keys if draw.random() < share]


def _book(token: str, draw: random.Random) -> BookRow:
    best = draw.randrange(300, 600)
    sides = (
        tuple(
            BookLevel(Decimal(best + sign * n) / 1000, Decimal(draw.randrange(100, 10**7)) / 100)
            for n in range(25)
        )
        for sign in (-1, 1)
    )
    bids, asks = sides
    return BookRow(
        token, STARTED, bids, tuple(replace(a, price=a.price + 1 / Decimal(1000)) for a in asks)
    )


def _held(draw: random.Random) -> dict[bytes, int]:
    return {draw.randbytes(20): draw.randrange(10**6, 10**11) for _ in range(100)}


def _move(token: str, sizes: dict[bytes, int], draw: random.Random, life: Life) -> TokenHolders:
    for wallet, size in sizes.items():
        if draw.random() < life.holders_new:
            sizes[wallet] = int(size * draw.uniform(0.8, 1.2))
    ranked = sorted((HeldShares(wallet, size) for wallet, size in sizes.items()), key=_largest)
    return TokenHolders(token, tuple(ranked), is_cut=True, source=HolderSource.HOLDERS)


def _largest(held: HeldShares) -> int:
    return -held.size


def _size(engine: Engine) -> int:
    """Bytes of the tables of snapshots with their indexes, free space given back."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        path = Path(engine.url.database or "")
        with closing(sqlite3.connect(path, isolation_level=None)) as plain:
            plain.execute("VACUUM")
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.stat().st_size
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        total = 0
        for name in TABLES:
            connection.execute(text(f"VACUUM FULL {name}"))
            query = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
            total += connection.scalar(query, {"name": name}) or 0
        return total


def _rows(sessions: sessionmaker[Session]) -> dict[str, int]:
    with sessions() as session:
        return {
            name: session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0
            for name in TABLES
        }


if __name__ == "__main__":
    main()
