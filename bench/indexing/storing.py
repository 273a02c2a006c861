"""Decoding and storing the workload, a window and a transaction at a time; and its memory."""

import gc
import resource
import tempfile
from collections.abc import Iterable

import psutil
from sqlalchemy import Engine

from bench.indexing.captured_logs import captured_book, captures, windows
from jobs.ingest import ingest_capture
from service.chain.archive import Capture
from service.clock import SystemClock
from service.database import ensure_schema, open_engine, open_sessions
from service.protocol.contracts import ContractBook
from service.store.oracle.contracts import add_book

MEGABYTE = 2**20


def opened(url: str, book: ContractBook) -> Engine:
    """A database with the schema and the book."""
    engine = open_engine(url)
    ensure_schema(engine)
    with open_sessions(engine).begin() as session:
        add_book(session, book)
    return engine


def store(engine: Engine, found: Iterable[Capture], book: ContractBook) -> int:
    """Decode and store every capture; returns how many facts are new."""
    at = SystemClock().now()
    added = 0
    for capture in found:
        with open_sessions(engine).begin() as session:
            added += ingest_capture(session, capture, book, at).facts_added
    return added


def memory_of_import(copies: int) -> tuple[list[float], float]:
    """Megabytes in use after each quarter of an import, and at most: of a process of its own."""
    book, found = captured_book(), captures()
    process = psutil.Process()
    used: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        engine = opened(f"sqlite:///{folder}/bench.db", book)
        for _ in range(4):
            # A new set of blocks each quarter, made and forgotten window by window.
            first = len(used) * copies // 4
            store(engine, windows(found, copies // 4, first), book)
            gc.collect()
            used.append(process.memory_info().rss / MEGABYTE)
        engine.dispose()
    return used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
