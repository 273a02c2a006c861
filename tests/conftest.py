"""Fixtures every test shares: a real SQLite file and a real PostgreSQL, each empty at first."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from service.database import ensure_schema, open_engine, open_sessions
from tests.postgresql import ReusedDatabase, as_template, postgresql_database, postgresql_server
from tests.store.voted import WHOLE_CHAIN, add_captures

# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of ``make campaign``; the default run does a little of the same."""
    parser.addoption(
        "--interruptions", type=int, default=4, help="How many, on each database engine."
    )
    parser.addoption("--markets", type=int, default=400, help="Random markets to score.")
    parser.addoption("--seed", type=int, default=1, help="Where the draws of the campaign begin.")


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server of this test run's own."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def reused_database(postgresql_url: str) -> Iterator[ReusedDatabase]:
    """The PostgreSQL database tests have one after the other."""
    reused = ReusedDatabase(postgresql_url)
    yield reused
    reused.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with the schema, to be copied: dozens of migrations take long."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    made = open_engine(f"sqlite:///{path}")
    ensure_schema(made)
    made.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database with the schema, on each supported engine."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    reused: ReusedDatabase = request.getfixturevalue("reused_database")
    with reused.empty() as url:
        yield url


@pytest.fixture(scope="session")
def whole_chain_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with every recorded vote, to be copied: importing them takes long."""
    path = tmp_path_factory.mktemp("whole") / "whole.db"
    shutil.copy(sqlite_template, path)
    _import_whole_chain(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def whole_chain_template(postgresql_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the same."""
    with postgresql_database(postgresql_url) as url:
        _import_whole_chain(url)
        yield as_template(url)


def _import_whole_chain(url: str) -> None:
    made = open_engine(url)
    add_captures(open_sessions(made), *WHOLE_CHAIN)
    made.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def whole_chain_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own that holds every recorded vote."""
    if request.param == "sqlite":
        # Its last rows may still be in the log beside it.
        made: Path = request.getfixturevalue("whole_chain_file")
        for part in made.parent.glob(f"{made.name}*"):
            shutil.copy(part, tmp_path / part.name)
        yield f"sqlite:///{tmp_path / made.name}"
        return
    template = request.getfixturevalue("whole_chain_template")
    server = request.getfixturevalue("postgresql_url")
    with postgresql_database(server, template) as url:
        yield url


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
