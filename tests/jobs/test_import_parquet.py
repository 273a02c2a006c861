"""cryo's Parquet files into rows: the same rows as from the recorded JSON."""

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from jobs.import_logs import ImportResult, import_logs
from models.base import Base
from models.chain import Block
from service.chain.book import read_book
from service.clock import SystemClock
from service.database import ensure_schema, open_engine, open_sessions
from tests.replays import CONTRACTS, SCENARIOS, path_of, read_replay
from tests.replays.cryo import write_capture

BOOK = read_book(CONTRACTS)
WHOLE = tuple(name for name in SCENARIOS if not name.startswith("j"))
ENDS = ("facts_added", "already_known", "outside_book", "unknown_topic", "undecodable")
LAYOUTS: dict[str, dict[str, Any]] = {
    "bytes": {},
    "hex": {"is_hex": True},
    "bytes, all columns": {"extra": ("parent_hash", "block_hash")},
    "hex, all columns": {"is_hex": True, "extra": ("parent_hash", "block_hash")},
}
Rows = dict[str, list[tuple[str, ...]]]


def do_import(sessions: sessionmaker[Session], *files: Path) -> ImportResult:
    return import_logs(sessions, files, BOOK, SystemClock())


def write_replay(name: str, folder: Path, **options: Any) -> list[Path]:
    return [
        path
        for capture in read_replay(name)["chains"].values()
        for path in write_capture(capture, folder, **options)
    ]


def content(sessions: sessionmaker[Session]) -> Rows:
    """Every row that hangs on a log, by its block's hash instead of our row ids."""
    found: Rows = {}
    with sessions() as session:
        for table in Base.metadata.sorted_tables:
            if "block_id" in table.c:
                words = [c for c in table.c if c.name not in {"id", "block_id"}]
                query = select(Block.hash, *words).join(Block, Block.id == table.c.block_id)
                rows = session.execute(query)
                found[table.name] = sorted(tuple(str(value) for value in row) for row in rows)
        questions = export_rows(session, "questions")
        found["questions as exported"] = sorted(tuple(map(str, q.values())) for q in questions)
    return found


def blocks(sessions: sessionmaker[Session]) -> dict[tuple[int, int], tuple[object, ...]]:
    with sessions() as session:
        rows = session.execute(
            select(Block.chain_id, Block.number, Block.hash, Block.parent_hash, Block.mined_at)
        )
        return {(row[0], row[1]): tuple(row[2:]) for row in rows}


@pytest.fixture(scope="module")
def of_json(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[sessionmaker[Session], ImportResult]:
    """All scenarios as imported from JSON."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('json') / 'json.db'}")
    ensure_schema(engine)
    made = open_sessions(engine)
    return made, do_import(made, *(path_of(name) for name in WHOLE))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_parquet_ends_in_the_rows_of_the_json_it_was_made_of(
    layout: str,
    sessions: sessionmaker[Session],
    of_json: tuple[sessionmaker[Session], ImportResult],
    tmp_path: Path,
) -> None:
    files = [path for name in WHOLE for path in write_replay(name, tmp_path, **LAYOUTS[layout])]
    random.Random(layout).shuffle(files)  # noqa: S311  # any order will do
    result = do_import(sessions, *files)
    assert result.refused == ()
    json_sessions, json_result = of_json
    assert content(sessions) == content(json_sessions)
    assert blocks(sessions).items() <= blocks(json_sessions).items()
    for count in ("logs", *ENDS):
        assert result.counts[count] == json_result.counts[count], count
