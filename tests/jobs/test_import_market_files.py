"""Market dumps as files: every form gives the same, and a file with a fault changes nothing."""

import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy import delete, inspect
from sqlalchemy.orm import Session, sessionmaker

from models.market import Market
from tests.jobs.market_dumps import (
    FORMS,
    NOW,
    as_json,
    by_catalogue,
    counts,
    load,
    markets,
    own_map,
    own_row,
)
from tests.loopback.records import a_market

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dumps").mkdir()
    return tmp_path / "dumps"


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_file_gives_the_same_markets(
    sessions: sessionmaker[Session], folder: Path, name: str, packed: str
) -> None:
    if name.endswith(".parquet") and packed:
        pytest.skip("Parquet is packed in itself")
    records = [a_market(1, description='Says "no",\nor\tyes.'), a_market(2, closed=True)]
    FORMS[name](folder / name, records)
    path = folder / (name + packed)
    if packed:
        path.write_bytes(gzip.compress((folder / name).read_bytes()))
    assert counts(load(sessions, path)) == {"files": 1, "rows": 2, "added": 2}
    imported = markets(sessions)
    with sessions.begin() as session:
        session.execute(delete(Market))
    by_catalogue(sessions, NOW, *records)
    shown = markets(sessions)
    for column in inspect(Market).columns:
        if column.name not in {"id", "group_id"}:
            found = [[getattr(m, column.name) for m in rows] for rows in (imported, shown)]
            assert found[0] == found[1], column.name


def _cut(raw: bytes) -> bytes:
    return raw[: len(raw) * 2 // 3]


@pytest.mark.parametrize("name", ["d.json", "d.ndjson", "d.csv", "d.parquet", "d.ndjson.gz"])
def test_a_file_that_is_cut_off_changes_nothing_and_the_others_count(
    sessions: sessionmaker[Session], folder: Path, name: str
) -> None:
    # A cut CSV shows only where it cuts through a quoted text.
    records = [a_market(n, description="x" * 500 + '"') for n in range(1, 60)]
    plain = name.removesuffix(".gz")
    FORMS[plain](folder / plain, records)
    raw = (folder / plain).read_bytes()
    (folder / name).write_bytes(_cut(gzip.compress(raw) if name.endswith(".gz") else raw))
    as_json(folder / "good.json", [a_market(100)])
    result = load(sessions, folder / name, folder / "good.json")
    [line] = result.faults
    assert line.startswith(f"{folder / name}: cannot be read (")
    assert counts(result) == {"files": 1, "rows": 1, "added": 1}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.csv", "conditionId,outcomes,closed\n1,2,3\n4,5\n", "cannot be read"),
        ("d.csv", "conditionId,outcomes,closed\n1,2,3,4\n", "cannot be read"),
        ("d.csv", "", "does not name each column once"),
        ("d.csv", "a,A\n1,2\n", "does not name each column once"),
        ("d.csv", "id,question\n1,2\n", "has no column 'conditionId', so its columns are not"),
        ("d.xlsx", "", "is no dump by its name"),
        ("d.parquet", "PAR1", "cannot be read"),
        ("d.json", "[1, 2", "cannot be read"),
    ],
)
def test_a_file_that_is_no_dump_is_one_line(
    sessions: sessionmaker[Session], folder: Path, name: str, content: str, words: str
) -> None:
    (folder / name).write_text(content)
    [line] = load(sessions, folder / name, folder / "not-there.json").faults[:1]
    assert words in line


@pytest.mark.parametrize("name", ["d.csv", "d.json", "d.ndjson"])
def test_a_column_the_file_lacks_is_named_with_the_key_of_the_map(
    sessions: sessionmaker[Session], folder: Path, name: str
) -> None:
    rows = [{k: v for k, v in own_row(1).items() if k != "micro"}]
    FORMS[name](folder / name, rows)
    [line] = load(sessions, folder / name, mapping=own_map()).faults
    assert "the map's fields.volume names the column 'micro', which is not there" in line
    assert "Columns: nr, cond" in line


def test_saved_pages_and_events_are_opened(sessions: sessionmaker[Session], folder: Path) -> None:
    page = {"markets": [a_market(1), a_market(2)], "next_cursor": "x"}
    child = {k: v for k, v in a_market(3).items() if k != "events"}
    event = {"id": "77", "title": "Ships", "slug": "ships", "markets": [child]}
    (folder / "d.ndjson").write_text(json.dumps(page) + "\n" + json.dumps(event) + "\n")
    assert counts(load(sessions, folder / "d.ndjson")) == {"files": 1, "rows": 3, "added": 3}
    assert all(market.group_id is not None for market in markets(sessions))
