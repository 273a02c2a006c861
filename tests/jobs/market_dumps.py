"""Dumps of markets for tests: files of each form, and what an import of them did."""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_markets import MarketImport, import_markets
from models.market import Market
from service.clock import SetClock
from service.polymarket.dump_map import GAMMA_SHAPE, DumpMap, parse_map
from service.polymarket.translate import to_listing
from service.protocol.listings import MarketListing
from service.store.markets.listings import upsert_listings
from tests.loopback.records import condition_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOCK = SetClock(NOW)
Record = dict[str, Any]

# The markets of these tests in columns of somebody's own.
OWN = """
known_at = { column = "seen", as = "epoch-s" }
[fields]
gamma_id = "nr"
condition_id = "cond"
title = "ask"
rules = "text"
outcomes = { columns = ["yes", "no"] }
adapter = "oracle"
closed = "is_over"
volume = { column = "micro", as = "micro-usd" }
"""


def own_row(number: int, seen: datetime | None = None, **changes: Any) -> Record:
    row: Record = {
        "nr": 500_000 + number,
        "cond": condition_of(number),
        "ask": f"Will ship {number} arrive?",
        "text": "Rules, one.",
        "yes": "Yes",
        "no": "No",
        "oracle": "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7",
        "is_over": False,
        "micro": 25_000_000,
        "seen": None if seen is None else int(seen.timestamp()),
    }
    return row | changes


def own_map(text: str = OWN) -> DumpMap:
    return parse_map(text, "own.toml", is_json=False)


def as_json(path: Path, rows: Sequence[Record]) -> None:
    path.write_text(json.dumps(list(rows)))


def as_ndjson(path: Path, rows: Sequence[Record]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_csv(path: Path, rows: Sequence[Record], delimiter: str = ",") -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        for row in rows:
            texts = {k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()}
            writer.writerow(texts)


def as_tsv(path: Path, rows: Sequence[Record]) -> None:
    as_csv(path, rows, "\t")


def as_parquet(path: Path, rows: Sequence[Record]) -> None:
    source = path.with_suffix(".source.ndjson")
    as_ndjson(source, rows)
    sql = f"COPY (SELECT * FROM read_json('{source}', auto_detect = true)) TO '{path}'"  # noqa: S608  # ours
    duckdb.connect().execute(sql)
    source.unlink()


FORMS: dict[str, Callable[[Path, Sequence[Record]], None]] = {
    "d.json": as_json,
    "d.ndjson": as_ndjson,
    "d.jsonl": as_ndjson,
    "d.csv": as_csv,
    "d.tsv": as_tsv,
    "d.parquet": as_parquet,
}


def load(
    sessions: sessionmaker[Session],
    *files: Path,
    mapping: DumpMap = GAMMA_SHAPE,
    clock: SetClock = CLOCK,
    **options: Any,
) -> MarketImport:
    return import_markets(sessions, files, clock, mapping, **options)


def markets(sessions: sessionmaker[Session]) -> list[Market]:
    with sessions() as session:
        return list(session.scalars(select(Market).order_by(Market.condition_id)))


def by_catalogue(sessions: sessionmaker[Session], at: datetime, *records: Record) -> None:
    """What the live catalogue shows."""
    listings = [to_listing(record) for record in records]
    assert all(isinstance(listing, MarketListing) for listing in listings)
    with sessions.begin() as session:
        upsert_listings(session, [m for m in listings if isinstance(m, MarketListing)], at)


def counts(result: MarketImport) -> dict[str, int]:
    """Those that are not zero; every row is in exactly one."""
    ends = sum(value for name, value in result.counts.items() if name not in {"files", "rows"})
    assert ends == result.counts["rows"]
    return {name: value for name, value in result.counts.items() if value}
