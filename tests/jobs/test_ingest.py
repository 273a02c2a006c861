"""Captures into rows: what a reorganised chain took back is scored anew, readers go back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs import ingest as ingesting
from jobs.index_oracle import READER
from jobs.ingest import BlockConflict, OnConflict, ingest_capture
from models.enums import OverrideLayer
from models.market import Market
from models.oracle import NegRiskQuestion, Proposal
from service.chain.archive import Capture, read_archive
from service.chain.book import read_book
from service.protocol.facts import OutcomeOverridden, PricePushed
from service.protocol.finality import POLYGON
from service.protocol.lifecycle import QuestionStatus
from service.protocol.log_position import LogPosition
from service.store.oracle.blocks import get_cursor, get_head, move_cursor
from service.store.oracle.questions import iterate_statuses
from service.store.oracle.touched import touched_by
from service.store.upserts import insert_or_ignore
from tests.replays import CONTRACTS, path_of, read_replay
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW, add_market

BOOK = read_book(CONTRACTS)
LATE = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def views(tmp_path: Path) -> list[Capture]:
    """The captures of one chain as it was reorganised."""
    found = []
    for number, view in enumerate(read_replay("j-reorg")["views"]):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(view["capture"]))
        found += read_archive(file)
    return found


def follow(session: Session, question_id: bytes, number: int) -> Market:
    return add_market(
        session,
        number,
        question_id=question_id,
        uma_question_id=question_id,
        condition_id=question_id,
    )


def ingest(sessions: sessionmaker[Session], capture: Capture, at: datetime = LATE) -> int:
    with sessions.begin() as session:
        return ingest_capture(session, capture, BOOK, at, OnConflict.REMOVE).blocks_removed


def stale(sessions: sessionmaker[Session]) -> dict[bytes, datetime | None]:
    with sessions() as session:
        found = session.execute(select(Market.uma_question_id, Market.stale_since))
        return {question: mark for question, mark in found if question is not None}


def clear(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        for market in session.scalars(select(Market)):
            market.stale_since = None


def statuses(sessions: sessionmaker[Session]) -> dict[bytes, QuestionStatus]:
    with sessions() as session:
        return {s.question_id: s for s in iterate_statuses(session, BOOK)}


def proposed(sessions: sessionmaker[Session]) -> set[bytes]:
    with sessions() as session:
        return set(session.scalars(select(Proposal.ancillary_hash)))


def test_a_market_whose_facts_a_fork_took_away_is_scored_anew(
    sessions: sessionmaker[Session], views: list[Capture]
) -> None:
    questions = {
        bytes.fromhex(question["questionID"][2:])
        for view in read_replay("j-reorg")["views"]
        for question in view["expected"].values()
    }
    with sessions.begin() as session:
        for number, question in enumerate(sorted(questions)):
            follow(session, question, number)
    moved_by_a_fork = 0
    for capture in views:
        before = statuses(sessions)
        clear(sessions)
        removed = ingest(sessions, capture)
        after, marks = statuses(sessions), stale(sessions)
        moved = {q for q in before | after if before.get(q) != after.get(q)}
        assert all(marks[question] == LATE for question in moved)
        moved_by_a_fork += bool(removed and moved)
    assert moved_by_a_fork >= 2


def test_a_market_a_fork_leaves_with_nothing_at_all_is_scored_anew(
    sessions: sessionmaker[Session],
) -> None:
    (capture,) = [c for c in read_archive(path_of("a-clean")) if c.chain_id == POLYGON]
    question = bytes.fromhex(read_replay("a-clean")["expected"]["a1"]["questionID"][2:])
    with sessions.begin() as session:
        follow(session, question, 1)
    ingest(sessions, capture)
    clear(sessions)
    # Another branch from the first block on, on which nothing happened.
    head = replace(capture.blocks[0], hash=b"\x0f" * 32)
    assert ingest(sessions, replace(capture, blocks=(head,), logs=())) == len(capture.blocks)
    assert proposed(sessions) == set()
    assert stale(sessions) == {question: LATE}


def test_a_fork_sends_the_live_reader_back_to_it(
    sessions: sessionmaker[Session],
) -> None:
    (capture,) = [c for c in read_archive(path_of("a-clean")) if c.chain_id == POLYGON]
    ingest(sessions, capture)
    with sessions.begin() as session:
        move_cursor(session, POLYGON, READER, expected=None, to=10_000, at=LATE)
    fork = replace(capture.blocks[3], hash=b"\x0f" * 32)
    ingest(sessions, replace(capture, blocks=(fork,), logs=()))
    with sessions() as session:
        assert get_cursor(session, POLYGON, READER) == fork.number
        head = get_head(session, POLYGON)
        assert head is not None
        assert head.hash == fork.hash


def test_importing_what_is_known_marks_nothing(sessions: sessionmaker[Session]) -> None:
    (capture,) = [c for c in read_archive(path_of("a-clean")) if c.chain_id == POLYGON]
    question = bytes.fromhex(read_replay("a-clean")["expected"]["a1"]["questionID"][2:])
    with sessions.begin() as session:
        follow(session, question, 1)
    ingest(sessions, capture)
    assert stale(sessions) == {question: LATE}
    clear(sessions)
    ingest(sessions, capture)
    assert stale(sessions) == {question: None}


def test_facts_read_before_they_count_as_known_are_scored_when_they_do(
    sessions: sessionmaker[Session],
) -> None:
    (capture,) = [c for c in read_archive(path_of("a-clean")) if c.chain_id == POLYGON]
    question = bytes.fromhex(read_replay("a-clean")["expected"]["a1"]["questionID"][2:])
    with sessions.begin() as session:
        follow(session, question, 1)
    newest = max(log.at.block_number for log in capture.logs)
    mined = next(b.mined_at for b in capture.blocks if b.number == newest)
    ingest(sessions, capture, mined + timedelta(seconds=2))
    assert stale(sessions) == {question: mined + timedelta(seconds=5)}


def position(address: bytes = bytes(20)) -> LogPosition:
    return LogPosition(POLYGON, 1, bytes(32), 0, bytes(32), address)


def test_the_operator_s_override_touches_the_question_behind_it(session: Session) -> None:
    chain = Chain(session, 1)
    block = chain.block(NOW)
    chain.add(
        block,
        NegRiskQuestion,
        bytes(20),
        neg_risk_market_id=b"\x01" * 32,
        neg_risk_question_id=b"\x02" * 32,
        request_id=chain.question_id,
        question_index=0,
    )
    override = OutcomeOverridden(position(), b"\x02" * 32, OverrideLayer.OPERATOR, (1, 0))
    touched = touched_by(session, [override])
    assert (touched.questions, touched.conditions) == ({chain.question_id}, set())


def test_a_vote_s_answer_touches_the_question_it_was_asked_for(session: Session) -> None:
    chain = Chain(session, 1)
    block = chain.dispute(NOW, NOW, 0)
    child = b"\xcc" * 24 + block.number.to_bytes(8, "big")
    pushed = PricePushed(position(), bytes(32), 0, 0, child)
    touched = touched_by(session, [pushed])
    assert (touched.questions, touched.conditions) == ({chain.question_id}, set())


def test_an_empty_insert_is_no_statement(session: Session) -> None:
    assert insert_or_ignore(session, Market, []) == 0


def clean() -> Capture:
    (capture,) = [c for c in read_archive(path_of("a-clean")) if c.chain_id == POLYGON]
    return capture


def odd(capture: Capture) -> Capture:
    """A branch from the fourth block on, on which nothing happened."""
    fork = replace(capture.blocks[3], hash=b"\x0f" * 32)
    return replace(capture, blocks=(fork,), logs=())


def test_a_contradiction_is_refused_unless_it_is_asked_for(
    sessions: sessionmaker[Session],
) -> None:
    ingest(sessions, clean())
    before = proposed(sessions)
    with pytest.raises(BlockConflict) as refused, sessions.begin() as session:
        ingest_capture(session, odd(clean()), BOOK, LATE)
    assert refused.value.number == clean().blocks[3].number
    assert proposed(sessions) == before


@pytest.mark.parametrize("is_deeper", [True, False])
def test_a_chain_is_followed_as_deep_as_chains_take_blocks_back(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch, *, is_deeper: bool
) -> None:
    capture = clean()
    depth = capture.blocks[-1].number - capture.blocks[3].number
    monkeypatch.setattr(ingesting, "DEEPEST_FORK", depth - is_deeper)
    ingest(sessions, capture)
    before = proposed(sessions)
    with sessions.begin() as session:
        if is_deeper:
            with pytest.raises(BlockConflict, match="Nothing was stored or removed"):
                ingest_capture(session, odd(capture), BOOK, LATE, OnConflict.FOLLOW)
        else:
            ingest_capture(session, odd(capture), BOOK, LATE, OnConflict.FOLLOW)
    assert (proposed(sessions) == before) is is_deeper
