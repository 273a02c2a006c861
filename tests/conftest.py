"""Fixtures every test shares: a real SQLite file and a real PostgreSQL, each empty at first."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from service.database import ensure_schema, open_engine, open_sessions
from tests.postgresql import ReusedDatabase, postgresql_server

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of ``make campaign``; the default run does a little of the same."""
    parser.addoption(
        "--interruptions", type=int, default=10, help="How many, on each database engine."
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
