"""What a score reads of a vote, at every instant of recorded ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models.enums import RequestState
from models.voting import Commit, Reveal
from service.protocol.question_status import QuestionStatus
from service.risk.vote_facts import VoteFacts
from service.store.oracle.contracts import load_book
from service.store.oracle.questions import iterate_statuses
from service.store.scores.vote_inputs import effective_number, get_vote_facts
from tests.store.voted import add_captures

SECOND = timedelta(seconds=1)
UMA = 10**18


@pytest.fixture
def voted(sessions: sessionmaker[Session], session: Session) -> Session:
    add_captures(sessions, "00-deployment", "c-dvm-vote", "g-whale-flip")
    return session


def waiting(session: Session, at: datetime) -> dict[int, QuestionStatus]:
    """The questions that wait for a vote at an instant."""
    statuses = iterate_statuses(session, load_book(session), at)
    return {
        number: status
        for number, status in enumerate(statuses)
        if status.operative is not None and status.operative.state is RequestState.DISPUTED
    }


def facts_at(session: Session, at: datetime) -> dict[int, VoteFacts]:
    return get_vote_facts(session, waiting(session, at), load_book(session), at)


def instants(session: Session, model: type[Commit | Reveal]) -> Iterator[datetime]:
    """When votes became known, for requests whose question waits for them."""
    for known_at in session.scalars(select(model.known_at).distinct().order_by(model.known_at)):
        if waiting(session, known_at):
            yield known_at


def test_sealed_votes_count_with_their_voters_stake(voted: Session) -> None:
    at = max(instants(voted, Commit))
    found = [f for f in facts_at(voted, at).values() if f.sealed]
    assert found
    for facts in found:
        assert facts.phase in ("dvm_commit", "rolled")
        assert facts.can_be_played
        assert facts.opened.total == 0
        assert facts.unknown_voters == 0
        assert facts.stake is not None
        assert 0 < facts.sealed <= facts.stake
        assert facts.sealed_voters >= 1


def test_opened_votes_are_those_known_by_the_time_and_leave_the_sealed(voted: Session) -> None:
    seen: list[VoteFacts] = []
    for at in instants(voted, Reveal):
        seen += [f for f in facts_at(voted, at).values() if f.phase == "dvm_reveal"]
    assert seen
    assert all(f.can_be_played and f.stake is not None for f in seen)
    assert max(f.opened.total for f in seen) > 0
    # Somebody opened while others were still sealed.
    assert any(f.opened.total and f.sealed for f in seen)
    assert all(f.opened.total + f.sealed <= (f.stake or 0) for f in seen)


def test_nothing_of_the_vote_is_read_before_it_is_known(voted: Session) -> None:
    first = next(instants(voted, Reveal))
    assert all(f.opened.total == 0 for f in facts_at(voted, first - SECOND).values())
    assert any(f.opened.total for f in facts_at(voted, first).values())


@pytest.mark.parametrize(
    ("stakes", "expected"), [([], 0.0), ([5 * UMA], 1.0), ([UMA, UMA], 2.0), ([3 * UMA, UMA], 1.6)]
)
def test_unequal_voters_count_for_fewer(stakes: list[int], expected: float) -> None:
    assert effective_number(stakes) == expected
