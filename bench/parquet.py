"""Rows a second and peak memory of importing a Parquet archive of which one log in fifty is ours.

The rows are made up: 50 logs a block, each carrying 64 bytes, ours taken from a recorded scenario
again and again. A process of its own does the import, so that its memory is the import's alone.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from service.chain.events import EVENTS
from service.clock import stopwatch

REPLAYS = Path(__file__).resolve().parents[1] / "tests" / "replays" / "chain"
ROWS = 1_500_000
FIRST = 1_000_000
WORDS = ("address", "topic0", "topic1", "topic2", "topic3", "data")
# The kernel's own mark, since what `resource` says of a child includes this process before it.
COMMAND = """
import pathlib, sys
from jobs.cli import main
try:
    main()
finally:
    sys.stderr.write(pathlib.Path("/proc/self/status").read_text())
"""

LOGS = """
COPY (
    SELECT n.block_number, n.log_index AS transaction_index, n.log_index, n.transaction_hash,
        coalesce(o.address, n.address) AS address, coalesce(o.topic0, n.topic0) AS topic0,
        CASE WHEN o.id IS NULL THEN n.topic1 ELSE o.topic1 END AS topic1,
        CASE WHEN o.id IS NULL THEN n.topic1 ELSE o.topic2 END AS topic2, o.topic3,
        coalesce(o.data, n.data) AS data, 137::UBIGINT AS chain_id
    FROM (
        SELECT ($first + i // 50)::UINTEGER AS block_number, (i % 50)::UINTEGER AS log_index,
            unhex(sha256('t' || i)) AS transaction_hash, unhex(sha256('w' || i)) AS topic1,
            unhex(sha256('a' || hash(i) % 20000))[1:20] AS address,
            unhex(sha256('e' || hash(i * 7) % 300)) AS topic0,
            unhex(sha256('d' || i) || sha256('f' || i)) AS data,
            CASE WHEN hash(i * 13) % 50 = 0 THEN hash(i * 17) % $ours END AS id
        FROM range($rows) r(i)
    ) n LEFT JOIN ours o USING (id) ORDER BY n.block_number, n.log_index
) TO '{}' (FORMAT parquet, COMPRESSION lz4_raw)"""
BLOCKS = """
COPY (
    SELECT i::UINTEGER AS block_number, unhex(sha256('b' || i)) AS block_hash,
        (1700000000 + 2 * i)::UINTEGER AS timestamp, unhex(sha256('b' || i - 1)) AS parent_hash,
        137::UBIGINT AS chain_id
    FROM range($first, $first + $rows // 50) r(i) ORDER BY i
) TO '{}' (FORMAT parquet, COMPRESSION lz4_raw)"""


def indexed_logs() -> list[dict[str, object]]:
    """The words of the logs of a scenario that become facts."""
    with gzip.open(REPLAYS / "h-bloc.json.gz") as file:
        logs = json.load(file)["chains"]["137"]["logs"]
    book = json.loads((REPLAYS / "contracts.json").read_text())
    ours = {entry["address"].lower() for entry in book if entry["chain_id"] == 137}
    topics = {"0x" + topic.hex() for _, topic in EVENTS}
    return [
        {"address": log["address"], "data": log["data"]}
        | {f"topic{n}": topic for n, topic in enumerate(log["topics"])}
        for log in logs
        if log["address"].lower() in ours and log["topics"][0] in topics
    ]


def write_archive(folder: Path, rows: int) -> list[Path]:
    """A logs file and its blocks file."""
    ours = indexed_logs()
    with duckdb.connect(config={"memory_limit": "1GB"}) as database:
        columns = ", ".join(f"unhex(substr(unnest(${word}), 3)) AS {word}" for word in WORDS)
        database.execute(
            f"CREATE TABLE ours AS SELECT unnest(range({len(ours)}))::UBIGINT AS id, {columns}",
            {word: [log.get(word) for log in ours] for word in WORDS},
        )
        logs, blocks = folder / "logs.parquet", folder / "blocks.parquet"
        given = {"first": FIRST, "rows": rows}
        database.execute(LOGS.format(logs), given | {"ours": len(ours)})
        database.execute(BLOCKS.format(blocks), given)
    return [logs, blocks]


def main() -> None:
    """Make the files, import them, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_archive(folder, rows)
        elapsed = stopwatch()
        done = subprocess.run(
            [
                *(sys.executable, "-c", COMMAND, "import-logs", "--json", *map(str, files)),
                *("--contracts", REPLAYS / "contracts.json"),
            ],
            env={"SETTLEWATCH_DATABASE_URL": f"sqlite:///{folder / 'bench.db'}"},
            check=True,
            capture_output=True,
        )
        seconds = elapsed()
    counts = json.loads(done.stdout)
    marks = dict(line.split(":", 1) for line in done.stderr.decode().splitlines() if ":" in line)
    peak = int(marks["VmHWM"].split()[0]) / 1024
    print(f"{'import of Parquet, SQLite':<34}{counts['logs'] / seconds:>12,.0f} rows/s")
    print(f"{'of these rows, facts':<34}{counts['facts_added']:>12,}")
    print(f"{'peak memory of the import':<34}{peak:>12,.0f} MB")


if __name__ == "__main__":
    main()
