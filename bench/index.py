"""Logs a second: decoding alone beside web3's own decoding of the same logs, and with storing.

`make bench-index`. Medians of five; the two decoders take turns in one process, so quote their
ratio. "CPU" counts processor time, the PostgreSQL server's included: what an idle machine would
about reach, whatever else runs on this one.
"""

import resource
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context

from bench.indexing.captured_logs import captured_book, captures, indexed, windows
from bench.indexing.spans import RUNS, Span, in_turn, measured, measured_with_server, median
from bench.indexing.storing import memory_of_import, opened, store
from bench.indexing.web3_decoding import web3_decoding
from service.chain.archive import Capture
from service.chain.decode import decode_logs
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.chain.words import dvm_key, text_hash
from service.protocol.contracts import ContractBook
from tests.postgresql import postgresql_database, postgresql_server

COPIES = 40
MEMORY_COPIES = 160
# Ours is too fast to be timed over one pass of the captures.
PASSES = 10


def main() -> None:
    """Measure and print."""
    # In a process of its own, before this one holds anything.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        used, peak = pool.submit(memory_of_import, MEMORY_COPIES).result()
    book, found = captured_book(), captures()
    logs = indexed(found)
    proposals = {topic for (_, topic), event in EVENTS.items() if event.name == "ProposePrice"}
    print(f"{'':<42}{'logs/s':>12}{'logs/s of CPU':>16}")
    compare("all indexed events", logs, book)
    compare("ProposePrice", [log for log in logs if log.topics[0] in proposals] * PASSES, book)
    workload = list(windows(found, COPIES))
    with tempfile.TemporaryDirectory() as folder, postgresql_server(is_durable=True) as server:
        sqlite = (f"sqlite:///{folder}/{number}.db" for number in range(RUNS))
        store_and_print("SQLite", sqlite, workload, book)
        with ExitStack() as stack:
            urls = (stack.enter_context(postgresql_database(server)) for _ in range(RUNS))
            store_and_print("PostgreSQL", urls, workload, book)
    quarters = ", ".join(f"{megabytes:,.0f}" for megabytes in used)
    print(f"memory after each quarter of an import of {MEMORY_COPIES * len(logs):,} facts:")
    print(f"  {quarters} MB; {peak:,.0f} MB at most")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, web3 and the whole workload in it: {own:,.0f} MB")


def compare(name: str, logs: Sequence[RawLog], book: ContractBook) -> None:
    """Both decoders over the same logs, in turn."""

    def ours() -> None:
        for _ in range(PASSES):
            # Each pass hashes its texts anew, as logs that were never seen would have to.
            text_hash.cache_clear()
            dvm_key.cache_clear()
            decode_logs(logs, book)

    of_ours, of_web3 = in_turn(ours, web3_decoding(logs, book))
    line(f"decode, {name}", len(logs) * PASSES, median(of_ours))
    line(f"web3 process_log, {name}", len(logs), median(of_web3))
    ratios = [PASSES * theirs.cpu / own.cpu for own, theirs in zip(of_ours, of_web3, strict=True)]
    print(f"{'  ratio, of CPU':<42}{statistics.median(ratios):>28.1f}")


def store_and_print(
    name: str, urls: Iterator[str], workload: Sequence[Capture], book: ContractBook
) -> None:
    """Decode and store the workload in five new databases."""
    spans = []
    for url in urls:
        engine = opened(url, book)
        work = partial(store, engine, workload, book)
        is_server = engine.dialect.name == "postgresql"
        spans.append(measured_with_server(work, engine) if is_server else measured(work))
        engine.dispose()
    total, kept = sum(len(capture.logs) for capture in workload), len(indexed(workload))
    line(f"decode + store, {name}, indexed logs", kept, median(spans))
    line(f"decode + store, {name}, all logs", total, median(spans))


def line(name: str, count: int, span: Span) -> None:
    """One row of the table."""
    print(f"{name:<42}{count / span.wall:>12,.0f}{count / span.cpu:>16,.0f}")


if __name__ == "__main__":
    main()
