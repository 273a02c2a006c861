"""Exported rows as one Parquet file, in the columns and types the table declares."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# Columns by name, each with its type: text, integer, boolean or float; nested values are JSON text.
Columns = Mapping[str, type]

_TYPES: Mapping[type, str] = {
    str: "VARCHAR",
    int: "BIGINT",
    bool: "BOOLEAN",
    float: "DOUBLE",
}
_BATCH = 5_000
_PIECE = 1 << 20


def parquet_pieces(rows: Iterable[Mapping[str, Any]], columns: Columns) -> Iterator[bytes]:
    """The file, a piece at a time; it is made beside and not in memory."""
    with TemporaryDirectory(prefix="settlewatch-") as folder:
        path = Path(folder) / "export.parquet"
        _write(rows, columns, path)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _write(rows: Iterable[Mapping[str, Any]], columns: Columns, path: Path) -> None:
    import duckdb

    declared = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in columns.items())
    places = ", ".join(f"unnest(?::{_TYPES[kind]}[])" for kind in columns.values())
    remaining = iter(rows)
    with duckdb.connect(path.with_suffix(".db")) as database:
        # The bar would be drawn on standard output, among the exported bytes.
        database.execute("SET enable_progress_bar_print = false")
        database.execute(f"CREATE TABLE rows ({declared})")
        while batch := list(islice(remaining, _BATCH)):
            values = [[_cell(row[name]) for row in batch] for name in columns]
            database.execute(f"INSERT INTO rows SELECT {places}", values)
        database.execute(f"COPY rows TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value
