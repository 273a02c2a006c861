"""How long work takes: by the clock, and of processor time, a database server's included."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil
from sqlalchemy import Engine, text

from service.clock import stopwatch

RUNS = 5


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds of one run or, of several, the medians."""

    wall: float
    cpu: float


def measured(work: Callable[[], object]) -> Span:
    """One run."""
    elapsed, before = stopwatch(), time.process_time()
    work()
    cpu = time.process_time() - before
    return Span(elapsed(), cpu)


def measured_with_server(work: Callable[[], object], engine: Engine) -> Span:
    """One run whose processor time counts the PostgreSQL server's as well."""
    with engine.connect() as connection:
        backend = psutil.Process(connection.scalar(text("SELECT pg_backend_pid()")))
    server = backend.parent()
    assert server is not None
    before = _cpu_of(server)
    span = measured(work)
    return Span(span.wall, span.cpu + _cpu_of(server) - before)


def _cpu_of(server: psutil.Process) -> float:
    """Seconds of a server, its living processes and those that have ended."""
    own = server.cpu_times()
    ended = own.children_user + own.children_system
    living = [child.cpu_times() for child in server.children()]
    total: float = own.user + own.system + ended + sum(t.user + t.system for t in living)
    return total


def in_turn(*works: Callable[[], object]) -> list[list[Span]]:
    """Five runs of each, side by side in time, so that a busy minute strikes all alike."""
    rounds = [[measured(work) for work in works] for _ in range(RUNS)]
    return [list(spans) for spans in zip(*rounds, strict=True)]


def median(spans: Sequence[Span]) -> Span:
    """The medians of both clocks."""
    return Span(
        statistics.median(span.wall for span in spans),
        statistics.median(span.cpu for span in spans),
    )
