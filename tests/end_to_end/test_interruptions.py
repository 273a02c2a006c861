"""Imports and indexing that are killed or disturbed at random end where one clean run ends."""

import json
import random
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, func, make_url, select, text
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_logs import import_logs
from models.chain import Block
from models.oracle import AncillaryText, Settlement
from service.chain.book import read_book
from service.clock import SystemClock
from tests.end_to_end.campaign import Campaign, MakeDatabase, Tally, faulty_nodes
from tests.end_to_end.content import content, differences
from tests.replays import CONTRACTS, path_of, read_replay


@pytest.fixture(params=["sqlite", "postgresql"])
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> MakeDatabase:
    """Makes databases in which there is nothing yet, not even the schema."""
    if request.param == "sqlite":
        return lambda: _sqlite(tmp_path)
    server = request.getfixturevalue("postgresql_url")
    return lambda: _postgresql(server)


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / uuid.uuid4().hex}.db"


@contextmanager
def _postgresql(server: str) -> Iterator[str]:
    name = f"campaign_{uuid.uuid4().hex}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.mark.timeout(7200)  # Each command has its own limit.
def test_interrupted_runs_and_a_clean_finish_leave_the_rows_of_one_clean_run(
    make_database: MakeDatabase, request: pytest.FixtureRequest
) -> None:
    wanted = request.config.getoption("--interruptions")
    engine = request.node.callspec.id
    seed = f"{engine} {request.config.getoption('--seed')}"
    rng = random.Random(seed)  # noqa: S311  # draws, no secrets
    with faulty_nodes(rng) as nodes:
        campaign = Campaign(make_database, nodes, rng)
        for tally in campaign.run(wanted):
            sys.stdout.write(f"round {tally.rounds}: {tally.interruptions} interruptions\n")
    sys.stdout.write(table(engine, campaign.tally))
    assert campaign.tally.broken == []
    assert campaign.tally.interruptions >= wanted
    assert campaign.tally.kills > 0


def table(engine: str, tally: Tally) -> str:
    """What was done and found, for a person."""
    lines = {
        "interruptions": tally.interruptions,
        "  killed (SIGKILL)": tally.kills,
        "  disturbed by a node, not killed": tally.faulty_runs,
        "runs that ended before the kill (not counted)": tally.finished_first,
        "rounds compared with a clean run": tally.rounds,
        "rounds with other rows, or crashes": len(tally.broken),
        **{f"  ran {name}": count for name, count in sorted(tally.commands.items())},
        **{f"  fault: {name}": count for name, count in sorted(tally.faults.items())},
    }
    width = max(map(len, lines))
    body = [f"{name:<{width}}  {count:>6}" for name, count in lines.items()]
    return "\n".join(["", engine, *body, *tally.broken, ""])


def test_row_ids_do_not_count_and_a_missing_fact_does(sessions: sessionmaker[Session]) -> None:
    files = [path_of(name) for name in ("a-clean", "e-fifty-fifty")]
    found = []
    for order in (files, files[::-1]):
        with sessions.begin() as session:
            session.execute(delete(Block))
        import_logs(sessions, order, read_book(CONTRACTS), SystemClock())
        with sessions() as session:
            found.append(content(session))
    assert differences(*found) == []
    with sessions.begin() as session:
        settled = session.scalars(select(Settlement)).first()
        session.delete(settled)
        session.flush()
        assert differences(content(session), found[0]) == ["export questions", "settlements"]


def test_only_texts_that_no_row_leads_to_do_not_count(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    views = read_replay("j-reorg")["views"]
    texts, found = [], []
    for order in ((5,), (1, 5)):
        with sessions.begin() as session:
            session.execute(delete(Block))
            session.execute(delete(AncillaryText))
        for number in order:
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps(views[number]["capture"]))
            import_logs(sessions, [file], read_book(CONTRACTS), SystemClock())
        with sessions() as session:
            texts.append(session.scalars(select(func.count()).select_from(AncillaryText)).one())
            found.append(content(session, without=frozenset({"blocks"})))
    kept, left_over = texts
    assert found[0]["ancillary_texts"].startswith(f"{kept} rows")
    assert left_over > kept
    assert differences(*found) == []
