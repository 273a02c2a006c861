"""``export requests`` and ``export votes``: flat tables of the same facts."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from jobs.export import FORMATS, TABLES, export_rows, export_table
from jobs.export_rows import COLUMNS
from jobs.fold_facts import fold_facts
from models.adjudication_enums import Verdict
from models.enums import ContractKind
from models.oracle import BridgedRequest, Dispute
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.prices import YES
from service.store.votes.voted_questions import iterate_voted
from tests.jobs.encoded_store import store
from tests.jobs.test_export_votes import ethereum
from tests.replays import read_replay
from tests.replays.adapter_logs import ADAPTER, CREATOR, ORACLE, Question
from tests.replays.votes import REVEALED, votes_in_order
from tests.store.judged import judge
from tests.store.scenes import NOW, add_market, ref_of
from tests.store.voted import add_captures

Row = dict[str, Any]
BOOK = ContractBook(
    (
        ContractEntry(137, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 0, version="3.1.0"),
        ContractEntry(137, ORACLE, ContractKind.OPTIMISTIC_ORACLE_V2, 0),
        ContractEntry(137, CREATOR, ContractKind.QUESTION_CREATOR, 0),
    )
)


def rows_of(sessions: sessionmaker[Session], table: str) -> list[Row]:
    with sessions() as session:
        return list(export_rows(session, table))


def test_every_opened_vote_is_one_row_with_its_own_transaction(
    sessions: sessionmaker[Session],
) -> None:
    add_captures(sessions, "g-whale-flip", "c-dvm-vote")
    rows = rows_of(sessions, "votes")
    logs = [log for name in ("c-dvm-vote", "g-whale-flip") for log in ethereum(name)]
    expected = [(id_, *vote) for id_, votes in votes_in_order(logs).items() for vote in votes]
    told = [
        (r["request_id"], r["voter"].lower(), r["round"], r["price"], r["tokens"]) for r in rows
    ]
    assert sorted(told) == sorted(expected)
    places = {
        (int(log["blockNumber"], 16), int(log["logIndex"], 16)): log["transactionHash"]
        for log in logs
        if log["topics"][0] == REVEALED
    }
    assert {(r["block"], r["log_index"]): r["transaction"] for r in rows} == places
    assert [(r["block"], r["log_index"]) for r in rows] == sorted(places)


def test_a_vote_names_its_question_and_who_sent_it(sessions: sessionmaker[Session]) -> None:
    add_captures(sessions, "c-dvm-vote")
    rows = rows_of(sessions, "votes")
    expected = read_replay("c-dvm-vote")["expected"].values()
    assert {r["question_id"] for r in rows} == {q["questionID"] for q in expected}
    assert {r["condition_id"] for r in rows} == {q["conditionId"] for q in expected}
    sent_for = {(r["voter"], r["caller"]) for r in rows if r["voter"] != r["caller"]}
    assert sent_for == {
        (
            "0x68128E8f93c6fF7B48115c4d7D3D962C3470ccD5",
            "0xFFc0857a97521eD29aF6D34Daa8e503221219F46",
        )
    }


def test_a_vote_on_a_request_of_no_stored_question_is_kept_without_one(
    sessions: sessionmaker[Session],
) -> None:
    add_captures(sessions, "e-fifty-fifty")
    with sessions.begin() as session:
        session.execute(delete(BridgedRequest))
        session.execute(delete(Dispute))
    rows = rows_of(sessions, "votes")
    assert len(rows) == 8
    assert {row["question_id"] for row in rows} == {None}


@pytest.mark.parametrize("name", ["d-too-early", "g-whale-flip", "k-managed-expired"])
def test_every_price_request_is_one_row_as_the_contracts_tell_it(
    name: str, sessions: sessionmaker[Session]
) -> None:
    add_captures(sessions, name)
    told = [
        (
            row["question_id"],
            row["request_timestamp"],
            row["state"],
            row["proposer"],
            row["disputer"],
            row["proposed_price"],
            row["resolved_price"],
            row["dvm_time"],
            row["pushed_price"],
        )
        for row in rows_of(sessions, "requests")
    ]
    expected = [
        (
            question["questionID"],
            r["requestTimestamp"],
            r["state"],
            r["proposer"],
            r["disputer"],
            r["proposedPrice"],
            r["resolvedPrice"],
            r.get("dvm", {}).get("time"),
            r.get("dvm", {}).get("pushedPrice"),
        )
        for question in read_replay(name)["expected"].values()
        for r in question["requests"]
    ]
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_a_request_row_says_how_its_vote_was_found_and_how_it_went(
    sessions: sessionmaker[Session],
) -> None:
    add_captures(sessions, "g-whale-flip")
    first, second = rows_of(sessions, "requests")
    assert (first["operative"], second["operative"]) == (False, True)
    for row in (first, second):
        assert row["dvm_link"] == "parent_id"
        assert (row["first_round"], row["last_round"]) == (10079, 10080)
        assert (row["rolled"], row["deleted"], row["votes"]) == (True, False, 16)


def as_cell(value: object) -> object:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else value


@pytest.mark.parametrize("table", TABLES)
def test_every_format_holds_the_same_rows(
    table: str, sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    add_captures(sessions, "00-deployment", "b-first-dispute")
    fold_facts(sessions)
    with sessions.begin() as session:
        judge(session, add_market(session, 1))
    rows = rows_of(sessions, table)
    assert rows
    with sessions() as session:
        made = {fmt: b"".join(export_table(session, table, fmt)) for fmt in FORMATS}
    assert [json.loads(line) for line in made["ndjson"].splitlines()] == rows
    header, *cells = csv.reader(io.StringIO(made["csv"].decode(), newline=""))
    assert header == list(rows[0])
    assert len(cells) == len(rows)
    file = tmp_path / "export.parquet"
    file.write_bytes(made["parquet"])
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(file)])
        names = [column[0] for column in found.description]
        told = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    assert names == header
    flat = [{name: as_cell(value) for name, value in row.items()} for row in rows]
    assert told == flat


def test_a_verdict_is_exported_with_its_pseudonym_and_evidence(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1)
        judge(session, market, [("ada", Verdict.NO, True)])
    (row,) = rows_of(sessions, "adjudications")
    assert (row["market"], row["adjudicator"], row["verdict"]) == (ref_of(1), "ada", "NO")
    assert (row["supersedes_id"], row["is_blind"], row["confidence"]) == (None, True, None)
    assert row["known_at"] == int(NOW.timestamp())
    assert row["evidence"] == [{"url": "https://example.org/a", "quote": None}]


def test_a_parquet_file_without_rows_still_has_its_columns(
    sessions: sessionmaker[Session], tmp_path: Path
) -> None:
    file = tmp_path / "export.parquet"
    with sessions() as session:
        file.write_bytes(b"".join(export_table(session, "votes", "parquet")))
    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?)", [str(file)])
        assert [column[0] for column in found.description] == list(COLUMNS["votes"])
        assert found.fetchall() == []


def test_two_requests_proposed_in_one_block_are_each_told_their_own_vote(
    sessions: sessionmaker[Session],
) -> None:
    """One text, one time: only the disputes' transactions tell them apart."""
    question = Question()
    question.initialize()
    first = question.asked
    question.reset()
    second = question.asked
    proposals = [question.proposed(YES, asked) for asked in (first, second)]
    question.chain.send(*proposals)
    question.dispute(YES, first)
    question.dispute(YES, second)
    store(sessions, question.chain, BOOK)
    with sessions() as session:
        [(status, votes)] = iterate_voted(session, BOOK)
    owners = [[r.request_timestamp for r in status.requests if v.sent.is_of(r)] for v in votes]
    assert owners == [[first], [second]]
    assert len({vote.sent.dvm_time for vote in votes}) == 1
