"""A process killed in the middle of an import leaves whole files or nothing of them."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from jobs.export import export_rows
from models.base import Base
from models.chain import Block
from service.database import ensure_schema, open_engine, open_sessions
from tests.replays import CHAIN, CONTRACTS, SCENARIOS, path_of, read_replay
from tests.replays.cryo import write_capture

JSON_FILES = [CHAIN / "00-deployment.json.gz", *(path_of(name) for name in SCENARIOS)]
COMMAND = "from jobs.cli import main; main()"


def start_import(url: str, files: Sequence[Path]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # our own command
        [sys.executable, "-c", COMMAND, "import-logs", *map(str, files), "--contracts", CONTRACTS],
        env={**os.environ, "SETTLEWATCH_DATABASE_URL": url},  # noqa: TID251  # a child's environment
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def content(url: str) -> tuple[dict[str, set[tuple[object, ...]]], list[object]]:
    """Every fact by its log, and every question as exported: what two equal databases share."""
    engine = open_engine(url)
    ensure_schema(engine)
    facts: dict[str, set[tuple[object, ...]]] = {}
    with open_sessions(engine)() as session:
        for table in Base.metadata.sorted_tables:
            if "block_id" in table.c and "log_index" in table.c:
                words = [c for c in table.c if c.name != "block_id"]
                rows = session.execute(
                    select(Block.hash, *words).join(Block, Block.id == table.c.block_id)
                )
                facts[table.name] = {tuple(str(value) for value in row) for row in rows}
        blocks = session.execute(select(Block.chain_id, Block.number, Block.hash))
        facts["blocks"] = {tuple(row) for row in blocks}
        questions: list[object] = list(export_rows(session, "questions"))
    engine.dispose()
    return facts, questions


def count_blocks(file: Path) -> int:
    """How many blocks another process has committed so far."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM blocks").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def kill_at(process: "subprocess.Popen[bytes]", file: Path, blocks: int) -> bool:
    """Kill the import as soon as it has committed so many blocks; ``False`` if it ended first."""
    while process.poll() is None:
        if file.exists() and count_blocks(file) >= blocks:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.002)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def parquet_files(folder: Path) -> list[Path]:
    names = [name for name in SCENARIOS if not name.startswith("j")]
    captures = [part for name in names for part in read_replay(name)["chains"].values()]
    return [path for capture in captures for path in write_capture(capture, folder)]


# While the schema is made, after the first file, and twice in the middle.
@pytest.mark.parametrize(
    ("kind", "cuts"), [("json", (0, 1, 200, 400)), ("parquet", (0, 1, 60, 140))]
)
def test_killed_imports_followed_by_one_run_equal_one_clean_run(
    kind: str, cuts: tuple[int, ...], tmp_path: Path
) -> None:
    files = JSON_FILES if kind == "json" else parquet_files(tmp_path)
    clean, broken = (tmp_path / f"{name}.db" for name in ("clean", "broken"))
    process = start_import(f"sqlite:///{clean}", files)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    was_cut = [
        kill_at(start_import(f"sqlite:///{broken}", files), broken, blocks) for blocks in cuts
    ]
    assert sum(was_cut) >= 2
    process = start_import(f"sqlite:///{broken}", files)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert content(f"sqlite:///{broken}") == content(f"sqlite:///{clean}")
