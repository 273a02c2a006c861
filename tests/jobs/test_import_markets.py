"""Dumps of markets into rows: once, with their times, never over what is newer."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, sessionmaker

from models.chain import DataIssue
from models.market import Market, RulesVersion
from service.polymarket import dump_files
from tests.jobs.market_dumps import (
    NOW,
    as_csv,
    as_json,
    as_ndjson,
    as_parquet,
    by_catalogue,
    counts,
    load,
    markets,
    own_map,
    own_row,
)
from tests.jobs.test_cli import run  # noqa: F401  # the fixture
from tests.loopback.records import a_market

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dumps").mkdir()
    return tmp_path / "dumps"


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
@pytest.mark.parametrize("value", ["1e999999999", "-1e999999999", "sNaN", "NaN", "Infinity"])
@pytest.mark.parametrize(("column", "field"), [("micro", "volume"), ("seen", "known_at")])
def test_a_number_that_is_none_or_too_large_refuses_its_row_and_the_import_goes_on(
    sessions: sessionmaker[Session], folder: Path, value: str, column: str, field: str
) -> None:
    as_csv(folder / "d.csv", [own_row(1, NOW), own_row(2, NOW) | {column: value}, own_row(3, NOW)])
    result = load(sessions, folder / "d.csv", mapping=own_map())
    assert counts(result) == {"files": 1, "rows": 3, "added": 2, "refused": 1}
    assert dict(result.reasons) == {field: 1}


@SQLITE
@pytest.mark.parametrize(
    "value", ["9" * 5_000, "-" + "9" * 5_000, "1e999999999", "1e" + "9" * 30, "0." + "9" * 5_000]
)
@pytest.mark.parametrize("column", ["micro", "seen"])
def test_a_number_of_json_that_python_cannot_hold_refuses_its_row_and_the_import_goes_on(
    sessions: sessionmaker[Session], folder: Path, value: str, column: str
) -> None:
    bad = json.dumps(own_row(2, NOW) | {column: "HERE"}).replace('"HERE"', value)
    rows = [json.dumps(own_row(1, NOW)), bad, json.dumps(own_row(3, NOW))]
    (folder / "d.ndjson").write_text("\n".join(rows) + "\n")
    result = load(sessions, folder / "d.ndjson", mapping=own_map())
    refused = int(not value.startswith("0."))
    assert counts(result)["rows"] == 3
    assert (result.counts["added"], result.counts["refused"]) == (3 - refused, refused)


@SQLITE
def test_gammas_own_numbers_that_nothing_can_hold_refuse_their_row(
    sessions: sessionmaker[Session], folder: Path
) -> None:
    lines = [json.dumps(a_market(1))]
    for number, name in enumerate(("volumeNum", "volume", "umaBond", "customLiveness"), 2):
        for value in ("9" * 5_000, "1e" + "9" * 30):
            row = json.dumps(a_market(number, **{name: "HERE"}))
            lines.append(row.replace('"HERE"', value))
    (folder / "d.ndjson").write_text("\n".join([*lines, json.dumps(a_market(9))]) + "\n")
    result = load(sessions, folder / "d.ndjson")
    assert counts(result)["rows"] == 10
    assert result.counts["refused"] >= 6


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
