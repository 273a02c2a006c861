"""The schema's check and its making: empty, foreign, older, newer, two at once, killed half-way."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from models.base import Base
from service.clock import stopwatch
from service.database import (
    CACHE_KIB,
    WRITER_CACHE_KIB,
    alembic_config,
    current_revision,
    ensure_schema,
    head_revision,
    open_engine,
    open_sessions,
    schema_fault,
    upgrade,
)
from service.errors import SchemaMismatch, UsageError

OURS = {table.name for table in Base.metadata.sorted_tables}
ENSURE = """
import sys
from service.database import ensure_schema, open_engine
ensure_schema(open_engine(sys.argv[1]))
"""
# Ends the process like a power cut, with the tenth table made and nothing committed.
DIE = """
import os, sys
from sqlalchemy import event
from service.database import ensure_schema, open_engine
engine = open_engine(sys.argv[1])
seen = []
@event.listens_for(engine, "after_cursor_execute")
def after(connection, cursor, statement, parameters, context, executemany):
    seen.append(statement) if "CREATE TABLE" in statement else None
    if len(seen) == 10:
        os._exit(9)
ensure_schema(engine)
"""


@pytest.fixture
def empty(engine: Engine) -> Engine:
    """A database with nothing in it at all."""
    command.downgrade(alembic_config(engine), "base")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    assert tables(engine) == set()
    return engine


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def start(script: str, engine: Engine) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, url_of(engine)], stderr=subprocess.PIPE, text=True
    )


def test_an_empty_database_gets_the_whole_schema(empty: Engine) -> None:
    ensure_schema(empty)
    assert tables(empty) >= OURS
    assert current_revision(empty) == head_revision()
    assert schema_fault(empty) is None


def test_a_database_of_somebody_else_is_refused_and_left_as_it_was(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id INTEGER)"))
    for attempt in (ensure_schema, upgrade):
        with pytest.raises(SchemaMismatch, match="not Settlewatch's"):
            attempt(empty)
    assert tables(empty) == {"orders"}


def test_an_older_schema_is_refused_until_it_is_upgraded(engine: Engine) -> None:
    command.downgrade(alembic_config(engine), "0001")
    with pytest.raises(SchemaMismatch, match="settlewatch db upgrade") as refused:
        ensure_schema(engine)
    assert "\n" not in str(refused.value)
    upgrade(engine)
    ensure_schema(engine)


def test_a_newer_schema_is_refused_by_every_command(engine: Engine) -> None:
    set_revision(engine, "9999")
    for attempt in (ensure_schema, upgrade):
        with pytest.raises(SchemaMismatch, match="newer than this version knows"):
            attempt(engine)
    assert "newer" in (schema_fault(engine) or "")


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("these are notes\n" * 999)
    with pytest.raises(UsageError, match="cannot be opened: file is not a database") as refused:
        ensure_schema(open_engine(f"sqlite:///{file}"))
    assert "\n" not in str(refused.value)
    assert file.read_text().startswith("these are notes")


def test_a_database_that_does_not_answer_is_one_line_without_the_password() -> None:
    engine = open_engine("postgresql://user:SECRET@127.0.0.1:1/x")
    with pytest.raises(UsageError, match="cannot be opened") as refused:
        ensure_schema(engine)
    assert "SECRET" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_processes_that_start_at_once_on_an_empty_database_make_one_schema(empty: Engine) -> None:
    processes = [start(ENSURE, empty) for _ in range(4)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    ensure_schema(empty)


def test_a_process_killed_while_it_makes_the_schema_leaves_none_of_it(empty: Engine) -> None:
    process = start(DIE, empty)
    process.communicate(timeout=60)
    assert process.returncode == 9
    assert tables(empty) == set()
    ensure_schema(empty)
    assert tables(empty) >= OURS


def test_looking_at_the_schema_waits_for_no_writer(engine: Engine) -> None:
    elapsed = stopwatch()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM job_runs"))
        assert schema_fault(engine) is None
        ensure_schema(engine)
    # SQLite's writers wait for each other for up to half a minute.
    assert elapsed() < 10


def test_a_job_that_reads_waits_for_no_writer(engine: Engine) -> None:
    sessions = open_sessions(engine)
    with sessions.begin() as writing:
        writing.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        elapsed = stopwatch()
        with sessions() as reading:
            seen = reading.scalar(text("SELECT version_num FROM alembic_version"))
        writing.rollback()
    assert seen == head_revision()
    # As above.
    assert elapsed() < 10


def test_sqlite_keeps_its_foreign_keys_and_writes_beside_readers(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    ensure_schema(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
    with sqlite3.connect(tmp_path / "x.db") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_who_writes_has_room_for_its_pages_and_gives_it_back(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    sessions, asked = open_sessions(engine), text("PRAGMA cache_size")
    for _ in range(2):
        with sessions.begin() as writing:
            assert writing.scalar(asked) == -WRITER_CACHE_KIB
        # The same connection, as a reader.
        with sessions() as reading:
            assert reading.scalar(asked) == -CACHE_KIB
    engine.dispose()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u@h/x", "sqlite"])
def test_an_url_of_no_supported_database_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError, match="SETTLEWATCH_DATABASE_URL"):
        open_engine(url)
