"""``settlewatch import-logs``: recorded logs into the database."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from jobs.ingest import IngestCounts, ingest_capture
from service.chain.archive import ArchiveError, read_archive
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.store.contracts import add_book, load_book


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The sum over all files, and one line for each that was refused."""

    counts: dict[str, int]
    refused: tuple[str, ...]
    # Files of which the book knows no contract: often the sign of a wrong book.
    foreign: tuple[str, ...] = ()


def import_logs(
    sessions: sessionmaker[Session],
    files: Sequence[Path],
    book: ContractBook,
    clock: Clock,
    progress: Callable[[Path], None] = lambda _: None,
) -> ImportResult:
    """Import archives in any order; a file with a fault changes nothing, the others count."""
    with sessions.begin() as session:
        add_book(session, book)
        stored = load_book(session)
    totals = {"files": 0} | {field.name: 0 for field in fields(IngestCounts)}
    refused: list[str] = []
    foreign: list[str] = []
    for path in files:
        try:
            captures = read_archive(path)
        except ArchiveError as error:
            refused.append(str(error))
            progress(path)
            continue
        # One transaction a file: a process killed half-way leaves none of it.
        before = totals
        with sessions.begin() as session:
            for capture in captures:
                counts = asdict(ingest_capture(session, capture, stored, clock.now()))
                totals = {key: value + counts.get(key, 0) for key, value in totals.items()}
        totals["files"] += 1
        outside = totals["outside_book"] - before["outside_book"]
        if outside and outside == totals["logs"] - before["logs"]:
            foreign.append(f"{path}: all {outside} logs are from contracts the book does not name")
        progress(path)
    return ImportResult(totals, tuple(refused), tuple(foreign))
