"""Parquet files of cryo's datasets, read with DuckDB and checked whole.

Columns that are not needed stay on disk, and what does not fit into memory's limit goes to a
temporary folder (docs/adr/0005-dependencies.md says why DuckDB).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from service.chain.archive import ArchiveError
from service.chain.cryo import Dataset, dataset_of, faults_sql, typed_sql
from service.column_files import open_duckdb

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAGIC = b"PAR1"
# Statistics in the file say which row groups a condition may skip. Where they are wrong, by a
# writer's fault or a flipped bit, rows would vanish without a word: every row is looked at.
_DISTRUSTED = "filter_pushdown,join_filter_pushdown,statistics_propagation"


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file of one dataset, all its rows found sound. One without rows names no chain."""

    path: Path
    dataset: Dataset
    rows: int
    chain_id: int | None
    first_block: int
    last_block: int


class ParquetDatabase:
    """One DuckDB for the files of a command, opened when first needed (it costs 50 ms)."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._resources = ExitStack()
        self._connection: DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        """Keep the database open between files."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it and remove what it spilled."""
        self._close()

    @contextmanager
    def reading(self, path: Path) -> "Iterator[DuckDBPyConnection]":
        """The database, for one file: what goes wrong meanwhile is an error about ``path``."""
        import duckdb  # noqa: PLC0415  # only an import of Parquet pays for it

        try:
            if self._connection is None:
                self._connection = self._open()
            yield self._connection
        except duckdb.OutOfMemoryException as error:
            self._close()
            message = (
                f"{path}: the folder for temporary files is full: make room, let TMPDIR name a "
                "larger one, or make files of fewer blocks."
            )
            raise ArchiveError(message) from error
        except (duckdb.Error, UnicodeDecodeError) as error:
            # After an internal error DuckDB refuses every further query.
            self._close()
            # It adds a query, a pointer into it and advice: the first line says what happened.
            reason = str(error).partition("\n")[0][:300]
            message = f"{path}: cannot be read as Parquet ({reason}). Copy or make the file again."
            raise ArchiveError(message) from error

    def _open(self) -> "DuckDBPyConnection":
        connection = open_duckdb(self._resources)
        connection.execute(f"SET disabled_optimizers = '{_DISTRUSTED}'")
        return connection

    def _close(self) -> None:
        self._connection = None
        self._resources.close()


def is_parquet(path: Path) -> bool:
    """Whether a file is meant as Parquet: by its first bytes or, where those are hurt, its name."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC or path.suffix == ".parquet"
    except OSError:
        return False  # The reader of JSON says what is wrong with it.


def inspect_parquet(parquet: ParquetDatabase, path: Path) -> ParquetFile:
    """Read a whole file and check every row; an ``ArchiveError`` names the first one at fault."""
    with parquet.reading(path) as database:
        types = open_file(database, "source", path)
        try:
            dataset = dataset_of(types)
        except ValueError as error:
            message = f"{path}: {error}."
            raise ArchiveError(message) from error
        faults = faults_sql(dataset, types)
        rows, low, high, first, last, *at_fault = one_row(
            database,
            f"""SELECT count(*), min(chain_id), max(chain_id), min(block_number), max(block_number),
            {", ".join(f"min(file_row_number) FILTER (WHERE {sql})" for sql in faults.values())}
            FROM source""",
        )
        found = {
            row: reason for reason, row in zip(faults, at_fault, strict=True) if row is not None
        }
        if found:
            message = f"{path}: row {min(found) + 1}: {found[min(found)]}. Make the file again."
            raise ArchiveError(message)
        if low != high:
            message = f"{path}: holds rows of two chains, {low} and {high}. Make a file for each."
            raise ArchiveError(message)
        database.execute(
            f"CREATE OR REPLACE TEMP VIEW typed AS {typed_sql(dataset, types, 'source')}"
        )
        check = check_chain if dataset is Dataset.BLOCKS else _check_unique
        check(database, "typed", path)
    return ParquetFile(path, dataset, rows, low, first or 0, last or 0)


def open_file(database: "DuckDBPyConnection", name: str, path: Path) -> dict[str, str]:
    """Make a file a view with ``file_row_number``; returns the types of its columns."""
    try:
        source = database.from_parquet(str(path), file_row_number=True, hive_partitioning=False)
    except RuntimeError as error:
        message = f"{path}: cannot be read as Parquet (a column's name is no text). Make it again."
        raise ArchiveError(message) from error
    source.create_view(name, replace=True)
    return {
        column: str(kind)
        for column, kind in zip(source.columns, source.types, strict=True)
        if column != "file_row_number"
    }


def one_row(database: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    """The one row of an aggregate."""
    (row,) = database.execute(query).fetchall()
    return row


def check_chain(database: "DuckDBPyConnection", table: str, path: Path) -> None:
    """Refuse blocks that contradict each other: two of one number, or a parent of another hash."""
    rows = database.execute(
        f"""WITH pairs AS (
            SELECT block_number AS number, parent_hash AS parent,
                {{'hash': block_hash, 'parent': parent_hash, 'at': timestamp}} AS block,
                lag(block_number) OVER sorted AS number_before, lag(block) OVER sorted AS before
            FROM {table} WINDOW sorted AS (ORDER BY block_number)
        )
        SELECT number, number_before FROM pairs
        WHERE (number_before = number AND before <> block)
            OR (number_before = number - 1 AND before.hash <> parent)
        ORDER BY number LIMIT 1"""
    ).fetchall()
    for number, number_before in rows:
        message = f"{path}: block {number} does not follow block {number_before}. Make it again."
        if number == number_before:
            message = f"{path}: block {number} comes twice and differs. Import one branch a time."
        raise ArchiveError(message)


def _check_unique(database: "DuckDBPyConnection", table: str, path: Path) -> None:
    rows = database.execute(
        f"""SELECT block_number, log_index FROM {table}
        GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1"""
    ).fetchall()
    for number, log_index in rows:
        message = f"{path}: log {log_index} of block {number} appears twice. Make the file again."
        raise ArchiveError(message)
