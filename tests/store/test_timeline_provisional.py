"""What is not final is told as such, and only of its own market."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.oracle import BridgedRequest, Question
from service.protocol import facts, vote_facts
from service.protocol.facts import Fact
from service.protocol.log_position import LogPosition
from service.protocol.prices import NO, YES
from service.store.oracle.provisional import replace_provisional
from service.store.timeline.timeline import list_timeline
from tests.store.chain_scenes import add_long_story
from tests.store.scenes import ADAPTER, CREATOR, NOW, STRANGER, add_contracts

LATER = NOW + timedelta(hours=1)


def at(chain_id: int = 137, address: bytes = ADAPTER) -> LogPosition:
    return LogPosition(chain_id, 10**8, b"\x0b" * 32, 3, b"\x0c" * 32, address)


def sentences(session: Session, *provisional: Fact) -> list[str]:
    """The market's provisional sentences, given what the newest blocks say."""
    add_contracts(session)
    market = add_long_story(session, 1)
    for fact in provisional:
        replace_provisional(session, fact.at.chain_id, [fact], lambda _: LATER, LATER)
    return [e.sentence for e in list_timeline(session, market) if e.provisional]


@pytest.fixture
def question(session: Session) -> Question:
    add_contracts(session)
    add_long_story(session, 1)
    [found] = session.scalars(select(Question))
    session.expunge(found)
    session.rollback()
    return found


def dispute(text: bytes, requester: bytes = ADAPTER) -> Fact:
    key = facts.RequestKey(requester, bytes(32), 7, text)
    return facts.PriceDisputed(at(), key, b"", CREATOR, STRANGER, NO, bytes(32))


def test_a_dispute_that_is_not_final_is_told_as_such(session: Session, question: Question) -> None:
    [told] = sentences(session, dispute(question.ancillary_hash))
    assert told.startswith("Not final yet: ")
    assert "contested" in told


def test_another_market_s_dispute_is_not_told(session: Session, question: Question) -> None:
    assert sentences(session, dispute(bytes(32))) == []
    session.rollback()
    assert sentences(session, dispute(question.ancillary_hash, requester=STRANGER)) == []


def test_only_the_creators_clarification_is_told(session: Session, question: Question) -> None:
    by_creator = facts.ClarificationPosted(at(), question.question_id, CREATOR, b"It means\nthis.")
    [told] = sentences(session, by_creator)
    assert "It means this." in told
    session.rollback()
    stranger = facts.ClarificationPosted(at(), question.question_id, STRANGER, b"No!")
    assert sentences(session, stranger) == []


def test_an_opened_vote_is_told_with_its_weight(session: Session) -> None:
    add_contracts(session)
    market = add_long_story(session, 1)
    bridged = session.scalars(select(BridgedRequest)).first()
    assert bridged is not None
    key = vote_facts.DvmKey(bytes(32), 7, bytes(32), bridged.parent_request_id)
    vote = vote_facts.VoteRevealed(at(1), key, STRANGER, STRANGER, 9, YES, 1_500_000 * 10**18)
    replace_provisional(session, 1, [vote], lambda _: LATER, LATER)
    [entry] = [e for e in list_timeline(session, market) if e.provisional]
    assert "opened a vote of 1,500,000 UMA" in entry.sentence
    assert entry.source == "Ethereum"


def test_the_request_s_rules_are_told_only_where_the_market_s_adapter_asked(
    session: Session, question: Question
) -> None:
    updated = facts.RulesUpdated(
        at(), bytes(32), ADAPTER, bytes(32), question.ancillary_hash, b"", b"Noon is local."
    )
    [told] = sentences(session, updated)
    assert told.startswith("Not final yet: The request's rules were updated on the oracle, after ")
    session.rollback()
    assert sentences(session, replace(updated, requester=STRANGER)) == []
