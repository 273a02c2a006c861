"""A large rescore spread over processes; the few markets of an ordinary run never come here.

Each process reads and scores batches on a connection of its own and hands the scores back: this
one alone writes. They are started anew for each such run and gone after it, so that in between a
worker holds no memory for them.
"""

import gc
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.scoring import Scale, ScoredMarkets, score_apart
from service.database import open_engine, open_read_sessions
from service.protocol.contracts import ContractBook
from service.risk.cells import build_cells
from service.risk.inputs import CellCount
from service.risk.parameters import load_parameters

# Below this many markets starting processes takes longer than it saves.
FROM_MARKETS = 5_000
# Batches waiting to be stored: each holds some megabytes.
AHEAD = 2
# New objects between two looks for cycles; Python's own 700 takes a tenth of a rescore.
GC_OBJECTS = 100_000


@dataclass(frozen=True, slots=True)
class Processes:
    """How many processes may score, and on which database."""

    database_url: str
    count: int
    from_markets: int = FROM_MARKETS

    def pay_for(self, markets: int, scale: Scale) -> bool:
        """Whether so many markets are worth starting them; they know the shipped numbers only."""
        return (
            self.count > 1
            and markets >= self.from_markets
            and scale.parameters.digest == load_parameters().digest
        )


@dataclass(frozen=True, slots=True)
class _Task:
    """What a process needs to make the same scale: draws are not sent, they are drawn again."""

    database_url: str
    counts: tuple[CellCount, ...]
    book: ContractBook
    missing: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Mine:
    """A process's own connection and scale."""

    reading: sessionmaker[Session]
    scale: Scale


_mine: list[_Mine] = []


def score_in_processes(
    processes: Processes, batches: Sequence[Sequence[int]], scale: Scale
) -> Iterator[ScoredMarkets]:
    """The scores of each batch as they come, in no order; equal to those of one process."""
    task = _Task(processes.database_url, scale.cells.counts, scale.book, scale.missing, scale.at)
    # A copy of this process would have its locks, held by threads the copy has not got.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes.count, context, _begin, (task,)) as pool:
        todo = iter(batches)
        running: set[Future[list[ScoredMarkets]]] = set()
        for batch in todo:
            running.add(pool.submit(_score, batch))
            if len(running) < processes.count + AHEAD:
                continue
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield from future.result()
        for future in running:
            yield from future.result()


def _begin(task: _Task) -> None:
    # Nothing scored here lives in cycles worth looking for every few hundred objects.
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 50, 50)
    parameters = load_parameters()
    scale = Scale(
        build_cells(task.counts, parameters), parameters, task.book, task.missing, task.at
    )
    _mine.append(_Mine(open_read_sessions(open_engine(task.database_url)), scale))


def _score(market_ids: Sequence[int]) -> list[ScoredMarkets]:
    (mine,) = _mine
    return list(score_apart(mine.reading, market_ids, mine.scale))
