"""``settlewatch export``: the stored history, one object a line."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from jobs.export_adjudications import adjudication_rows
from jobs.export_parquet import parquet_pieces
from jobs.export_periods import period_rows
from jobs.export_rows import COLUMNS, question_rows, request_rows, vote_rows

_ROWS: Mapping[str, Callable[[Session], Iterator[dict[str, Any]]]] = {
    "questions": question_rows,
    "requests": request_rows,
    "votes": vote_rows,
    "periods": period_rows,
    "adjudications": adjudication_rows,
}
TABLES = tuple(_ROWS)
FORMATS = ("ndjson", "csv", "parquet")


def export_rows(session: Session, table: str) -> Iterator[dict[str, Any]]:
    """The rows of one exported table, as JSON-ready objects; ``table`` is one of ``TABLES``."""
    return _ROWS[table](session)


def export_table(session: Session, table: str, fmt: str) -> Iterator[bytes]:
    """An exported table in one of ``FORMATS``, a piece at a time."""
    rows = export_rows(session, table)
    if fmt == "parquet":
        return parquet_pieces(rows, COLUMNS[table])
    return format_rows(rows, fmt)


def format_rows(rows: Iterable[Mapping[str, Any]], fmt: str) -> Iterator[bytes]:
    """Rows as ndjson or csv, a piece at a time; nested values are JSON text in csv."""
    if fmt == "ndjson":
        for row in rows:
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        return
    writer_columns: list[str] | None = None
    for row in rows:
        buffer = io.StringIO()
        if writer_columns is None:
            writer_columns = list(row)
            csv.writer(buffer).writerow(writer_columns)
        csv.writer(buffer).writerow([_cell(row[column]) for column in writer_columns])
        yield buffer.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "" if value is None else value
