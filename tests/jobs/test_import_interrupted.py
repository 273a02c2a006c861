"""A process killed in the middle of an import leaves whole files or nothing of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import select

from jobs.export import export_rows
from models.base import Base
from models.chain import Block
from service.clock import stopwatch
from service.database import ensure_schema, open_engine, open_sessions
from tests.replays import CHAIN, CONTRACTS, SCENARIOS, path_of

FILES = [CHAIN / "00-deployment.json.gz", *(path_of(name) for name in SCENARIOS)]
COMMAND = "from jobs.cli import main; main()"


def start_import(url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # our own command
        [sys.executable, "-c", COMMAND, "import-logs", *map(str, FILES), "--contracts", CONTRACTS],
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


def test_killed_imports_followed_by_one_run_equal_one_clean_run(tmp_path: Path) -> None:
    clean, broken = (f"sqlite:///{tmp_path / name}.db" for name in ("clean", "broken"))
    elapsed = stopwatch()
    process = start_import(clean)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    whole, was_cut = elapsed(), 0
    for share in (0.4, 0.6, 0.8, 0.95):
        process = start_import(broken)
        time.sleep(share * whole)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        was_cut += process.returncode == -signal.SIGKILL
    assert was_cut >= 2
    process = start_import(broken)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert content(broken) == content(clean)
