"""A past round that fails waits for its turn; one that another release packed is packed anew."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from jobs import score_rounds as job
from jobs.cycle import CycleReport
from models.round_assessment import RoundAssessment, RoundFailure
from service.clock import SetClock
from service.database import open_engine, open_sessions
from service.protocol.contracts import ContractBook
from service.protocol.rounds import RoundTime
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.round_packing import PACKED_FORMAT, unpack_round
from service.risk.parameters import load_parameters
from service.store.rounds.round_failures import (
    FIRST_WAIT,
    LONGEST_WAIT,
    forget_failure,
    note_failure,
    waiting_rounds,
)
from service.store.rounds.round_inputs import load_round
from service.store.scores.round_assessments import get_question, list_outdated

PARAMETERS, ATTACK = load_parameters(), load_attack_parameters()
JOINT = 10_082
AT = datetime.fromtimestamp(RoundTime(JOINT).reveal_starts_at - 60, UTC)
SECONDS = timedelta(seconds=15)
PAST = select(func.count()).where(RoundAssessment.round_id < JOINT)


@pytest.fixture
def whole(whole_chain_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sessionmaker[Session]]:
    """Three past rounds, one a run."""
    monkeypatch.setattr(job, "MOST_PAST", 1)
    monkeypatch.setattr(job, "WATCHED_ROUNDS", 2)
    monkeypatch.setattr(job, "list_asked_rounds", lambda *_: {10_076, 10_079, 10_080})
    engine = open_engine(whole_chain_url)
    yield open_sessions(engine)
    engine.dispose()


def run(sessions: sessionmaker[Session], at: datetime) -> CycleReport:
    book = ContractBook(())
    return job.score_rounds(sessions, sessions, SetClock(at), book, PARAMETERS, ATTACK)


def past(sessions: sessionmaker[Session]) -> set[int]:
    with sessions() as session:
        query = select(RoundAssessment.round_id).where(RoundAssessment.round_id < JOINT)
        return set(session.scalars(query))


def test_rounds_that_fail_wait_and_the_others_get_their_turn(
    whole: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    load: Any = load_round
    broken = {10_080}

    def failing(session: Session, round_id: int, *rest: Any) -> Any:
        if round_id in broken:
            raise ValueError("a row of it is broken")
        return load(session, round_id, *rest)

    monkeypatch.setattr(job, "load_round", failing)
    first = run(whole, AT)
    assert len(first.degraded) == 2
    assert all("round 10080" in text for text in first.degraded)
    assert past(whole) == set()
    for number in (1, 2):
        report = run(whole, AT + number * SECONDS)
        assert not report.degraded
        assert report.counts["waiting"] == 1
    assert past(whole) == {10_076, 10_079}
    # Once its time has come it is tried again, and waits twice as long.
    later = AT + FIRST_WAIT
    assert run(whole, later).degraded
    with whole() as session:
        [row] = session.scalars(select(RoundFailure))
        assert (row.round_id, row.failures, row.next_try_at) == (10_080, 2, later + 2 * FIRST_WAIT)
        assert row.reason == "ValueError: a row of it is broken"
    broken.clear()
    assert "waiting" not in run(whole, later + 2 * FIRST_WAIT).counts
    assert past(whole) == {10_076, 10_079, 10_080}
    with whole() as session:
        assert waiting_rounds(session, AT) == {}


def test_inputs_of_another_release_are_packed_anew_without_a_new_assessment(
    whole: sessionmaker[Session],
) -> None:
    for number in range(3):
        run(whole, AT + number * SECONDS)
    with whole.begin() as session:
        before = session.scalar(PAST)
        for round_id in (10_079, 10_080):
            question = get_question(session, round_id)
            assert question is not None
            question.inputs, question.packed_format = b"of another release", None
    # Newest first, one a run.
    for number, left in enumerate(({10_079}, set()), 3):
        assert run(whole, AT + number * SECONDS).counts["packed_anew"] == 1
        with whole() as session:
            assert list_outdated(session) == left
    with whole() as session:
        assert session.scalar(PAST) == before
        question = get_question(session, 10_080)
        assert question is not None
        assert question.packed_format == PACKED_FORMAT
        assert unpack_round(question.inputs).round_id == 10_080
    assert "packed_anew" not in run(whole, AT + 5 * SECONDS).counts


def test_nobody_waits_longer_than_a_day(session: Session) -> None:
    for number in range(20):
        note_failure(session, 7, "x" * 400, AT)
        waits = session.get_one(RoundFailure, 7).next_try_at - AT
        assert waits == min(FIRST_WAIT * 2**number, LONGEST_WAIT)
    assert waiting_rounds(session, AT) == {7: True}
    assert waiting_rounds(session, AT + LONGEST_WAIT) == {7: False}
    forget_failure(session, 7)
    assert waiting_rounds(session, AT) == {}
