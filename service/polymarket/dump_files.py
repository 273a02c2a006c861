"""Market dumps as files: Parquet, CSV and JSON, read row by row with DuckDB.

A file is counted before anything is made of it, which reads it whole: one that is cut off or of
another shape is refused (:class:`DumpError`) before its first row is given out. Rows come in the
file's order, or by the column that says when they were crawled.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

from service.column_files import open_duckdb
from service.errors import UsageError
from service.polymarket.dump_map import DumpMap
from service.polymarket.dump_values import TRANSFORMS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Rows that are objects at a time.
FETCH = 500
# One record of JSON at most, and one line of CSV.
_LONGEST = 2**26
# DuckDB sets sixteen times this aside for a packed file.
_LONGEST_LINE = 2**21
# Columns that a message lists.
_SHOWN = 40
# Python makes no integer of more than 4,300 digits; ids have 78.
_LONGEST_NUMBER = 1_000
_SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".ndjson": "json",
    ".jsonl": "json",
}
# What a saved answer of Polymarket keeps its markets under.
_PAGES = ("markets", "data")
# Gamma's names without which no row becomes a market.
_GAMMA = ("conditionId", "outcomes", "closed")
_NESTED = ("events", "tags")
# One group of a Parquet file's rows is held at a time, texts and all: by one thread, so that it is
# one, and by as much memory as the groups of the usual writers (122,880 rows) may take.
_MEMORY_LIMIT = "1GB"
Row = Mapping[str, Any]


class DumpError(UsageError):
    """A dump that cannot be read, is cut off, or lacks a column the map names."""


@dataclass(frozen=True, slots=True)
class Dump:
    """One file, found readable: how many rows it has, and how to get them."""

    path: Path
    rows: int
    sql: str
    # Each row is JSON text, and not columns.
    is_json: bool


class DumpReader:
    """One DuckDB for the files of a command, opened when first needed."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._resources = ExitStack()
        self._connection: DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        """Keep it open between files."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it and remove what it spilled."""
        self._close()

    def inspect(self, path: Path, mapping: DumpMap) -> Dump:
        """Read a whole file once and check that it has what the map names."""
        kind = _kind_of(path)
        with self._reading(path) as database:
            source = _source_of(path, kind)
            columns = [] if kind == "json" else _columns_of(database, source)
            if kind != "json":
                _check_columns(path, mapping, columns)
            else:
                _check_names(path, mapping, database, source)
            (counted,) = database.execute(f"SELECT count(*) FROM {source}").fetchall()
            sql = _select(source, mapping, columns)
        return Dump(path, counted[0], sql, kind == "json")

    def rows(self, dump: Dump, mapping: DumpMap) -> Iterator[Sequence[Row]]:
        """All rows of a file, some at a time; memory stays flat."""
        with self._reading(dump.path) as database:
            # A cursor of its own: the rows of one query come while others are asked.
            cursor = database.cursor()
            cursor.execute(dump.sql)
            names = [column[0] for column in cursor.description or ()]
            while found := cursor.fetchmany(FETCH):
                if dump.is_json:
                    yield [row for (text,) in found for row in _records(text)]
                elif mapping.fields:
                    yield [dict(zip(names, row, strict=True)) for row in found]
                else:
                    yield [_as_gamma(dict(zip(names, row, strict=True))) for row in found]
            cursor.close()

    @contextmanager
    def _reading(self, path: Path) -> "Iterator[DuckDBPyConnection]":
        """The database, for one file: what goes wrong meanwhile is an error about ``path``."""
        import duckdb  # noqa: PLC0415  # only an import pays for it

        try:
            if self._connection is None:
                self._connection = open_duckdb(
                    self._resources, memory_limit=_MEMORY_LIMIT, threads=1
                )
            yield self._connection
        except (duckdb.Error, UnicodeDecodeError) as error:
            # After an internal error DuckDB refuses every further query.
            self._close()
            # It adds a query, a pointer into it and advice: the first line says what happened.
            reason = str(error).strip().partition("\n")[0][:300]
            message = f"{path}: cannot be read ({reason}). Copy or make the file again."
            raise DumpError(message) from error

    def _close(self) -> None:
        self._connection = None
        self._resources.close()


def _kind_of(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    kind = _SUFFIXES.get(Path(name).suffix.lower())
    if kind is None or (kind == "parquet" and path.suffix == ".gz"):
        message = (
            f"{path}: is no dump by its name. It must end in {', '.join(_SUFFIXES)}, all but the "
            "first with .gz behind it if it is packed."
        )
        raise DumpError(message)
    if not path.is_file():
        message = f"{path}: cannot be read (no such file). Check the path."
        raise DumpError(message)
    return kind


def _source_of(path: Path, kind: str) -> str:
    """The file as DuckDB's SQL names it; nothing is left to be guessed."""
    file = _quoted(str(path))
    match kind:
        case "parquet":
            return f"read_parquet({file}, hive_partitioning = false)"
        case "json":
            return (
                f"read_json_objects({file}, format = 'auto', maximum_object_size = {_LONGEST}, "
                "hive_partitioning = false)"
            )
        case _:
            delimiter = "\t" if kind == "tsv" else ","
            columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in _header(path, delimiter))
            return (
                f"read_csv({file}, columns = {{{columns}}}, auto_detect = false, header = true, "
                f"delim = {_quoted(delimiter)}, quote = '\"', escape = '\"', "
                f"max_line_size = {_LONGEST_LINE}, hive_partitioning = false)"
            )


def _header(path: Path, delimiter: str) -> list[str]:
    """The first line of a CSV file."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file, delimiter=delimiter), [])
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        message = f"{path}: cannot be read ({error}). Copy or make the file again."
        raise DumpError(message) from error
    if not names or len({name.lower() for name in names}) != len(names) or not all(names):
        message = f"{path}: its first line does not name each column once. Make the file again."
        raise DumpError(message)
    return names


def _columns_of(database: "DuckDBPyConnection", source: str) -> list[str]:
    return [row[0] for row in database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]


def _check_columns(path: Path, mapping: DumpMap, columns: Sequence[str]) -> None:
    there = set(columns)
    missing = {c: key for c, key in mapping.columns().items() if c not in there}
    if missing:
        _refuse_columns(path, missing, columns)
    absent = [name for name in _GAMMA if name not in there]
    if not mapping.fields and absent:
        message = (
            f"{path}: has no column {absent[0]!r}, so its columns are not Gamma's. Say by --map "
            f"which is which. Columns: {_shown(columns)}."
        )
        raise DumpError(message)


def _check_names(path: Path, mapping: DumpMap, database: "DuckDBPyConnection", source: str) -> None:
    """What the map names stands in a row of the JSON; a file without rows lacks nothing."""
    missing = mapping.columns()
    shown: dict[str, None] = {}
    cursor = database.cursor()
    cursor.execute(f"SELECT json FROM {source}")
    while missing and (found := cursor.fetchmany(FETCH)):
        for row in (row for (text,) in found for row in _records(text)):
            missing = {column: key for column, key in missing.items() if column not in row}
            if len(shown) < _SHOWN:
                shown.update(dict.fromkeys(row))
    cursor.close()
    if missing and shown:
        _refuse_columns(path, missing, list(shown))


def _refuse_columns(path: Path, missing: Mapping[str, str], columns: Sequence[str]) -> NoReturn:
    column, key = next(iter(missing.items()))
    message = f"{path}: the map's {key} names the column {column!r}, which is not there. "
    raise DumpError(message + f"Columns: {_shown(columns)}.")


def _shown(columns: Sequence[str]) -> str:
    return ", ".join(columns[:_SHOWN]) + ("…" if len(columns) > _SHOWN else "")


def _select(source: str, mapping: DumpMap, columns: Sequence[str]) -> str:
    """All rows with the columns that are read, in the order in which they were crawled if known."""
    wanted = mapping.columns() if mapping.fields else columns
    names = ", ".join(_identifier(name) for name in wanted)
    if not columns:
        return f"SELECT json FROM {source}"
    order = ""
    if mapping.known_at is not None and mapping.known_at.columns:
        order = f" ORDER BY {_identifier(mapping.known_at.columns[0])} NULLS LAST"
    return f"SELECT {names} FROM {source}{order}"


def _records(text: str) -> list[Row]:
    """The records of one JSON value: itself, or those of the page or event that holds them."""
    try:
        value = json.loads(text, parse_float=_number, parse_int=_number)
    except (ValueError, RecursionError):
        # Refused like what is no object.
        return [{}]
    parent = value if isinstance(value, dict) else {}
    for name in _PAGES:
        if isinstance(parent.get(name), list):
            value = parent[name]
            break
    records = value if isinstance(value, list) else [value]
    # What is no object has nothing of a market and is refused for that.
    rows: list[Row] = [record if isinstance(record, dict) else {} for record in records]
    if value is parent.get("markets") and "id" in parent:
        # An event: what it says of the group its markets are in.
        group = {name: part for name, part in parent.items() if name != "markets"}
        rows = [{"events": [group], **row} for row in rows]
    return rows


def _number(text: str) -> int | Decimal | str:
    """A number of JSON, exact; as its text if it is too large for any field anyhow."""
    if len(text) > _LONGEST_NUMBER:
        return text
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _as_gamma(row: dict[str, Any]) -> Row:
    """Columns of Gamma's names as its records have them: JSON text opened, times as text."""
    for name, value in row.items():
        if isinstance(value, date):
            row[name] = TRANSFORMS["iso"].read(value)
        elif name in _NESTED and isinstance(value, str) and value.lstrip().startswith("["):
            try:
                row[name] = json.loads(value)
            except (ValueError, RecursionError):
                # Left for the translation to refuse by name.
                continue
    return row


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
