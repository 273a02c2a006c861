"""Whose texts count for a question, and what each came too late for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.enums import ContractKind
from models.lifecycle_enums import ClarificationChannel, ClarificationPosition
from service.chain.book import mainnet_book
from service.protocol.clarifications import Clarification, place_clarifications
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.facts import QuestionInitialized
from service.protocol.ids import managed_request_id, parse_address
from service.protocol.lifecycle import QuestionFacts, fold_question
from service.protocol.prices import NO, YES
from tests.replays.adapter_logs import ADAPTER, CREATOR, ORACLE, TOKENS, Question
from tests.replays.encoded import EncodedChain

STRANGER, SUCCESSOR = b"\xee" * 20, b"\x5c" * 20
MANAGED = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
BOOK = ContractBook(
    (
        ContractEntry(137, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 0, version="4"),
        ContractEntry(137, ORACLE, MANAGED, 0),
        ContractEntry(137, TOKENS, ContractKind.CONDITIONAL_TOKENS, 0),
    )
)
BEFORE, PROPOSED, DISPUTED, SEALED, PAID = ClarificationPosition
SOON = timedelta(minutes=1)


def asked(chain: EncodedChain | None = None) -> Question:
    question = Question(oracle_kind=MANAGED)
    if chain is not None:
        question = replace(question, chain=chain)
    question.initialize()
    return question


def post(question: Question, owner: bytes = CREATOR, text: bytes = b"Note.") -> None:
    question.change("AncillaryDataUpdated", owner, text)


def placed(
    question: Question, commit_ends_at: int | None = None, book: ContractBook = BOOK
) -> list[Clarification]:
    told = question.chain.facts(book)
    [first] = [d for d in told if isinstance(d.fact, QuestionInitialized)]
    assert isinstance(first.fact, QuestionInitialized)
    facts = QuestionFacts(first.fact, first.mined_at, tuple(told))
    status = fold_question(facts, book, "", question.chain.time)
    return list(place_clarifications(status, book, commit_ends_at))


def test_each_text_stands_behind_the_newest_milestone() -> None:
    question = asked()
    post(question)
    question.propose(NO)
    post(question)
    question.first_dispute(NO)
    post(question)
    question.propose(YES)
    post(question)
    question.settle(YES)
    question.resolve(YES, 1, 0)
    post(question)
    texts = placed(question)
    assert [t.position for t in texts] == [BEFORE, PROPOSED, DISPUTED, PROPOSED, PAID]
    assert [t.proposals_before for t in texts] == [0, 1, 1, 2, 2]
    assert [t.disputes_before for t in texts] == [0, 0, 1, 1, 1]


def test_logs_of_one_block_stand_in_their_own_order() -> None:
    question = asked()
    question.propose(YES)
    note = question.on_adapter("AncillaryDataUpdated", question.question_id, CREATOR, b"Note.")
    question.chain.send(note, question.disputed(YES), note)
    assert [t.position for t in placed(question)] == [PROPOSED, DISPUTED]


def test_what_comes_after_the_deciding_votes_are_sealed_says_so() -> None:
    question = asked()
    question.propose(YES)
    question.first_dispute(YES)
    question.propose(YES)
    question.dispute(YES)
    sealed = question.chain.now + 2 * SOON
    question.chain.send(
        question.on_adapter("AncillaryDataUpdated", question.question_id, CREATOR, b"In time."),
        at=sealed - timedelta(seconds=1),
    )
    question.chain.send(
        question.on_adapter("AncillaryDataUpdated", question.question_id, CREATOR, b"Too late."),
        at=sealed,
    )
    positions = [t.position for t in placed(question, int(sealed.timestamp()))]
    assert positions == [DISPUTED, SEALED]
    # Without the vote's round nothing is claimed of it.
    assert [t.position for t in placed(question)] == [DISPUTED, DISPUTED]


def test_a_vote_that_decides_nothing_seals_nothing() -> None:
    question = asked()
    question.propose(YES)
    question.first_dispute(YES)
    question.chain.wait(SOON)
    post(question)
    assert [t.position for t in placed(question, question.chain.time - 10)] == [DISPUTED]


def test_a_stranger_s_text_is_kept_and_is_not_official() -> None:
    question = asked()
    post(question, STRANGER, b"It is Yes.\xff")
    [told] = placed(question)
    assert (told.is_official, told.owner) == (False, STRANGER)
    assert told.text == "It is Yes.\ufffd"
    assert told.channel is ClarificationChannel.BULLETIN_BOARD


def test_the_managed_oracle_s_rules_are_official_and_in_the_same_list() -> None:
    question = asked()
    post(question)
    managed = managed_request_id(ADAPTER, question.identifier, question.text)
    rules = (managed, ADAPTER, question.identifier, question.text, b"New rules.")
    question.chain.send(question.on_oracle("RequestRulesUpdated", *rules))
    post(question)
    texts = placed(question)
    assert [t.text for t in texts] == ["Note.", "New rules.", "Note."]
    assert (texts[1].channel, texts[1].owner) == (ClarificationChannel.REQUEST_RULES, None)
    assert texts[1].is_official


@pytest.mark.parametrize(
    ("seconds", "owner", "is_official"),
    [(-1, CREATOR, True), (-1, SUCCESSOR, False), (0, CREATOR, False), (0, SUCCESSOR, True)],
)
def test_the_key_that_posts_for_a_creator_takes_over_to_the_second(
    seconds: int, owner: bytes, *, is_official: bool
) -> None:
    question = asked()
    moved = question.chain.now + timedelta(hours=1)
    book = ContractBook(
        (
            *BOOK.entries,
            ContractEntry(
                137, SUCCESSOR, ContractKind.QUESTION_CREATOR, 0, posts_for=CREATOR, from_time=moved
            ),
        )
    )
    log = question.on_adapter("AncillaryDataUpdated", question.question_id, owner, b"Note.")
    question.chain.send(log, at=moved + timedelta(seconds=seconds))
    [told] = placed(question, book=book)
    assert told.is_official is is_official


def test_mainnet_s_creator_posts_by_another_key_since_may_2026() -> None:
    book = mainnet_book()
    old = parse_address("0x91430CaD2d3975766499717fA0D66A78D814E5c5")
    new = parse_address("0xF43d55F3A8B7484Ed4B6931f93CB6F9eF5Dd369D")
    moved = datetime(2026, 5, 22, 8, tzinfo=UTC)
    assert book.may_clarify(137, old, old, moved - timedelta(seconds=1))
    assert not book.may_clarify(137, old, old, moved)
    assert book.may_clarify(137, new, old, moved)
    # Its own questions it has always clarified itself.
    assert book.may_clarify(137, new, new, moved - timedelta(days=365))
