"""A block's rows are found by an index in every table: a short reorg costs no scan of the past."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, Table, event, inspect
from sqlalchemy.orm import Session

from models.base import Base
from service.database import ensure_schema, open_engine, open_sessions
from service.store.oracle.log_positions import list_positions
from service.store.oracle.touched import touched_from

TABLES_OF_BLOCKS = sorted(
    (
        table
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "blocks" for key in table.foreign_keys)
    ),
    key=lambda table: table.name,
)
BLOCK_TABLES = pytest.mark.parametrize("table", TABLES_OF_BLOCKS, ids=lambda table: table.name)


@pytest.fixture(scope="module")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('plans') / 'plans.db'}")
    ensure_schema(engine)
    yield engine
    engine.dispose()


def plan(connection: Connection, statement: str, parameters: object = ()) -> list[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
    return [row[3] for row in rows]


@BLOCK_TABLES
@pytest.mark.parametrize("verb", ["DELETE", "SELECT 1"])
def test_the_rows_of_a_block_are_found_without_a_scan(
    sqlite_engine: Engine, table: Table, verb: str
) -> None:
    with sqlite_engine.connect() as connection:
        steps = plan(connection, f"{verb} FROM {table.name} WHERE block_id = ?", (1,))
    assert steps
    assert not [step for step in steps if step.startswith("SCAN")]


def test_every_table_of_blocks_has_an_index_that_begins_with_them(engine: Engine) -> None:
    found = inspect(engine)
    without = [
        table.name
        for table in TABLES_OF_BLOCKS
        if not any(i["column_names"][0] == "block_id" for i in found.get_indexes(table.name))
    ]
    assert without == []


@pytest.mark.parametrize(
    "read",
    [
        lambda session: list_positions(session, 137, 10, 20, [b"\x01" * 20]),
        lambda session: touched_from(session, 137, 10),
    ],
    ids=["list_positions", "touched_from"],
)
def test_what_blocks_carry_is_read_without_a_scan_of_their_tables(
    sqlite_engine: Engine, read: Callable[[Session], object]
) -> None:
    with open_sessions(sqlite_engine)() as session, sent_by(sqlite_engine) as statements:
        read(session)
    with sqlite_engine.connect() as connection:
        steps = [step for sent in statements for step in plan(connection, *sent)]
    names = tuple(f"SCAN {table.name}" for table in TABLES_OF_BLOCKS)
    assert len(statements) > 1
    assert not [step for step in steps if step.startswith(names)]


def test_requests_of_a_time_are_found_without_a_scan(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        steps = plan(connection, "SELECT request_id FROM dvm_requests WHERE dvm_time IN (1, 2)")
    assert [step for step in steps if "ix_dvm_requests_dvm_time" in step]


@contextmanager
def sent_by(engine: Engine) -> Iterator[list[tuple[str, object]]]:
    """The SELECTs sent meanwhile, with their values."""
    sent: list[tuple[str, object]] = []

    def note(_1: object, _2: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)
