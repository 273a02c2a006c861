"""Many rows at once, past SQLAlchemy's work for each row and value.

The values are converted a column at a time by the column types' own converters, so what is
stored is what SQLAlchemy would have stored. SQLite then takes the rows by the driver's
``executemany``; PostgreSQL by COPY into a temporary table and one INSERT out of that, since COPY
itself knows no ON CONFLICT.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import sqlite

from models.base import UtcTimestamp

Convert = Callable[[Any], Any]


def add_bulk(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows whose key is new; returns how many were. All rows have the first one's keys."""
    # In the table's order, which is the compiled statement's.
    names = tuple(c.name for c in table.columns if c.name in rows[0])
    columns = [
        [row[name] for row in rows] if convert is None else [convert(row[name]) for row in rows]
        for name, convert in zip(names, _converters(table, names, connection.dialect), strict=True)
    ]
    values = list(zip(*columns, strict=True))
    if connection.dialect.name == "postgresql":
        return _copy(connection, table, names, values)
    statement = _sqlite_insert(table, names)
    return connection.exec_driver_sql(statement, values).rowcount


@cache
def _converters(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[Convert | None, ...]:
    """What the driver has to be given in place of each column's values; ``None`` for themselves."""
    return tuple(_converter(table, name, dialect) for name in names)


def _converter(table: Table, name: str, dialect: Dialect) -> Convert | None:
    kind = table.c[name].type
    convert: Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is not None and isinstance(kind, UtcTimestamp):
        # All facts of a block are known at the same instant.
        return lru_cache(maxsize=4_096)(convert)
    return convert


@cache
def _sqlite_insert(table: Table, names: tuple[str, ...]) -> str:
    insert = sqlite.insert(table).on_conflict_do_nothing()
    return str(insert.compile(dialect=sqlite.dialect(), column_keys=list(names)))


def _copy(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    values: Iterable[tuple[Any, ...]],
) -> int:
    quote = connection.dialect.identifier_preparer
    into, columns = quote.format_table(table), ", ".join(map(quote.quote, names))
    incoming = quote.quote(f"incoming_{table.name}")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE {incoming} ON COMMIT DROP AS "
        f"SELECT {columns} FROM {into} WITH NO DATA"
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {incoming} ({columns}) FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)
    added = connection.exec_driver_sql(
        f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {incoming} ON CONFLICT DO NOTHING"
    ).rowcount
    connection.exec_driver_sql(f"DROP TABLE {incoming}")
    return added
