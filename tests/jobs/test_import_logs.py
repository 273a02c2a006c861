"""Recorded chains into rows: the states the contracts themselves reported, exactly."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from jobs.import_logs import ImportResult, import_logs
from models.base import Base
from models.chain import Block, DataIssue
from service.chain.book import mainnet_book, read_book
from service.clock import SystemClock
from tests.replays import CHAIN, CONTRACTS, SCENARIOS, path_of, read_replay
from tests.replays.expected import as_expected, trimmed

BOOK = read_book(CONTRACTS)
WHOLE = tuple(name for name in SCENARIOS if not name.startswith("j"))


def do_import(sessions: sessionmaker[Session], *files: Path) -> ImportResult:
    return import_logs(sessions, files, BOOK, SystemClock())


def exported(sessions: sessionmaker[Session]) -> dict[str, dict[str, Any]]:
    with sessions() as session:
        rows = list(export_rows(session, "questions"))
    return {row["question_id"]: json.loads(json.dumps(row)) for row in rows}


def all_rows(sessions: sessionmaker[Session]) -> dict[str, int]:
    with sessions() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("name", WHOLE)
def test_a_capture_ends_in_the_state_the_contracts_reported(
    name: str, sessions: sessionmaker[Session]
) -> None:
    result = do_import(sessions, path_of(name))
    assert result.refused == ()
    rows = exported(sessions)
    expected = read_replay(name)["expected"]
    for question in expected.values():
        assert as_expected(rows[question["questionID"]]) == trimmed(question)
    assert len(rows) == len(expected)


def test_each_view_of_a_reorganised_chain_ends_in_its_own_state(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    for number, view in enumerate(read_replay("j-reorg")["views"]):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(view["capture"]))
        do_import(sessions, file)
        rows = exported(sessions)
        for question in view["expected"].values():
            assert as_expected(rows[question["questionID"]]) == trimmed(question)


def test_views_in_one_file_are_imported_capture_by_capture(
    sessions: sessionmaker[Session],
) -> None:
    result = do_import(sessions, path_of("j-reorg"))
    assert result.counts["blocks_removed"] > 0
    rows = exported(sessions)
    for question in read_replay("j-reorg")["views"][-1]["expected"].values():
        assert as_expected(rows[question["questionID"]]) == trimmed(question)


def test_files_may_come_in_any_order(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, *(path_of(name) for name in reversed(WHOLE)))
    rows = exported(sessions)
    for name in ("a-clean", "b-first-dispute", "e-fifty-fifty", "f-flag-manual", "i-bulletin"):
        for question in read_replay(name)["expected"].values():
            if question["requests"][-1]["state"] in {"Settled", "Requested"}:
                assert as_expected(rows[question["questionID"]]) == trimmed(question)


def test_importing_twice_changes_nothing(sessions: sessionmaker[Session]) -> None:
    files = [path_of(name) for name in WHOLE]
    first = do_import(sessions, *files)
    before, questions = all_rows(sessions), exported(sessions)
    second = do_import(sessions, *files)
    assert second.counts["facts_added"] == 0
    assert second.counts["already_known"] == first.counts["facts_added"]
    assert (all_rows(sessions), exported(sessions)) == (before, questions)


def test_every_log_is_counted_exactly_once(sessions: sessionmaker[Session]) -> None:
    files = [path_of(name) for name in SCENARIOS]
    counts = do_import(sessions, *files, CHAIN / "00-deployment.json.gz").counts
    ends = ("facts_added", "already_known", "outside_book", "unknown_topic", "undecodable")
    assert counts["logs"] == sum(counts[end] for end in ends)
    assert counts["files"] == len(files) + 1


def test_overrides_are_marked_whichever_contract_made_them(
    sessions: sessionmaker[Session],
) -> None:
    do_import(sessions, path_of("f-flag-manual"))
    rows = exported(sessions)
    expected = read_replay("f-flag-manual")["expected"]
    overridden = {key for key, q in expected.items() if rows[q["questionID"]]["overridden"]}
    assert overridden == {"f1", "f4", "f5"}


def test_a_disputed_request_carries_its_vote_request_and_the_price_that_came_back(
    sessions: sessionmaker[Session],
) -> None:
    do_import(sessions, path_of("b-first-dispute"))
    question = read_replay("b-first-dispute")["expected"]["b1"]
    (vote,) = exported(sessions)[question["questionID"]]["dvm_requests"]
    assert vote["dvm_time"] == question["requests"][0]["dvm"]["time"]
    assert vote["pushed_price"] == question["requests"][0]["dvm"]["pushedPrice"]


def test_votes_are_absent_and_not_none_while_their_chain_is_not_stored(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    file = tmp_path / "polygon.json"
    file.write_text(json.dumps(read_replay("b-first-dispute")["chains"]["137"]))
    do_import(sessions, file)
    question = read_replay("b-first-dispute")["expected"]["b1"]
    (vote,) = exported(sessions)[question["questionID"]]["dvm_requests"]
    assert (vote["last_round"], vote["rolled"], vote["votes"]) == (None, None, None)


def test_questions_of_an_unknown_creator_are_kept_and_not_official(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    entries = [e for e in json.loads(CONTRACTS.read_text()) if e["kind"] != "question_creator"]
    book = tmp_path / "book.json"
    book.write_text(json.dumps(entries))
    import_logs(sessions, [path_of("a-clean")], read_book(book), SystemClock())
    assert {row["official"] for row in exported(sessions).values()} == {False}


class TestFaultyFiles:
    """A file with a fault changes nothing; the others count."""

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "not JSON"),
            (b'{"chainId": 137, "fromBlock"', "not JSON, or truncated"),
            (b"[]", "expected an object"),
            (b'{"logs": []}', "a capture without 'chainId'"),
            (gzip.compress(b"{}" * 9999, mtime=0)[:-20], "cannot be read"),
        ],
    )
    def test_the_line_names_the_file_and_the_fault(
        self, content: bytes, reason: str, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        file = tmp_path / "bad.json"
        file.write_bytes(content)
        result = do_import(sessions, file, path_of("a-clean"))
        (line,) = result.refused
        assert str(file) in line
        assert reason in line
        assert "\n" not in line
        assert len(exported(sessions)) == len(read_replay("a-clean")["expected"])

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda c: c["logs"][3].update(blockHash="0x" + "11" * 32), "has no such block"),
            (lambda c: c["logs"][3].update(removed=True), "marked removed"),
            (lambda c: c["logs"][3].update(topics=["0x12"]), "expected 0x and 64 hex digits"),
            (lambda c: c["logs"].append(dict(c["logs"][0])), "appears twice"),
            (lambda c: c["blocks"][2].update(parentHash="0x" + "22" * 32), "does not follow"),
            (lambda c: c["blocks"][0].update(number="0x1"), "outside"),
            (lambda c: c["logs"][3].update(logIndex="0xzz"), "logs[3]: logIndex is not a quantity"),
            (lambda c: c["logs"][3].update(data="0x123"), "logs[3]: 'data' is not whole bytes"),
        ],
    )
    def test_a_capture_that_contradicts_itself_is_refused_whole(
        self, change: Any, reason: str, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        document = read_replay("a-clean")
        change(document["chains"]["137"])
        file = tmp_path / "bad.json"
        file.write_text(json.dumps(document))
        (line,) = do_import(sessions, file).refused
        assert reason in line
        assert all_rows(sessions)["blocks"] == 0

    def test_a_price_that_answers_nothing_is_kept_and_named(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        document = read_replay("a-clean")
        proposal = next(
            log
            for log in document["chains"]["137"]["logs"]
            if log["topics"][0].startswith("0x6e51dd00")
        )
        words = bytearray.fromhex(proposal["data"][2:])
        words[96:128] = (12345).to_bytes(32, "big")
        proposal["data"] = "0x" + words.hex()
        file = tmp_path / "odd.json"
        file.write_text(json.dumps(document))
        for _ in range(2):
            assert do_import(sessions, file).refused == ()
        with sessions() as session:
            issue = session.scalars(select(DataIssue)).one()
        assert issue.kind == "unexpected_price"
        assert "12345" in issue.reason
        prices = [q["requests"][0]["proposed_price"] for q in exported(sessions).values()]
        assert "12345" in prices

    def test_a_capture_under_another_chain_s_name_is_refused(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        document = read_replay("a-clean")
        document["chains"] = {"1": document["chains"]["137"]}
        file = tmp_path / "odd.json"
        file.write_text(json.dumps(document))
        (line,) = do_import(sessions, file).refused
        assert "chains.1 says chainId 137" in line

    def test_a_book_that_knows_nothing_of_a_file_is_said(
        self, sessions: sessionmaker[Session]
    ) -> None:
        result = import_logs(sessions, [path_of("a-clean")], mainnet_book(), SystemClock())
        (line,) = result.foreign
        assert "book does not name" in line

    def test_a_known_topic_that_does_not_decode_becomes_an_error_row(
        self, sessions: sessionmaker[Session], tmp_path: Path
    ) -> None:
        document = read_replay("a-clean")
        proposal = next(
            log
            for log in document["chains"]["137"]["logs"]
            if log["topics"][0].startswith("0x6e51dd00")
        )
        proposal["data"] = proposal["data"][:100]
        file = tmp_path / "odd.json"
        file.write_text(json.dumps(document))
        result = do_import(sessions, file)
        assert result.refused == ()
        assert result.counts["undecodable"] == 1
        with sessions() as session:
            issue = session.scalars(select(DataIssue)).one()
        assert issue.key.startswith("137:0x")
        assert "ProposePrice" in issue.reason


def test_a_longer_chain_from_the_same_fork_replaces_the_blocks_above_it(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    views = read_replay("j-reorg")["views"]
    for number in (3, 4):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(views[number]["capture"]))
        do_import(sessions, file)
    with sessions() as session:
        newest = session.scalar(select(func.max(Block.number)))
    # View 4 is shorter than view 3 was: nothing of the old branch may stay above it.
    assert newest == views[4]["head"]
