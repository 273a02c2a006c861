"""Insert-or-ignore on both databases."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

from service.store.bulk_rows import BULK, add_bulk

Item = TypeVar("Item")

# Rows a statement: large enough to be fast, small enough to keep memory flat.
CHUNK = 5_000
# Values in one IN list: below SQLite's limit on variables in any build.
IN_CHUNK = 500


def insert_or_ignore(
    session: Session, model: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]
) -> int:
    """Insert rows whose key is new; returns how many were."""
    if not rows:
        return 0
    connection = session.connection()
    if len(rows) >= BULK:
        table = table_of(model)
        return sum(add_bulk(connection, table, part) for part in chunks(rows, CHUNK))
    statement = insert_for(session, model).on_conflict_do_nothing()
    # Without the option the driver's count of an executemany is thrown away on PostgreSQL.
    options = {"preserve_rowcount": True}
    return connection.execute(statement, list(rows), execution_options=options).rowcount


def insert_for(session: Session, model: type[DeclarativeBase]) -> sqlite.Insert:
    """An INSERT into a model's table that can say what to do on conflict (the same on both)."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return cast("sqlite.Insert", insert(table_of(model)))


def table_of(model: type[DeclarativeBase]) -> Table:
    """The table of a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  # every mapped class here has a table of its own
    return table


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in slices of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
