"""The engine, the session factory, and the one check of the schema's version."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, finalize

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from service.errors import SchemaMismatch, UsageError
from service.json_text import encode
from service.write_turns import WriteTurns

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
BUSY_TIMEOUT_MS = 30_000
SQLITE_BEGIN = "settlewatch_sqlite_begin"
# SQLite's own: what a connection keeps of the file.
CACHE_KIB = 2_000
# While it writes: pages that do not fit are written, and read again, before the transaction ends.
WRITER_CACHE_KIB = 8_000
_WIDE = "settlewatch_wide_cache"
UPGRADE_LINE = "Run `settlewatch db upgrade`."


def open_engine(url: str) -> Engine:
    """An engine for an SQLite file or a PostgreSQL database."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        message = (
            "SETTLEWATCH_DATABASE_URL: not a database URL. Use sqlite:///FILE or postgresql://…"
        )
        raise UsageError(message) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        engine = create_engine(parsed, json_serializer=encode)
        event.listen(engine, "connect", _tune_sqlite)
        _queue_writers(engine)
        return engine
    if backend == "postgresql":
        # The driver is named: a bare URL means another one to older SQLAlchemy.
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=10,
            json_serializer=encode,
        )
    message = f"SETTLEWATCH_DATABASE_URL: {backend} is not supported. Use sqlite or postgresql."
    raise UsageError(message)


class JobSessions(sessionmaker[Session]):
    """What jobs open: ``begin()`` to write, a session as such to read.

    SQLite lets readers read while somebody writes. Those who queued for the writer's place with
    nothing to write would hold up all who have.
    """

    def __init__(self, engine: Engine) -> None:
        """Sessions of an engine."""
        super().__init__(_reading(engine), expire_on_commit=False)
        self._writing = sessionmaker(engine, expire_on_commit=False)

    def begin(self) -> AbstractContextManager[Session]:
        """A transaction that writes, committed at its end: its turn is taken at once."""
        return self._writing.begin()


def open_sessions(engine: Engine) -> sessionmaker[Session]:
    """The session factory for jobs; transactions are opened there, nowhere below."""
    return JobSessions(engine)


def open_read_sessions(engine: Engine) -> sessionmaker[Session]:
    """The session factory for routes and pages, which never wait for a writer."""
    return sessionmaker(_reading(engine), expire_on_commit=False)


def _queue_writers(engine: Engine) -> None:
    """Let the engine's writers begin in the order they asked, and its readers at once."""
    turns = WriteTurns()
    # A connection that is dropped without an end gives its turn back as it goes.
    held: WeakKeyDictionary[Connection, finalize[[], Connection]] = WeakKeyDictionary()

    def begin(connection: Connection) -> None:
        # Taking the write lock at once lets a job wait its turn; a transaction that reads first
        # and writes later would be refused without waiting when another had written in between.
        mode = connection.get_execution_options().get(SQLITE_BEGIN, "IMMEDIATE")
        if mode == "IMMEDIATE" and turns.take():
            held[connection] = finalize(connection, turns.give_back)
        try:
            if mode == "IMMEDIATE":
                connection.info[_WIDE] = True
                connection.exec_driver_sql(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
            connection.exec_driver_sql(f"BEGIN {mode}")
        except DBAPIError:
            end(connection)
            raise

    def end(connection: Connection) -> None:
        give_back = held.pop(connection, None)
        if give_back is not None:
            give_back()

    event.listen(engine, "begin", begin)
    event.listen(engine, "commit", end)
    event.listen(engine, "rollback", end)
    event.listen(engine, "checkin", _narrow)


def _narrow(connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
    """Give the memory of a large transaction back; who writes next has a connection of its own."""
    if record.info.pop(_WIDE, False) and connection is not None:
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


def _tune_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own transaction control leaves DDL outside; _begin_sqlite takes its place.
    connection.isolation_level = None
    cursor = connection.cursor()
    # First of all: the change to WAL may have to wait for another process, too.
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def alembic_config(engine: Engine) -> "Config":
    """Alembic's configuration, without a file: its scripts are the ``migrations`` folder."""
    from alembic.config import Config  # noqa: PLC0415  # a third of a second; only upgrades need it

    # Named, because its default is what standard output was when Alembic was first imported.
    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def known_revisions() -> list[str]:
    """The schema's versions, oldest first: the numbers the migrations' files begin with."""
    return sorted(p.name.split("_")[0] for p in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def head_revision() -> str:
    """The schema this version works with."""
    return known_revisions()[-1]


def current_revision(engine: Engine) -> str | None:
    """The schema the database has; ``None`` for a database without any."""
    with _reading(engine).connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def _reading(engine: Engine) -> Engine:
    """The engine without SQLite's write lock: who reads waits for nobody."""
    return engine.execution_options(**{SQLITE_BEGIN: "DEFERRED"})


def _has_tables(engine: Engine) -> bool:
    with _reading(engine).connect() as connection:
        return bool(inspect(connection).get_table_names())


def upgrade(engine: Engine) -> None:
    """Bring an empty or older schema to this version; refuse a newer or foreign one."""
    with _opening():
        # Tables first, version second: whoever else makes the schema just now makes both at once.
        has_tables = _has_tables(engine)
        current = current_revision(engine)
        if has_tables and current not in known_revisions():
            raise SchemaMismatch(_mismatch(current))
        _migrate(engine, is_empty=not has_tables)


def _migrate(engine: Engine, *, is_empty: bool) -> None:
    from alembic import command  # noqa: PLC0415  # as above

    config = alembic_config(engine)
    config.attributes["is_empty"] = is_empty
    command.upgrade(config, "head")


def ensure_schema(engine: Engine) -> None:
    """Give an empty database its schema; refuse an older, newer or foreign one in one line."""
    with _opening():
        has_tables = _has_tables(engine)
        if not has_tables:
            _migrate(engine, is_empty=True)
        current = current_revision(engine)
    if current != head_revision():
        raise SchemaMismatch(_mismatch(current))


@contextmanager
def _opening() -> Iterator[None]:
    """Say in one line why a database cannot be opened; the driver's line names no password."""
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())[:200]
        message = f"the database cannot be opened: {reason}. Check SETTLEWATCH_DATABASE_URL."
        raise UsageError(message) from error


def schema_fault(engine: Engine) -> str | None:
    """Why the database's schema does not fit this version; ``None`` when it does."""
    current = current_revision(engine)
    return None if current == head_revision() else _mismatch(current)


def _mismatch(current: str | None) -> str:
    if current is None:
        return "the database holds tables that are not Settlewatch's. Set SETTLEWATCH_DATABASE_URL."
    if current in known_revisions():
        needed = head_revision()
        return f"the database has schema {current}, this version needs {needed}. {UPGRADE_LINE}"
    return (
        f"the database has schema {current}, newer than this version knows ({head_revision()}). "
        "Install the newer Settlewatch, then run `settlewatch db upgrade`."
    )
