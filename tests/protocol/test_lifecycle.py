"""Every way a question can go, folded from logs with the contracts' own signatures."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from models.enums import ContractKind, RequestState
from models.lifecycle_enums import DisputeOrder, ResetCause, ResolutionKind, StuckReason
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.facts import QuestionInitialized
from service.protocol.lifecycle import QuestionFacts, QuestionStatus, fold_question
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from tests.replays.adapter_logs import (
    ADAPTER,
    BOND,
    DISPUTER,
    FEE,
    ORACLE,
    PROPOSER,
    TOKENS,
    TUNNEL,
    Question,
)
from tests.replays.encoded import event_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ADAPTERS = {
    "2.0.0": (ContractKind.UMA_CTF_ADAPTER, 2 * DAY),
    "3.0.0": (ContractKind.UMA_CTF_ADAPTER, 2 * DAY),
    "3.1.0": (ContractKind.NEG_RISK_UMA_CTF_ADAPTER, 2 * DAY),
    "4": (ContractKind.UMA_CTF_ADAPTER, HOUR),
}


def book_of(version: str | None = "4", *, is_neg_risk: bool = False) -> ContractBook:
    kind = ContractKind.NEG_RISK_UMA_CTF_ADAPTER if is_neg_risk else ContractKind.UMA_CTF_ADAPTER
    return ContractBook(
        (
            ContractEntry(137, ADAPTER, kind, 0, version=version),
            ContractEntry(137, ORACLE, ContractKind.OPTIMISTIC_ORACLE_V2, 0),
            ContractEntry(137, TUNNEL, ContractKind.ORACLE_CHILD_TUNNEL, 0),
            ContractEntry(137, TOKENS, ContractKind.CONDITIONAL_TOKENS, 0),
        )
    )


def status_of(
    question: Question, book: ContractBook | None = None, at: datetime | None = None
) -> QuestionStatus:
    dated = question.chain.facts(book or book_of())
    [first] = [d for d in dated if isinstance(d.fact, QuestionInitialized)]
    assert isinstance(first.fact, QuestionInitialized)
    told = QuestionFacts(first.fact, first.mined_at, tuple(dated))
    now = int((at or question.chain.now).timestamp())
    return fold_question(told, book or book_of(), "Will it?", now)


def asked() -> Question:
    question = Question()
    question.initialize()
    return question


def test_a_dispute_after_a_too_early_reset_decides_at_once() -> None:
    question = asked()
    question.propose(YES)
    question.first_dispute(YES)
    question.propose(YES)
    question.dispute(YES)
    question.settle(TOO_EARLY)
    question.reset()
    question.propose(NO)
    question.dispute(NO)
    status = status_of(question)
    assert [reset.cause for reset in status.resets] == [
        ResetCause.FIRST_DISPUTE,
        ResetCause.TOO_EARLY,
    ]
    assert [r.dispute_order for r in status.requests] == [
        DisputeOrder.FIRST,
        DisputeOrder.SECOND,
        DisputeOrder.SECOND,
    ]


def test_an_administrator_s_reset_leaves_the_old_request_alive_and_without_a_say() -> None:
    question = asked()
    question.propose(YES)
    first = question.asked
    question.reset()
    question.propose(NO)
    question.dispute(YES, asked=first)
    question.settle(YES, asked=first)
    status = status_of(question)
    assert [reset.cause for reset in status.resets] == [ResetCause.ADMIN_RESET]
    assert status.operative is not None
    assert status.operative.request_timestamp == question.asked
    assert status.operative.state is RequestState.PROPOSED
    assert status.requests[0].dispute_order is DisputeOrder.MOOT
    assert status.resolution is None


def test_a_reset_without_its_request_s_log_still_moves_the_question_on() -> None:
    question = asked()
    question.propose(YES)
    question.change("QuestionReset")
    status = status_of(question)
    assert status.operative_timestamp == question.chain.time
    assert status.operative is None


def test_a_dispute_of_a_question_set_by_hand_is_moot() -> None:
    question = asked()
    question.propose(YES)
    question.change("QuestionFlagged")
    question.chain.wait(2 * HOUR)
    question.change("QuestionManuallyResolved", (0, 1))
    question.dispute(YES)
    status = status_of(question)
    assert status.requests[0].dispute_order is DisputeOrder.MOOT
    assert status.resolution is ResolutionKind.OVERRIDE


def test_a_proposer_who_disputes_himself_is_told() -> None:
    question = asked()
    question.propose(YES)
    question.first_dispute(YES, by=PROPOSER)
    question.propose(YES)
    question.dispute(YES)
    status = status_of(question)
    assert (status.disputes, status.self_disputes) == (2, 1)
    assert [r.is_self_disputed for r in status.requests] == [True, False]
    assert status.requests[1].disputer == DISPUTER


@pytest.mark.parametrize("version", ADAPTERS)
def test_a_flag_s_safety_period_is_the_adapter_version_s(version: str) -> None:
    kind, period = ADAPTERS[version]
    question = Question(adapter_kind=kind)
    question.initialize()
    question.change("QuestionFlagged")
    flagged = question.chain.now
    book = book_of(version, is_neg_risk=kind is ContractKind.NEG_RISK_UMA_CTF_ADAPTER)
    status = status_of(question, book)
    assert status.paused
    assert (status.flagged_at, status.override_possible_at) == (flagged, flagged + period)


@pytest.mark.parametrize("version", [None, "1.0.0", "5"])
def test_a_safety_period_nobody_published_is_not_made_up(version: str | None) -> None:
    question = asked()
    question.change("QuestionFlagged")
    status = status_of(question, book_of(version))
    assert status.flagged_at is not None
    assert status.override_possible_at is None


def test_an_unpause_clears_the_pause_of_a_flagged_question_and_not_the_flag() -> None:
    question = asked()
    question.change("QuestionFlagged")
    question.change("QuestionUnpaused")
    status = status_of(question)
    assert not status.paused
    assert status.override_possible_at is not None
    question.change("QuestionUnflagged")
    assert status_of(question).override_possible_at is None


def test_half_on_a_neg_risk_market_is_stuck_from_when_it_cannot_be_disputed() -> None:
    book = book_of(is_neg_risk=True)
    question = Question(adapter_kind=ContractKind.NEG_RISK_UMA_CTF_ADAPTER)
    question.initialize()
    question.propose(HALF)
    before, after = (
        status_of(question, book, question.chain.now + wait) for wait in (HOUR, 2 * HOUR)
    )
    assert before.stuck is None
    assert after.stuck is StuckReason.HALF_REFUSED
    question.settle(HALF)
    assert status_of(question, book).stuck is StuckReason.HALF_REFUSED
    # Elsewhere it is an answer like any other.
    assert status_of(replace_kind(question), book_of()).stuck is None


def replace_kind(question: Question) -> Question:
    return replace(question, adapter_kind=ContractKind.UMA_CTF_ADAPTER)


def test_a_price_outside_the_answers_is_stuck_and_too_early_is_not() -> None:
    question = asked()
    question.propose(7)
    question.settle(7)
    assert status_of(question).stuck is StuckReason.UNPAYABLE_PRICE
    early = asked()
    early.propose(YES)
    early.first_dispute(YES)
    early.propose(YES)
    early.dispute(YES)
    early.settle(TOO_EARLY)
    assert status_of(early).stuck is None


def test_a_liveness_beyond_a_year_ends_only_by_a_dispute() -> None:
    question = asked()
    question.propose(YES, liveness=timedelta(seconds=10**9))
    status = status_of(question)
    assert status.stuck is StuckReason.ENDLESS_LIVENESS
    assert status.operative is not None
    assert status.operative.liveness_seconds == 10**9
    question.first_dispute(YES)
    assert status_of(question).stuck is None


def test_a_payout_against_the_vote_nobody_waited_for_is_told() -> None:
    question = asked()
    question.propose(YES)
    first = question.asked
    question.first_dispute(YES)
    question.propose(NO)
    question.settle(NO)
    question.resolve(NO, 0, 1)
    assert status_of(question).earlier_vote_contradicts is None
    question.chain.send(question.settled(YES, asked=first, disputer=DISPUTER))
    status = status_of(question)
    assert status.earlier_vote_contradicts is True
    assert status.resolution is ResolutionKind.ORACLE
    assert status.pays_first_proposal is False


def test_no_bond_asked_for_is_the_final_fee() -> None:
    question = Question()
    question.initialize(bond=0)
    assert [r.bond for r in status_of(question).requests] == [FEE]
    assert [r.bond for r in status_of(asked()).requests] == [BOND]


def test_a_vote_s_answer_decides_before_it_is_settled() -> None:
    question = asked()
    question.reset()
    question.propose(HALF)
    asked_of_the_vote = (question.identifier, question.chain.time, question.text)
    bridged = event_of(ContractKind.ORACLE_CHILD_TUNNEL, "PriceRequestBridged")
    child, parent = b"\x01" * 32, b"\x02" * 32
    question.chain.send(
        (TUNNEL, bridged, (ORACLE, *asked_of_the_vote, child, parent)), question.disputed(HALF)
    )
    pushed = event_of(ContractKind.ORACLE_CHILD_TUNNEL, "PushedPrice")
    question.chain.send((TUNNEL, pushed, (*asked_of_the_vote, YES, child)))
    [_, request] = status_of(question).requests
    assert request.state is RequestState.RESOLVED
    assert (request.parent_request_id, request.answer) == (parent, YES)
