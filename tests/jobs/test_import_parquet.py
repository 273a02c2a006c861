"""cryo's Parquet files into rows: the same rows as from the recorded JSON."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from jobs.import_logs import ImportResult, import_logs
from models.base import Base
from models.chain import Block, DataIssue
from service.chain import parquet_captures
from service.chain.book import read_book
from service.clock import SystemClock
from service.database import ensure_schema, open_engine, open_sessions
from tests.replays import CHAIN, CONTRACTS, SCENARIOS, path_of, read_replay
from tests.replays.cryo import write_capture
from tests.replays.expected import as_expected, trimmed

BOOK = read_book(CONTRACTS)
WHOLE = tuple(name for name in SCENARIOS if not name.startswith("j"))
# Scenario a as polars wrote it (lz4, three row groups, statistics); block_hash left out.
POLARS = CHAIN.parent / "polars"
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


def exported(sessions: sessionmaker[Session]) -> dict[str, Any]:
    with sessions() as session:
        rows = list(export_rows(session, "questions"))
    return {row["question_id"]: json.loads(json.dumps(row)) for row in rows}


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


@pytest.fixture
def from_a_clean(tmp_path: Path) -> Rows:
    engine = open_engine(f"sqlite:///{tmp_path / 'json.db'}")
    ensure_schema(engine)
    made = open_sessions(engine)
    do_import(made, path_of("a-clean"))
    return content(made)


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


def test_files_of_the_library_cryo_writes_with_end_in_the_same_rows(
    sessions: sessionmaker[Session], from_a_clean: Rows
) -> None:
    result = do_import(sessions, *sorted(POLARS.glob("*.parquet")))
    assert result.refused == ()
    assert result.counts["logs"] == 54
    assert content(sessions) == from_a_clean


def test_a_logs_file_without_rows_counts_and_stores_nothing(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    capture = {**read_replay("a-clean")["chains"]["137"], "logs": []}
    result = do_import(sessions, *write_capture(capture, tmp_path))
    assert result.refused == ()
    assert (result.counts["files"], result.counts["logs"]) == (2, 0)
    assert blocks(sessions) == {}


def test_importing_the_same_files_again_changes_nothing(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    files = write_replay("c-dvm-vote", tmp_path)
    first = do_import(sessions, *files)
    before = content(sessions), blocks(sessions)
    second = do_import(sessions, *files)
    assert second.counts["already_known"] == first.counts["facts_added"] > 0
    assert second.counts["facts_added"] == 0
    assert (content(sessions), blocks(sessions)) == before


def test_each_view_of_a_reorganised_chain_ends_in_its_own_state(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    removed = 0
    for number, view in enumerate(read_replay("j-reorg")["views"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        result = do_import(sessions, *write_capture(view["capture"], folder))
        assert result.refused == ()
        removed += result.counts["blocks_removed"]
        rows = exported(sessions)
        for question in view["expected"].values():
            assert as_expected(rows[question["questionID"]]) == trimmed(question)
    assert removed > 0


def test_a_fork_is_noticed_in_a_block_that_carries_no_log(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    capture = read_replay("a-clean")["chains"]["137"]
    do_import(sessions, path_of("a-clean"))
    # On the other branch the last two blocks are others, and nothing happened in them.
    first, last = int(capture["blocks"][-2]["number"], 16), int(capture["blocks"][-1]["number"], 16)
    capture["blocks"][-2]["hash"] = capture["blocks"][-1]["parentHash"] = "0x" + "0f" * 32
    capture["blocks"][-1]["hash"] = "0x" + "0e" * 32
    capture["logs"] = [log for log in capture["logs"] if int(log["blockNumber"], 16) < first]
    result = do_import(sessions, *write_capture(capture, tmp_path))
    assert result.counts["blocks_removed"] == 2
    stored = blocks(sessions)
    assert stored[137, first][0] == b"\x0f" * 32
    assert stored[137, last][0] == b"\x0e" * 32


def test_of_the_blocks_only_those_with_kept_logs_and_the_ends_are_stored(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    capture = read_replay("a-clean")["chains"]["137"]
    kept = "0x6e51dd00"  # ProposePrice
    capture["logs"] = [log for log in capture["logs"] if log["topics"][0].startswith(kept)]
    carrying = {(137, int(log["blockNumber"], 16)) for log in capture["logs"]}
    do_import(sessions, *write_capture(capture, tmp_path))
    assert set(blocks(sessions)) == carrying | {(137, 61), (137, 76)}
    assert len(carrying) == 4


@pytest.mark.parametrize("change", [{"from_block": 64}, {"to_block": 70}, {"kind": "relay_hub"}])
def test_the_book_s_ranges_and_kinds_count_the_same_in_both_formats(
    change: dict[str, Any], sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    entries = [{**entry, **change} for entry in json.loads(CONTRACTS.read_text())]
    file = tmp_path / "book.json"
    file.write_text(json.dumps(entries))
    files = write_replay("a-clean", tmp_path)
    of_parquet = import_logs(sessions, files, read_book(file), SystemClock()).counts
    of_json = import_logs(sessions, [path_of("a-clean")], read_book(file), SystemClock()).counts
    # What the first import stored, the second one knows.
    known = of_json.pop("facts_added") + of_json.pop("already_known")
    assert of_parquet.pop("facts_added") + of_parquet.pop("already_known") == known
    ours = {"logs", "outside_book", "unknown_topic", "undecodable"}
    assert {k: of_parquet[k] for k in ours} == {k: of_json[k] for k in ours}
    assert of_parquet["logs"] == known + sum(of_parquet[k] for k in ours - {"logs"})


def test_a_log_that_does_not_decode_becomes_an_error_row(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    capture = read_replay("a-clean")["chains"]["137"]
    proposal = next(log for log in capture["logs"] if log["topics"][0].startswith("0x6e51dd00"))
    proposal["data"] = proposal["data"][:100]
    result = do_import(sessions, *write_capture(capture, tmp_path))
    assert result.refused == ()
    assert result.counts["undecodable"] == 1
    with sessions() as session:
        issue = session.scalars(select(DataIssue)).one()
    assert "ProposePrice" in issue.reason


def test_a_window_never_parts_a_block_and_loses_no_log(
    sessions: sessionmaker[Session],
    of_json: tuple[sessionmaker[Session], ImportResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet_captures, "WINDOW", 1)
    monkeypatch.setattr(parquet_captures, "_FETCH", 7)
    result = do_import(sessions, *(path for name in WHOLE for path in write_replay(name, tmp_path)))
    assert content(sessions) == content(of_json[0])
    assert result.counts["blocks"] == len(blocks(sessions))


class TestFilesThatDoNotFit:
    """What is refused changes nothing by itself, in one line; the other files count."""

    def refused(self, sessions: sessionmaker[Session], *files: Path) -> str:
        result = do_import(sessions, *files, path_of("b-first-dispute"))
        (line,) = result.refused
        assert "\n" not in line
        assert {chain for chain, _ in blocks(sessions)} <= {1, 137}
        expected = read_replay("b-first-dispute")["expected"]
        assert set(exported(sessions)) == {q["questionID"] for q in expected.values()}
        return line

    def test_logs_without_their_blocks(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        _, logs = write_capture(read_replay("a-clean")["chains"]["137"], tmp_path)
        line = self.refused(sessions, logs)
        assert line.startswith(f"{logs}: no blocks file given holds ")
        assert "`cryo blocks --blocks 61:77 --include-columns parent_hash`" in line

    def test_logs_one_of_whose_blocks_is_missing(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        capture = read_replay("a-clean")["chains"]["137"]
        number = capture["logs"][-1]["blockNumber"]
        capture["blocks"] = [block for block in capture["blocks"] if block["number"] != number]
        line = self.refused(sessions, *write_capture(capture, tmp_path))
        assert f"holds 1 of its blocks, the first {int(number, 16)}" in line

    def test_logs_of_another_branch_than_their_blocks(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        capture = read_replay("a-clean")["chains"]["137"]
        for log in capture["logs"]:
            log["blockHash"] = "0x" + "0f" * 32
        extra = ("parent_hash", "block_hash")
        line = self.refused(sessions, *write_capture(capture, tmp_path, extra=extra))
        assert "its logs of block 61 are of another block than the one in the blocks files" in line

    def test_two_blocks_files_of_different_branches(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        capture = read_replay("a-clean")["chains"]["137"]
        ours, logs = write_capture(capture, tmp_path)
        capture["blocks"][-1]["hash"] = "0x" + "0f" * 32
        other, _ = write_capture(capture, tmp_path / "..")
        line = self.refused(sessions, ours, logs, other)
        assert "block 76 comes twice and differs" in line

    def test_a_blocks_file_without_parent_hashes(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        capture = read_replay("a-clean")["chains"]["137"]
        made, logs = write_capture(capture, tmp_path, extra=())
        result = do_import(sessions, logs, made)
        assert "without 'parent_hash'" in " ".join(result.refused)
        assert "no blocks file given" in " ".join(result.refused)
        assert blocks(sessions) == {}

    def test_a_blocks_file_no_logs_file_needs_is_said_and_stores_nothing(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        made, _ = write_capture(read_replay("a-clean")["chains"]["137"], tmp_path)
        result = do_import(sessions, made)
        (line,) = result.idle
        assert str(made) in line
        assert result.refused == ()
        assert blocks(sessions) == {}


def is_sound(result: ImportResult, sessions: sessionmaker[Session], rows: int) -> bool:
    """Whether a hurt pair of files was taken whole; if not, nothing of it may be there."""
    if result.refused:
        assert all("\n" not in line for line in result.refused)
        assert blocks(sessions) == {}
        return False
    assert result.counts["logs"] == rows == sum(result.counts[end] for end in ENDS)
    return True


def hurt(raw: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return raw[: chance.randrange(len(raw))]
    changed = bytearray(raw)
    # Half of the flips go to the footer, where the schema and the statistics are.
    start = chance.choice([0, len(raw) - min(len(raw), 2000)])
    for _ in range(chance.choice([1, 1, 3, 12])):
        changed[chance.randrange(start, len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("layout", ["bytes", "hex, all columns"])
@pytest.mark.parametrize("target", ["logs", "blocks"])
def test_cut_and_flipped_files_are_taken_whole_or_refused_in_one_line(
    layout: str, target: str, tmp_path: Path
) -> None:
    files = write_replay("a-clean", tmp_path, **LAYOUTS[layout])
    file = next(path for path in files if target in path.name)
    raw, chance = file.read_bytes(), random.Random(layout + target)  # noqa: S311  # repeatable
    taken = 0
    for number in range(30):
        file.write_bytes(hurt(raw, chance))
        engine = open_engine(f"sqlite:///{tmp_path / f'{number}.db'}")
        Base.metadata.create_all(engine)
        sessions = open_sessions(engine)
        taken += is_sound(do_import(sessions, *files), sessions, 54)
        engine.dispose()
    assert taken < 30
