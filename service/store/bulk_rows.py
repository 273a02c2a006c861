"""Many rows at once, past SQLAlchemy's work for each row and value.

The values are converted a column at a time by the column types' own converters, so what is
stored is what SQLAlchemy would have stored. SQLite then takes the rows by the driver's
``executemany``; PostgreSQL by COPY into a temporary table and one INSERT out of that, since COPY
itself knows no ON CONFLICT.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table

from models.base import UtcTimestamp
from service.json_text import encode

Convert = Callable[[Any], Any]
_IGNORED = "ON CONFLICT DO NOTHING"
# From so many rows on the bulk way is the faster one on both databases.
BULK = 200


@dataclass(frozen=True, slots=True)
class DriverRows:
    """Rows as a driver takes them; another process may have made them."""

    # Of the columns, in the order of each row's values.
    names: tuple[str, ...]
    values: list[tuple[Any, ...]]


def add_bulk(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows whose key is new; returns how many were. All rows have the first one's keys."""
    # In the table's order, which is the compiled statement's.
    names = tuple(c.name for c in table.columns if c.name in rows[0])
    columns = [[row[name] for row in rows] for name in names]
    given = to_driver(connection.dialect, table, names, columns)
    if connection.dialect.name == "postgresql":
        return _copy(connection, table, given, _IGNORED)
    return _execute(connection, table, given, _IGNORED)


def put_rows(
    connection: Connection, table: Table, rows: DriverRows, *, key: str | None, newer: str = ""
) -> None:
    """Insert rows; those whose ``key`` is there replace it, if their ``newer`` column allows.

    Without a key a row that is there is an error. ``newer`` names the column that must not be less
    than the stored one.
    """
    quote = connection.dialect.identifier_preparer.quote
    then = ""
    if key is not None:
        moved = ", ".join(
            f"{quote(name)} = excluded.{quote(name)}" for name in rows.names if name != key
        )
        then = (
            f"ON CONFLICT ({quote(key)}) DO UPDATE SET {moved} "
            f"WHERE {quote(table.name)}.{quote(newer)} <= excluded.{quote(newer)}"
        )
    if connection.dialect.name == "postgresql" and len(rows.values) >= BULK:
        _copy(connection, table, rows, then)
    else:
        _execute(connection, table, rows, then)


def to_driver(
    dialect: Dialect, table: Table, names: tuple[str, ...], columns: Iterable[Sequence[Any]]
) -> DriverRows:
    """Values, given by column, as the driver takes them."""
    given = [
        column if convert is None else [convert(value) for value in column]
        for column, convert in zip(columns, _converters(table, names, dialect), strict=True)
    ]
    return DriverRows(names, list(zip(*given, strict=True)))


@cache
def _converters(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[Convert | None, ...]:
    """What the driver has to be given in place of each column's values; ``None`` for themselves."""
    return tuple(_converter(table, name, dialect) for name in names)


def _converter(table: Table, name: str, dialect: Dialect) -> Convert | None:
    kind = table.c[name].type
    if isinstance(kind, JSON):
        # Either database takes the text, which another process can be sent, too.
        return _to_json
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is not None and isinstance(kind, UtcTimestamp):
        # All facts of a block are known at the same instant.
        return lru_cache(maxsize=4_096)(convert)
    return convert


def _to_json(value: Any) -> str | None:
    return None if value is None else encode(value)


def _execute(connection: Connection, table: Table, rows: DriverRows, then: str) -> int:
    if not rows.values:
        return 0
    quote = connection.dialect.identifier_preparer
    place = "%s" if connection.dialect.name == "postgresql" else "?"
    columns, places = ", ".join(map(quote.quote, rows.names)), ", ".join([place] * len(rows.names))
    statement = f"INSERT INTO {quote.format_table(table)} ({columns}) VALUES ({places}) {then}"
    return connection.exec_driver_sql(statement, rows.values).rowcount


def _copy(connection: Connection, table: Table, rows: DriverRows, then: str) -> int:
    quote = connection.dialect.identifier_preparer
    into, columns = quote.format_table(table), ", ".join(map(quote.quote, rows.names))
    incoming = quote.quote(f"incoming_{table.name}")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS "
        f"SELECT {columns} FROM {into} WITH NO DATA"
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {incoming} ({columns}) FROM STDIN") as copy:
        for row in rows.values:
            copy.write_row(row)
    added = connection.exec_driver_sql(
        f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {incoming} {then}"
    ).rowcount
    connection.exec_driver_sql(f"DROP TABLE {incoming}")
    return added
