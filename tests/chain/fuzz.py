"""A million random logs through decoding and both databases: no crash, no silent loss.

`make fuzz ARGS="--logs 1000000 --seed 7"`. Each log must be counted in exactly one place, and each
fact stored on SQLite and on PostgreSQL. What fails is printed log by log, with its seed, and the
command ends with 1.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from random import Random

from sqlalchemy import Engine

from jobs.ingest import IngestCounts, ingest_capture
from service.chain.archive import Capture
from service.chain.fill_events import decode_fills
from service.clock import stopwatch
from service.database import ensure_schema, open_engine, open_sessions
from tests.chain.random_logs import BOOK, FILL_BOOK, random_capture, random_fill_logs
from tests.postgresql import postgresql_database, postgresql_server

BATCH = 5_000
# For so many logs of the oracle one of a trade is decoded besides.
TRADES_SHARE = 5
PROCESSES = 2
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACES = ("facts_added", "outside_book", "unknown_topic", "undecodable")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the counts, and answer with the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=1_000_000, help="how many")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same logs")
    options = parser.parse_args(arguments)
    elapsed = stopwatch()
    shares = [options.logs // PROCESSES + (n < options.logs % PROCESSES) for n in range(PROCESSES)]
    seeds = [f"{options.seed}/{n}" for n in range(PROCESSES)]
    with ExitStack() as stack:
        server = stack.enter_context(postgresql_server())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = [
            (f"sqlite:///{folder}/{n}.db", stack.enter_context(postgresql_database(server)))
            for n in range(PROCESSES)
        ]
        pool = stack.enter_context(ProcessPoolExecutor(PROCESSES, get_context("spawn")))
        parts = list(pool.map(run, seeds, shares, urls))
    counts = sum((counted for counted, _ in parts), Counter[str]())
    faults = [fault for _, found in parts for fault in found]
    seconds = elapsed()
    print(", ".join(f"{counts[name]:,} {name}" for name in ("logs", *PLACES)))
    print(f"seed {options.seed}: {counts['logs'] / seconds:,.0f} logs/s, {seconds:,.0f} s")
    for fault in faults:
        print(fault)
    lost = counts["logs"] - sum(counts[name] for name in PLACES)
    if lost:
        print(f"{lost} logs are in no place, or in more than one")
    return 1 if faults or lost or counts["logs"] != options.logs else 0


def run(seed: str, count: int, urls: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """So many logs through every database; the counts, and a line for each fault."""
    engines = [open_engine(url) for url in urls]
    for engine in engines:
        ensure_schema(engine)
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for start in range(0, count, BATCH):
        # A batch has a seed of its own, so that it can be made again alone.
        name = f"{seed}/{start}"
        faults += _lost_trades(name, min(BATCH, count - start) // TRADES_SHARE)
        capture = random_capture(Random(name), min(BATCH, count - start))
        found = [_ingest(engine, capture) for engine in engines]
        faults += [f"{name}: {outcome}" for outcome in found if isinstance(outcome, str)]
        whole = [outcome for outcome in found if isinstance(outcome, IngestCounts)]
        if len(set(whole)) > 1:
            faults.append(f"{name}: the databases count differently: {whole}")
        if whole:
            counts.update(asdict(whole[0]))
        else:
            counts["logs"] += len(capture.logs)
    for engine in engines:
        engine.dispose()
    return counts, faults


def _lost_trades(name: str, count: int) -> list[str]:
    """A line if logs of trades end in no place, or in more than one."""
    logs = random_fill_logs(Random(name), count)
    found = decode_fills(logs, FILL_BOOK)
    placed = len(found.fills) + len(found.undecodable)
    placed += found.summaries + found.outside_book + found.unknown_topic
    return [] if placed == count else [f"{name}: {count} logs of trades, {placed} placed"]


def _ingest(engine: Engine, capture: Capture) -> IngestCounts | str:
    """The counts of a capture that is stored and taken back; or the first log that cannot be."""
    with open_sessions(engine)() as session:
        try:
            return ingest_capture(session, capture, BOOK, NOW)
        except Exception as error:  # noqa: BLE001  # any is what the fuzz looks for
            reason = f"{engine.dialect.name}: {type(error).__name__}: {str(error)[:300]}"
    if len(capture.logs) == 1:
        [log] = capture.logs
        return f"{reason}\n  topics {[t.hex() for t in log.topics]} data {log.data.hex()}"
    middle = len(capture.logs) // 2
    for half in (capture.logs[:middle], capture.logs[middle:]):
        outcome = _ingest(engine, replace(capture, logs=half))
        if isinstance(outcome, str):
            return outcome
    return f"{reason}\n  only all {len(capture.logs)} logs together"


if __name__ == "__main__":
    sys.exit(main())
