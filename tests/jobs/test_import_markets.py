"""Dumps of markets into rows: every file form, once, never over what is newer."""

import csv
import gzip
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import delete, func, inspect, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.import_markets import MarketImport, import_markets
from models.chain import DataIssue
from models.market import Market, RulesVersion
from service.clock import SetClock
from service.polymarket import dump_files
from service.polymarket.dump_map import GAMMA_SHAPE, DumpMap, parse_map
from service.polymarket.translate import to_listing
from service.protocol.listings import MarketListing
from service.store.listings import upsert_listings
from tests.jobs.test_cli import run  # noqa: F401  # the fixture
from tests.loopback.records import a_market, condition_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOCK = SetClock(NOW)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Record = dict[str, Any]

# The markets of these tests in columns of somebody's own.
OWN = """
known_at = { column = "seen", as = "epoch-s" }
[fields]
gamma_id = "nr"
condition_id = "cond"
title = "ask"
rules = "text"
outcomes = { columns = ["yes", "no"] }
adapter = "oracle"
closed = "is_over"
volume = { column = "micro", as = "micro-usd" }
"""


def own_row(number: int, seen: datetime | None = None, **changes: Any) -> Record:
    row: Record = {
        "nr": 500_000 + number,
        "cond": condition_of(number),
        "ask": f"Will ship {number} arrive?",
        "text": "Rules, one.",
        "yes": "Yes",
        "no": "No",
        "oracle": "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7",
        "is_over": False,
        "micro": 25_000_000,
        "seen": None if seen is None else int(seen.timestamp()),
    }
    return row | changes


def own_map(text: str = OWN) -> DumpMap:
    return parse_map(text, "own.toml", is_json=False)


def as_json(path: Path, rows: Sequence[Record]) -> None:
    path.write_text(json.dumps(list(rows)))


def as_ndjson(path: Path, rows: Sequence[Record]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_csv(path: Path, rows: Sequence[Record], delimiter: str = ",") -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        for row in rows:
            texts = {k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()}
            writer.writerow(texts)


def as_tsv(path: Path, rows: Sequence[Record]) -> None:
    as_csv(path, rows, "\t")


def as_parquet(path: Path, rows: Sequence[Record]) -> None:
    source = path.with_suffix(".source.ndjson")
    as_ndjson(source, rows)
    sql = f"COPY (SELECT * FROM read_json('{source}', auto_detect = true)) TO '{path}'"  # noqa: S608  # ours
    duckdb.connect().execute(sql)
    source.unlink()


FORMS: dict[str, Callable[[Path, Sequence[Record]], None]] = {
    "d.json": as_json,
    "d.ndjson": as_ndjson,
    "d.jsonl": as_ndjson,
    "d.csv": as_csv,
    "d.tsv": as_tsv,
    "d.parquet": as_parquet,
}


def load(
    sessions: sessionmaker[Session],
    *files: Path,
    mapping: DumpMap = GAMMA_SHAPE,
    clock: SetClock = CLOCK,
    **options: Any,
) -> MarketImport:
    return import_markets(sessions, files, clock, mapping, **options)


def markets(sessions: sessionmaker[Session]) -> list[Market]:
    with sessions() as session:
        return list(session.scalars(select(Market).order_by(Market.condition_id)))


def by_catalogue(sessions: sessionmaker[Session], at: datetime, *records: Record) -> None:
    """What the live catalogue shows."""
    listings = [to_listing(record) for record in records]
    assert all(isinstance(listing, MarketListing) for listing in listings)
    with sessions.begin() as session:
        upsert_listings(session, [m for m in listings if isinstance(m, MarketListing)], at)


def counts(result: MarketImport) -> dict[str, int]:
    """Those that are not zero; every row is in exactly one."""
    ends = sum(value for name, value in result.counts.items() if name not in {"files", "rows"})
    assert ends == result.counts["rows"]
    return {name: value for name, value in result.counts.items() if value}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dumps").mkdir()
    return tmp_path / "dumps"


@SQLITE
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


def test_a_dump_of_ones_own_columns_goes_the_way_of_the_catalogue(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    as_parquet(folder / "d.parquet", [own_row(n) for n in range(1, 601)])
    result = load(sessions, folder / "d.parquet", mapping=own_map())
    assert counts(result) == {"files": 1, "rows": 600, "added": 600}
    first = markets(sessions)[0]
    assert (first.gamma_id, first.title, first.outcomes) == (
        "500001",
        "Will ship 1 arrive?",
        ["Yes", "No"],
    )
    assert (first.known_at, first.refreshed_at) == (NOW, NOW)
    again = load(sessions, folder / "d.parquet", mapping=own_map())
    assert counts(again) == {"files": 1, "rows": 600, "unchanged": 600}


@SQLITE
class TestAge:
    """What is stored and newer stays; what is newer is taken."""

    def test_a_live_row_is_not_written_over_by_an_older_dump(
        self, sessions: sessionmaker[Session], folder: Path
    ) -> None:
        by_catalogue(sessions, NOW - timedelta(hours=1), a_market(1, question="New?"))
        # Without a time, of an earlier crawl, and of an earlier time of the source's own.
        as_json(folder / "a.json", [a_market(1, question="Old?", updatedAt=None)])
        as_json(folder / "b.json", [own_row(1, NOW - timedelta(hours=2), ask="Old?")])
        as_json(folder / "c.json", [a_market(1, question="Old?", updatedAt="2026-10-31T00:00:00Z")])
        first = load(sessions, folder / "a.json", folder / "c.json")
        assert counts(first) == {"files": 2, "rows": 2, "kept": 2}
        second = load(sessions, folder / "b.json", mapping=own_map())
        assert counts(second) == {"files": 1, "rows": 1, "kept": 1}
        [market] = markets(sessions)
        assert (market.title, market.refreshed_at) == ("New?", NOW - timedelta(hours=1))

    def test_a_newer_crawl_and_a_newer_record_are_taken(
        self, sessions: sessionmaker[Session], folder: Path
    ) -> None:
        by_catalogue(sessions, NOW - timedelta(hours=5), a_market(1), a_market(2))
        as_json(folder / "a.json", [own_row(1, NOW - timedelta(hours=4), ask="Newer?")])
        as_json(
            folder / "b.json", [a_market(2, question="Newer?", updatedAt="2026-11-02T00:00:00Z")]
        )
        assert load(sessions, folder / "a.json", mapping=own_map()).counts["changed"] == 1
        assert load(sessions, folder / "b.json").counts["changed"] == 1
        assert [(m.title, m.refreshed_at) for m in markets(sessions)] == [
            ("Newer?", NOW - timedelta(hours=4)),
            ("Newer?", NOW),
        ]

    def test_several_sights_of_a_market_become_its_history_in_order_of_time(
        self, sessions: sessionmaker[Session], folder: Path
    ) -> None:
        hours = (5, 9, 7)
        rows = [own_row(1, NOW - timedelta(hours=h), text=f"Rules of {h}.") for h in hours]
        as_parquet(folder / "d.parquet", rows)
        result = load(sessions, folder / "d.parquet", mapping=own_map())
        assert result.counts["added"] == 1
        with sessions() as session:
            versions = session.execute(
                select(RulesVersion.version, RulesVersion.known_at).order_by(RulesVersion.version)
            ).all()
        assert [(version, (NOW - at) / timedelta(hours=1)) for version, at in versions] == [
            (1, 9),
            (2, 7),
            (3, 5),
        ]
        again = load(sessions, folder / "d.parquet", mapping=own_map())
        assert counts(again) == {"files": 1, "rows": 3, "kept": 2, "unchanged": 1}

    def test_a_crawl_counts_as_known_when_its_page_was_whole_and_never_later_than_now(
        self, sessions: sessionmaker[Session], folder: Path
    ) -> None:
        at = NOW - timedelta(days=30)
        seen = [at, at + timedelta(minutes=20), at + timedelta(minutes=61), NOW + timedelta(days=1)]
        as_csv(folder / "d.csv", [own_row(n, when) for n, when in enumerate(seen, 1)])
        load(sessions, folder / "d.csv", mapping=own_map())
        assert [market.known_at for market in markets(sessions)] == [seen[1], seen[1], seen[2], NOW]


@SQLITE
def test_refused_rows_are_issues_with_reasons_and_others_resolve_elsewhere(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    rows = [
        a_market(1),
        a_market(2, outcomes='["A", "B", "C"]'),
        a_market(3, conditionId="0x12"),
        a_market(4, resolvedBy="", umaBond="", umaReward="", closed=True),
        ["no object"],
    ]
    as_json(folder / "d.json", rows)  # type: ignore[arg-type]  # one is no record on purpose
    result = load(sessions, folder / "d.json")
    assert counts(result) == {"files": 1, "rows": 5, "added": 1, "refused": 3, "not_uma": 1}
    assert sum(result.reasons.values()) == 3
    assert result.reasons["not binary"] == 1
    with sessions() as session:
        issues = list(session.scalars(select(DataIssue).order_by(DataIssue.key)))
    assert {issue.kind for issue in issues} == {"refused_import"}
    assert all(issue.key.startswith("d.json:") for issue in issues)
    assert "not binary: 3 outcomes" in [issue.reason for issue in issues]


@SQLITE
def test_a_value_that_does_not_fit_its_transform_refuses_its_row_and_names_the_field(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    as_csv(folder / "d.csv", [own_row(1), own_row(2, micro="lots"), own_row(3) | {"seen": "soon"}])
    result = load(sessions, folder / "d.csv", mapping=own_map())
    assert counts(result) == {"files": 1, "rows": 3, "added": 1, "refused": 2}
    assert dict(result.reasons) == {"volume": 1, "known_at": 1}


@SQLITE
def test_the_issues_of_a_file_are_bounded_and_the_counts_are_not(
    sessions: sessionmaker[Session], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.import_markets.MOST_ISSUES", 30)
    as_ndjson(folder / "d.ndjson", [a_market(n, outcomes='["A"]') for n in range(1, 1_101)])
    assert load(sessions, folder / "d.ndjson").counts["refused"] == 1_100
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(DataIssue)) == 30


@SQLITE
def test_a_dry_run_stores_nothing_and_says_the_same(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    as_json(folder / "d.json", [a_market(1), a_market(2, outcomes='["A"]')])
    assert load(sessions, folder / "d.json", dry_run=True).counts["added"] == 1
    assert markets(sessions) == []
    with sessions() as session:
        assert session.scalars(select(DataIssue)).all() == []
    assert load(sessions, folder / "d.json").counts["added"] == 1


@SQLITE
def test_cut_off_and_run_again_ends_as_if_it_had_not_been(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    rows = [own_row(n, NOW - timedelta(hours=n % 7 + 1)) for n in range(1, 701)]
    random.Random(5).shuffle(rows)  # noqa: S311  # a seed
    as_parquet(folder / "d.parquet", rows)

    class Cut(Exception):
        pass

    def cut(done: int, _all: int) -> None:
        if done >= 500:
            raise Cut

    with pytest.raises(Cut):
        load(sessions, folder / "d.parquet", mapping=own_map(), progress=cut)
    assert 0 < len(markets(sessions)) < 700
    load(sessions, folder / "d.parquet", mapping=own_map())
    resumed = [(m.condition_id, m.known_at, m.title, m.content_hash) for m in markets(sessions)]
    with sessions.begin() as session:
        session.execute(delete(Market))
    load(sessions, folder / "d.parquet", mapping=own_map())
    assert resumed == [
        (m.condition_id, m.known_at, m.title, m.content_hash) for m in markets(sessions)
    ]


def _cut(raw: bytes) -> bytes:
    return raw[: len(raw) * 2 // 3]


@SQLITE
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


@SQLITE
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


@SQLITE
def test_a_column_the_file_lacks_is_named_with_the_key_of_the_map(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    rows = [{k: v for k, v in own_row(1).items() if k != "micro"}]
    as_csv(folder / "d.csv", rows)
    [line] = load(sessions, folder / "d.csv", mapping=own_map()).faults
    assert "the map's fields.volume names the column 'micro', which is not there" in line
    assert "Columns: nr, cond" in line


@SQLITE
def test_saved_pages_and_events_are_opened(sessions: sessionmaker[Session], folder: Path) -> None:
    page = {"markets": [a_market(1), a_market(2)], "next_cursor": "x"}
    child = {k: v for k, v in a_market(3).items() if k != "events"}
    event = {"id": "77", "title": "Ships", "slug": "ships", "markets": [child]}
    (folder / "d.ndjson").write_text(json.dumps(page) + "\n" + json.dumps(event) + "\n")
    assert counts(load(sessions, folder / "d.ndjson")) == {"files": 1, "rows": 3, "added": 3}
    assert all(market.group_id is not None for market in markets(sessions))


@SQLITE
def test_rows_come_a_few_at_a_time_however_long_the_file(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    as_parquet(folder / "d.parquet", [own_row(n) for n in range(1, 1_101)])
    seen: list[tuple[int, int]] = []
    load(
        sessions,
        folder / "d.parquet",
        mapping=own_map(),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(500, 1_100), (1_000, 1_100), (1_100, 1_100)]
    assert dump_files.FETCH == 500


def test_the_command_prints_each_mistake_of_a_map_and_ends_with_2(
    tmp_path: Path,
    run: Callable[[list[str], dict[str, str]], tuple[int, str]],  # noqa: F811  # the fixture
) -> None:
    (tmp_path / "m.toml").write_text('[fields]\ntitel = "t"\nclosed = "c"\n')
    (tmp_path / "d.json").write_text("[]")
    code, errors = run(["import-markets", "d.json", "--map", "m.toml"], {})
    assert code == 2
    assert "fields.titel is not one of our fields. Did you mean title." in errors
    assert errors.count("\n") == 4
    code, errors = run(["import-markets", "d.json", "--map", "nowhere.toml"], {})
    assert (code, errors.count("\n")) == (2, 1)
    code, errors = run(["import-markets", "nowhere.json"], {})
    assert (code, errors.count("\n")) == (2, 1)
    assert "nowhere.json: cannot be read (no such file)" in errors
