"""``settlewatch import-logs``: recorded logs into the database.

One transaction a file, however large: a fault found late, a full disk or a killed process leaves
all of a file or nothing of it, so running again needs no memory of the first run. Memory stays flat
all the same, since a Parquet file is read in windows and the database spills what it has not
committed. cryo's own files (1,000 blocks) hold the writer's lock for moments.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from jobs.ingest import IngestCounts, OnConflict, ingest_capture
from jobs.transactions import in_transaction
from models.enums import IndexMode
from service.chain.archive import ArchiveError, Capture, read_archive
from service.chain.cryo import Dataset
from service.chain.parquet import ParquetDatabase, ParquetFile, inspect_parquet, is_parquet
from service.chain.parquet_captures import stage_logs
from service.chain.parquet_pairs import pair_blocks
from service.clock import Clock
from service.errors import SourceError
from service.protocol.contracts import ContractBook
from service.store.oracle.blocks import list_block_numbers
from service.store.oracle.contracts import add_book, load_book
from service.store.oracle.indexed_ranges import add_range


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The sum over all files, and one line for each that was refused."""

    counts: dict[str, int]
    refused: tuple[str, ...]
    # Files of which the book knows no contract: often the sign of a wrong book.
    foreign: tuple[str, ...] = ()
    # Blocks files that no logs file of the same command needed.
    idle: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    counts: dict[str, int] = field(
        default_factory=lambda: {"files": 0} | {item.name: 0 for item in fields(IngestCounts)}
    )
    refused: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def add(self, path: Path, counts: dict[str, int]) -> None:
        self.counts["files"] += 1
        for key, value in counts.items():
            self.counts[key] += value
        outside = counts.get("outside_book", 0)
        if outside and outside == counts["logs"]:
            line = f"{path}: all {outside} logs are from contracts the book does not name"
            self.foreign.append(line)


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
    with ParquetDatabase() as parquet:
        result = _Import(sessions, stored, clock, parquet).run(files, progress)
    fold_facts(sessions)
    return result


@dataclass(frozen=True, slots=True)
class _Import:
    """What every file of a command is imported with."""

    sessions: sessionmaker[Session]
    book: ContractBook
    clock: Clock
    parquet: ParquetDatabase

    def run(self, files: Sequence[Path], progress: Callable[[Path], None]) -> ImportResult:
        tally = _Tally()
        # Blocks may come after the logs that need them, so every Parquet file is read first.
        tables = self._inspect(files, tally, progress)
        pairs = pair_blocks(tables.values())
        for path in files:
            table = tables.get(path)
            if is_parquet(path) and table not in pairs:
                continue  # Refused, or blocks: done with when it was inspected.
            try:
                if table is None:
                    tally.add(path, self._import_json(path))
                else:
                    tally.add(path, self._import_parquet(table, pairs[table]))
            except ArchiveError as error:
                tally.refused.append(str(error))
            except SourceError as error:
                tally.refused.append(f"{path}: {error}")
            progress(path)
        return ImportResult(
            tally.counts, tuple(tally.refused), tuple(tally.foreign), _idle(tables, pairs)
        )

    def _inspect(
        self, files: Iterable[Path], tally: _Tally, progress: Callable[[Path], None]
    ) -> dict[Path, ParquetFile]:
        tables: dict[Path, ParquetFile] = {}
        for path in filter(is_parquet, files):
            try:
                tables[path] = inspect_parquet(self.parquet, path)
            except ArchiveError as error:
                tally.refused.append(str(error))
                progress(path)
                continue
            if tables[path].dataset is Dataset.BLOCKS:
                tally.add(path, {})
                progress(path)
        return tables

    def _import_json(self, path: Path) -> dict[str, int]:
        captures = read_archive(path)
        return in_transaction(self.sessions, partial(self._ingest, captures=captures))

    def _import_parquet(self, logs: ParquetFile, blocks: Sequence[ParquetFile]) -> dict[str, int]:
        with stage_logs(self.parquet, logs, blocks, self.book) as staged:

            def ingest(session: Session) -> dict[str, int]:
                numbers = list_block_numbers(session, staged.chain_id, *staged.block_range)
                return self._ingest(session, staged.captures(numbers))

            counts = in_transaction(self.sessions, ingest)
        counts["logs"] += staged.outside_book + staged.unknown_topic
        counts["outside_book"] += staged.outside_book
        counts["unknown_topic"] += staged.unknown_topic
        return counts

    def _ingest(self, session: Session, captures: Iterable[Capture]) -> dict[str, int]:
        totals = {item.name: 0 for item in fields(IngestCounts)}
        for capture in captures:
            # Whoever imports a capture says that it is canonical for its range.
            counts = ingest_capture(
                session, capture, self.book, self.clock.now(), OnConflict.REMOVE
            )
            add_range(
                session, capture.chain_id, capture.from_block, capture.to_block, IndexMode.FULL
            )
            for key, value in asdict(counts).items():
                totals[key] += value
        return totals


def _idle(
    tables: Mapping[Path, ParquetFile], pairs: Mapping[ParquetFile, Sequence[ParquetFile]]
) -> tuple[str, ...]:
    used = {blocks for found in pairs.values() for blocks in found}
    idle = [
        str(path)
        for path, table in tables.items()
        if table.dataset is Dataset.BLOCKS and table.rows and table not in used
    ]
    if not idle:
        return ()
    shown = ", ".join(idle[:3]) + ("…" if len(idle) > 3 else "")  # noqa: PLR2004  # the others lie beside them
    line = f"{len(idle)} blocks files fit no logs file of this command; nothing was stored of them"
    return (f"{line}: {shown}",)
