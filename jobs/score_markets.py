"""``score_markets``: an assessment for every market about which something became known."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session, sessionmaker

from jobs.cell_cache import CellCache
from jobs.cycle import CycleReport
from jobs.scoring import Scale, ScoredMarkets, score_apart
from jobs.scoring_processes import Processes, score_in_processes
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.protocol.listings import Refused
from service.store.checks.issues import add_issues
from service.store.checks.model_checks import model_warnings
from service.store.oracle.contracts import add_book, load_book
from service.store.scores.assessments import add_assessments
from service.store.scores.cell_counts import count_cells
from service.store.scores.scoring import clear_stale, list_due_markets
from service.store.upserts import chunks

# Markets read, and then stored, in one transaction.
BATCH = 1_000


def score_markets(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    clock: Clock,
    cache: CellCache,
    book: ContractBook,
    missing: tuple[str, ...],
    processes: Processes | None = None,
) -> CycleReport:
    """Score what is due, as of now; a score that reads the same as the last is not stored again.

    A market whose own rows make its scoring fail is named and left as it was; the others count.
    Reading and scoring keep no writer waiting: SQLite's one writer is held for the storing alone.
    What becomes known in between marks its market with another time, and that mark stays.
    """
    at = clock.now()
    with sessions.begin() as session:
        add_book(session, book)
    with read_sessions() as session:
        stored = load_book(session)
        cells = cache.get(at, lambda: count_cells(session, stored, at))
        due = list_due_markets(session, at)
        warned = model_warnings(session, cache.parameters.priors_version)
    scale = Scale(cells, cache.parameters, stored, (*missing, *warned), at)
    counts: Counter[str] = Counter()
    failures: list[Refused] = []
    for found in _scored(read_sessions, due, scale, processes):
        with sessions.begin() as session:
            if found.scored is not None:
                add_assessments(session, found.scored)
            clear_stale(session, found.seen, at)
        assessed = 0 if found.scored is None else len(found.scored)
        counts.update(due=len(found.seen), assessed=assessed, unchanged=len(found.seen) - assessed)
        failures += found.failures
    if failures:
        with sessions.begin() as session:
            add_issues(session, failures, at)
    degraded = tuple(f"market {item.key} was not scored: {item.reason}" for item in failures)
    return CycleReport({name: count for name, count in counts.items() if count}, degraded)


def _scored(
    read_sessions: sessionmaker[Session],
    due: Sequence[int],
    scale: Scale,
    processes: Processes | None,
) -> Iterator[ScoredMarkets]:
    batches = list(chunks(due, BATCH))
    if processes is not None and processes.pay_for(len(due), scale):
        yield from score_in_processes(processes, batches, scale)
        return
    for batch in batches:
        yield from score_apart(read_sessions, batch, scale)
