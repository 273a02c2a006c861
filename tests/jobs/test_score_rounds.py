"""Assessing rounds of the recorded chain, stored once while nothing is new."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.score_rounds import score_rounds
from models.liquidity import BookSnapshot
from models.market import Market
from models.position import Position
from models.round_assessment import RoundAssessment
from models.voting import Reveal
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.contracts import ContractBook
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.round_packing import unpack_round
from service.risk.parameters import load_parameters
from service.store.oracle.contracts import load_book
from service.store.scores.inputs import load_inputs
from service.store.scores.round_assessments import get_question, mean_past_attempt, newest_of_round
from service.store.scores.round_captures import captured_of
from tests.store.round_scenes import list_market

PARAMETERS, ATTACK = load_parameters(), load_attack_parameters()
FORCED, JOINT = 10_080, 10_082


@pytest.fixture
def whole(whole_chain_url: str) -> Iterator[sessionmaker[Session]]:
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def run(sessions: sessionmaker[Session], at: datetime) -> CycleReport:
    return score_rounds(sessions, sessions, SetClock(at), ContractBook(()), PARAMETERS, ATTACK)


def stored(sessions: sessionmaker[Session]) -> list[tuple[int, str]]:
    with sessions() as session:
        rows = session.scalars(select(RoundAssessment).order_by(RoundAssessment.id))
        return [(row.round_id, row.phase) for row in rows]


def test_past_rounds_are_assessed_as_sealed_and_as_ended_and_the_current_as_it_is(
    whole: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.score_rounds.MOST_PAST", 2)
    monkeypatch.setattr("jobs.score_rounds.list_asked_rounds", lambda *_: {10_076, 10_079, 10_080})
    monkeypatch.setattr("jobs.score_rounds.WATCHED_ROUNDS", 3)
    at = datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 60, UTC)
    first = run(whole, at)
    assert not first.degraded
    past = [10_079, 10_080]
    assert stored(whole) == [
        *[(round_id, phase) for round_id in past for phase in ("commit", "over")],
        (JOINT, "commit"),
    ]
    # The oldest one waited for its turn; what reads the same is not stored again.
    again = run(whole, at + timedelta(seconds=30))
    assert again.counts == {"due": 3, "assessed": 2, "unchanged": 1}
    assert run(whole, at + timedelta(seconds=45)).counts == {"due": 1, "unchanged": 1}


def test_an_assessment_tells_its_docket_and_keeps_what_a_question_is_answered_from(
    whole: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.score_rounds.MOST_PAST", 1)
    run(whole, datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 60, UTC))
    with whole() as session:
        row = newest_of_round(session, JOINT)
        assert row is not None
        question = get_question(session, JOINT)
        assert question is not None
        assert question.assessment_id == row.id
        inputs = unpack_round(question.inputs)
        assert (inputs.round_id, inputs.as_of) == (JOINT, row.as_of)
        docket = row.document["docket"]
        assert isinstance(docket, list)
        assert {line["role"] for line in docket} == {"operative", "superseded"}
        assert all(line["title"] and line["belief_ground"] for line in docket)
        assert row.requests == 12
        earlier = newest_of_round(session, FORCED, row.as_of - timedelta(days=2))
        assert earlier is not None
        assert earlier.phase == "commit"
        # One round was assessed before: too few to set a level.
        assert mean_past_attempt(session, JOINT, row.as_of).value is None


def test_a_log_that_comes_late_makes_a_new_assessment_of_its_round(
    whole: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.score_rounds.MOST_PAST", 1)
    at = datetime.fromtimestamp(RoundTime(JOINT).starts_at + 60, UTC)
    with whole.begin() as session:
        reveal = session.scalars(select(Reveal).where(Reveal.round_id == FORCED)).first()
        assert reveal is not None
        reveal.known_at = at + timedelta(minutes=1)
    run(whole, at)
    before = len(stored(whole))
    report = run(whole, at + timedelta(minutes=2))
    assert report.counts["assessed"] == 1
    assert stored(whole)[before:] == [(FORCED, "over")]


def test_what_a_round_says_of_a_market_is_read_by_its_score_from_then_on(
    whole: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.score_rounds.MOST_PAST", 0)
    at = datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 60, UTC)
    with whole.begin() as session:
        market = list_market(session, JOINT, at)
        # Enough of No, the pushed answer, that forcing it pays.
        for position in session.scalars(select(Position)):
            position.size = 200_000_000_000 if position.outcome_index == 1 else 0
        for snapshot in session.scalars(select(BookSnapshot)):
            # Of Yes, so that No costs 20 cents.
            snapshot.outcome_index = 0
        market.stale_since = None
    run(whole, at)
    with whole() as session:
        row = newest_of_round(session, JOINT)
        assert row is not None
        told = captured_of(row.document)[market.condition_id]
        assert told > 0.001
        stored_market = session.get_one(Market, market.id)
        assert stored_market.stale_since == at
        book = load_book(session)
        (inputs,) = load_inputs(session, [stored_market], book, at)
        (before,) = load_inputs(session, [stored_market], book, at - timedelta(seconds=1))
        assert (inputs.captured, before.captured) == (told, None)


def test_an_empty_store_is_not_assessed(sessions: sessionmaker[Session]) -> None:
    report = run(sessions, datetime(2026, 3, 1, tzinfo=UTC))
    assert report.counts == {"due": 1, "no_vote_contract": 1}
    assert stored(sessions) == []
