"""How long work takes: by the clock, and of this process's own processor time."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
