"""cryo's files, checked row by row: what is wrong is said in one line, with its row."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from service.chain.archive import ArchiveError
from service.chain.cryo import Dataset
from service.chain.parquet import ParquetDatabase, ParquetFile, inspect_parquet
from service.chain.parquet_pairs import pair_blocks
from tests.replays import read_replay
from tests.replays.cryo import BLOCKS, LOGS, Row, to_rows, write_rows

CAPTURE = read_replay("a-clean")["chains"]["137"]
Change = Callable[[list[Row]], object]


@pytest.fixture
def parquet() -> Iterator[ParquetDatabase]:
    with ParquetDatabase() as opened:
        yield opened


def write(
    path: Path,
    dataset: str,
    change: Change = len,
    columns: Mapping[str, str | None] = MappingProxyType({}),
    *,
    is_hex: bool = False,
) -> Path:
    """The blocks or the logs of a capture with every column, changed."""
    rows = to_rows(CAPTURE)[dataset == "logs"]
    change(rows)
    declared = {**(LOGS if dataset == "logs" else BLOCKS), **columns}
    kept = {name: kind for name, kind in declared.items() if kind is not None}
    write_rows(path, rows, kept, is_hex=is_hex)
    return path


def refusal(parquet: ParquetDatabase, path: Path) -> str:
    with pytest.raises(ArchiveError) as raised:
        inspect_parquet(parquet, path)
    line = str(raised.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    return line


@pytest.mark.parametrize("is_hex", [False, True])
def test_a_file_says_its_dataset_chain_and_range(
    parquet: ParquetDatabase, tmp_path: Path, *, is_hex: bool
) -> None:
    blocks = inspect_parquet(parquet, write(tmp_path / "b.parquet", "blocks", is_hex=is_hex))
    logs = inspect_parquet(parquet, write(tmp_path / "l.parquet", "logs", is_hex=is_hex))
    assert (blocks.dataset, blocks.chain_id, blocks.rows) == (Dataset.BLOCKS, 137, 16)
    assert (blocks.first_block, blocks.last_block) == (61, 76)
    assert (logs.dataset, logs.chain_id, logs.rows) == (Dataset.LOGS, 137, 54)


def set_row(index: int, **values: Any) -> Change:
    return lambda rows: rows[index].update(values)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_row(3, address="0x" + "11" * 19), "row 4: address is not 20 bytes"),
        (set_row(3, transaction_hash="0x"), "row 4: transaction_hash is not 32 bytes"),
        (set_row(3, transaction_hash=None), "row 4: transaction_hash is missing"),
        (set_row(3, topic0="0x11"), "row 4: topic0 is not 32 bytes"),
        (set_row(3, topic0=None), "row 4: topic1 is there without topic0"),
        (set_row(3, data=None), "row 4: data is missing"),
        (set_row(3, data="0x1234"), "row 4: data is not of n_data_bytes"),
        (set_row(3, log_index=2**31), "row 4: log_index is out of range"),
        (set_row(3, block_number=None), "row 4: block_number is missing"),
        (set_row(3, chain_id=1), "two chains, 1 and 137"),
        (lambda rows: rows.append(rows[0]), "log 0 of block 61 appears twice"),
    ],
)
@pytest.mark.parametrize("is_hex", [False, True])
def test_a_log_that_cannot_be_is_named_by_its_row(
    change: Change, reason: str, parquet: ParquetDatabase, tmp_path: Path, *, is_hex: bool
) -> None:
    path = write(tmp_path / "l.parquet", "logs", change, is_hex=is_hex)
    assert reason in refusal(parquet, path)


@pytest.mark.parametrize("text", ["11" * 20, "0x" + "zz" * 20, "0x" + "11" * 21, "0x" + "1" * 39])
def test_text_that_is_no_address_is_refused(
    text: str, parquet: ParquetDatabase, tmp_path: Path
) -> None:
    path = write(tmp_path / "l.parquet", "logs", set_row(3, address=text), is_hex=True)
    assert "row 4: address is not 20 bytes of 0x-hex" in refusal(parquet, path)


def test_data_of_half_a_byte_is_refused(parquet: ParquetDatabase, tmp_path: Path) -> None:
    change = set_row(3, data="0x123")
    path = write(tmp_path / "l.parquet", "logs", change, {"n_data_bytes": None}, is_hex=True)
    assert "row 4: data is not whole bytes of 0x-hex" in refusal(parquet, path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_row(2, parent_hash="0x" + "22" * 32), "block 63 does not follow block 62"),
        (set_row(2, block_number=62), "block 62 comes twice and differs"),
        (set_row(2, block_hash=None), "row 3: block_hash is missing"),
        (set_row(2, timestamp=None), "row 3: timestamp is missing"),
    ],
)
def test_blocks_that_contradict_each_other_are_refused(
    change: Change, reason: str, parquet: ParquetDatabase, tmp_path: Path
) -> None:
    path = write(tmp_path / "b.parquet", "blocks", change)
    assert reason in refusal(parquet, path)


def test_a_time_no_calendar_holds_is_refused(parquet: ParquetDatabase, tmp_path: Path) -> None:
    change = set_row(0, timestamp=2**60)
    path = write(tmp_path / "b.parquet", "blocks", change, {"timestamp": "UBIGINT"})
    assert "row 1: timestamp is out of range" in refusal(parquet, path)


@pytest.mark.parametrize(
    ("dataset", "column"),
    [("blocks", "parent_hash"), ("blocks", "block_hash"), ("logs", "data"), ("logs", "chain_id")],
)
def test_a_missing_column_is_named_with_the_option_that_adds_it(
    dataset: str, column: str, parquet: ParquetDatabase, tmp_path: Path
) -> None:
    line = refusal(parquet, write(tmp_path / "x.parquet", dataset, columns={column: None}))
    assert f"`cryo {dataset} --include-columns {column}`" in line


@pytest.mark.parametrize("column", ["block_hash", "n_data_bytes", "transaction_index"])
def test_a_column_nobody_needs_may_be_missing(
    column: str, parquet: ParquetDatabase, tmp_path: Path
) -> None:
    path = write(tmp_path / "l.parquet", "logs", columns={column: None})
    assert inspect_parquet(parquet, path).rows == 54


@pytest.mark.parametrize(
    ("dataset", "column", "kind"),
    [("logs", "block_number", "VARCHAR"), ("blocks", "timestamp", "DOUBLE")],
)
def test_a_column_of_another_type_is_named(
    dataset: str, column: str, kind: str, parquet: ParquetDatabase, tmp_path: Path
) -> None:
    line = refusal(parquet, write(tmp_path / "x.parquet", dataset, columns={column: kind}))
    assert f"column '{column}' is {kind}, not an integer" in line


def test_another_dataset_of_cryo_is_refused(parquet: ParquetDatabase, tmp_path: Path) -> None:
    path = tmp_path / "polygon__transactions__00000061_to_00000076.parquet"
    write_rows(path, [], {"block_number": "UINTEGER", "transaction_hash": "BLOB"})
    assert "neither cryo's blocks nor its logs" in refusal(parquet, path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_parquet_is_refused(
    content: bytes, parquet: ParquetDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)
    assert "cannot be read as Parquet" in refusal(parquet, path)


def test_a_name_with_wildcards_is_that_one_file(parquet: ParquetDatabase, tmp_path: Path) -> None:
    folder = tmp_path / "chain_id=1 [it's]"
    folder.mkdir()
    write(folder / "ab.parquet", "logs")
    odd = (folder / "ab.parquet").rename(folder / "a*.parquet")
    write(folder / "ac.parquet", "blocks")
    file = inspect_parquet(parquet, odd)
    assert (file.dataset, file.chain_id, file.rows) == (Dataset.LOGS, 137, 54)


def test_long_work_prints_nothing_into_the_output_of_the_command(
    parquet: ParquetDatabase, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with parquet.reading(tmp_path) as database:
        database.execute("SET progress_bar_time = 1")
        database.execute("SELECT sum(hash(i)) FROM range(20_000_000) r(i)").fetchall()
    assert capfd.readouterr().out == ""


def test_what_fits_neither_memory_nor_disk_says_where_to_make_room(
    parquet: ParquetDatabase, tmp_path: Path
) -> None:
    def fill() -> None:
        with parquet.reading(tmp_path) as database:
            database.execute("SET memory_limit = '8MB'; SET max_temp_directory_size = '1KB'")
            database.execute(
                "CREATE TEMP TABLE big AS SELECT sha256('' || i) FROM range(500000) r(i)"
            )

    with pytest.raises(ArchiveError, match="let TMPDIR name a larger one"):
        fill()
    with parquet.reading(tmp_path) as database:
        assert database.execute("SELECT 1").fetchall() == [(1,)]


def test_a_file_without_rows_names_no_chain(parquet: ParquetDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "l.parquet", "logs", list.clear)
    file = inspect_parquet(parquet, path)
    assert (file.rows, file.chain_id) == (0, None)


def test_logs_are_paired_with_every_blocks_file_that_overlaps_them(
    parquet: ParquetDatabase, tmp_path: Path
) -> None:
    def cut(first: int, last: int) -> Change:
        def change(rows: list[Row]) -> None:
            rows[:] = [row for row in rows if first <= row["block_number"] <= last]

        return change

    def inspect(name: str, dataset: str, change: Change) -> ParquetFile:
        return inspect_parquet(parquet, write(tmp_path / name, dataset, change))

    low = inspect("low", "blocks", cut(61, 64))
    middle = inspect("middle", "blocks", cut(65, 70))
    high = inspect("high", "blocks", cut(71, 76))
    wide = inspect("wide", "blocks", cut(61, 76))
    logs = inspect("logs", "logs", cut(66, 69))
    foreign = inspect("foreign", "blocks", lambda rows: [row.update(chain_id=1) for row in rows])
    pairs = pair_blocks([high, logs, foreign, low, middle, wide])
    assert pairs == {logs: (wide, middle)}
