"""Questions folded from rows: as of a time, from a part of their logs, apart from their doubles."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from models.enums import ContractKind, Outcome, QuestionChangeKind, RequestState
from models.oracle import (
    AncillaryText,
    Condition,
    NegRiskQuestion,
    Payout,
    Proposal,
    Question,
)
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import condition_id
from service.protocol.lifecycle import QuestionStatus
from service.protocol.prices import NO, YES
from service.protocol.standing import standing_of
from service.store.oracle.questions import get_statuses, iterate_statuses
from tests.store.chain_scenes import Chain
from tests.store.scenes import (
    ADAPTER,
    CREATOR,
    DISPUTER,
    MANAGED,
    NOW,
    OOV2,
    POLYGON,
    PROPOSER,
    STRANGER,
    USDC_COIN,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LAG = timedelta(seconds=5)
START = NOW - timedelta(days=3)
NEG_RISK_ADAPTER = bytes([0x4E] * 20)
WRAPPER = bytes([0xD9] * 20)
BOOK = ContractBook(
    (
        ContractEntry(POLYGON, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 1, version="3.1.0"),
        ContractEntry(POLYGON, WRAPPER, ContractKind.NEG_RISK_ADAPTER, 1),
        ContractEntry(POLYGON, OOV2, ContractKind.OPTIMISTIC_ORACLE_V2, 1),
        ContractEntry(POLYGON, MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 1),
    )
)


def add_text(session: Session, chain: Chain) -> None:
    """The text every log of the question carries, under its hash."""
    text = b"q: title: Will it?, description: x res_data: y,initializer:" + CREATOR.hex().encode()
    session.add(AncillaryText(hash=chain.question_id, data=text))
    session.flush()


def forget(session: Session, *models: type[Question | Proposal | Condition]) -> None:
    """Let indexing have begun after these facts."""
    for model in models:
        session.execute(delete(model))


def only(session: Session, chain: Chain) -> QuestionStatus:
    (status,) = get_statuses(session, [chain.question_id], BOOK)[chain.question_id]
    return status


def test_a_question_is_as_it_was_at_every_instant_of_its_story(session: Session) -> None:
    chain = Chain(session, 1, OOV2)
    chain.initialize(START)
    chain.propose(START, START + HOUR, YES)
    chain.block(START + 3 * HOUR)
    chain.settle(START, START + 4 * HOUR, YES)
    chain.pay(START + 5 * HOUR, ["1", "0"])

    def state(at_hours: float, at_seconds: float = 5) -> RequestState | None:
        at = START + at_hours * HOUR + at_seconds * SECOND
        found = get_statuses(session, [chain.question_id], BOOK, at)
        if not found:
            return None
        operative = found[chain.question_id][0].operative
        return None if operative is None else operative.state

    assert state(0, 4) is None
    assert state(1, 4) is None
    assert state(1) is RequestState.PROPOSED
    # Expired only once a block past the liveness counts as known: the contract's clock is its own.
    assert state(3, 4) is RequestState.PROPOSED
    assert state(3) is RequestState.EXPIRED
    assert state(4, 4) is RequestState.EXPIRED
    assert state(4) is RequestState.SETTLED
    before, after = (
        get_statuses(session, [chain.question_id], BOOK, START + 5 * HOUR + lag)[chain.question_id]
        for lag in (LAG - SECOND, LAG)
    )
    assert before[0].payouts is None
    assert after[0].outcome is Outcome.YES


def test_a_dispute_is_possible_until_the_clock_says_otherwise_whatever_the_head(
    session: Session,
) -> None:
    chain = Chain(session, 1, OOV2)
    chain.initialize(START)
    chain.propose(START, START + HOUR, YES)
    status = only(session, chain)
    ends = START + 3 * HOUR
    assert standing_of(status, ends - SECOND).challenge_open
    # The stored head lags: nobody should be sent to dispute what has expired.
    assert status.operative is not None
    assert status.operative.state is RequestState.PROPOSED
    assert not standing_of(status, ends).challenge_open


def test_a_question_initialised_before_indexing_began_is_told_by_its_proposal(
    session: Session,
) -> None:
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, NO)
    add_text(session, chain)
    whole = only(session, chain)
    forget(session, Question, Condition)
    part = only(session, chain)
    assert (part.condition_id, part.adapter, part.creator) == (
        whole.condition_id,
        whole.adapter,
        whole.creator,
    )
    assert part.title == "Will it?"
    # The bond is told where the question enters, and nowhere else.
    assert part.requests == tuple(replace(request, bond=None) for request in whole.requests)


def test_a_dispute_names_the_proposal_nobody_indexed(session: Session) -> None:
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, NO)
    chain.dispute(START, START + 2 * HOUR, NO)
    add_text(session, chain)
    forget(session, Question, Condition, Proposal)
    (request,) = only(session, chain).requests
    assert request.state is RequestState.DISPUTED
    assert (request.proposer, request.disputer) == (PROPOSER, DISPUTER)
    assert request.proposed_price == NO


def test_the_vote_s_answer_belongs_to_the_dispute_it_was_asked_for(session: Session) -> None:
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, YES)
    first = chain.dispute(START, START + 2 * HOUR, YES)
    chain.change(first, QuestionChangeKind.RESET)
    again = first.mined_at
    chain.propose(again, START + 3 * HOUR, YES)
    second = chain.dispute(again, START + 4 * HOUR, YES)
    chain.push(first, START + 50 * HOUR, NO)
    states = {r.disputed_at: r.state for r in only(session, chain).requests}
    assert states == {
        first.mined_at: RequestState.RESOLVED,
        second.mined_at: RequestState.DISPUTED,
    }
    prices = {d.child_request_id: d.pushed_price for d in only(session, chain).dvm_requests}
    assert sorted(prices.values(), key=str) == [NO, None]


@pytest.mark.parametrize("direct_first", [True, False])
def test_two_adapters_with_one_question_id_are_two_questions(
    session: Session,
    *,
    direct_first: bool,
) -> None:
    chain = Chain(session, 1)

    def direct() -> None:
        chain.initialize(START)
        chain.propose(START, START + HOUR, YES)
        chain.pay(START + 2 * HOUR, ["1", "0"])

    direct() if direct_first else None
    neg_risk_id = b"\x99" * 32
    block = chain.block(START + 3 * HOUR)
    initialised = {
        "question_id": chain.question_id,
        "request_timestamp": int(START.timestamp()),
        "creator": STRANGER,
        "ancillary_hash": chain.question_id,
        "title": "Will it?",
        "reward_token": USDC_COIN,
        "reward": 0,
        "proposal_bond": 0,
    }
    chain.add(block, Question, NEG_RISK_ADAPTER, **initialised)
    chain.add(
        block,
        NegRiskQuestion,
        bytes([0x71] * 20),
        neg_risk_market_id=b"\x98" * 32,
        neg_risk_question_id=neg_risk_id,
        request_id=chain.question_id,
        question_index=0,
    )
    paid = chain.block(START + 4 * HOUR)
    wrapped = condition_id(WRAPPER, neg_risk_id)
    chain.add(
        paid,
        Payout,
        bytes([0x4D] * 20),
        condition_id=wrapped,
        oracle=WRAPPER,
        question_id=neg_risk_id,
        numerators=["0", "1"],
    )
    direct() if not direct_first else None
    found = {
        s.adapter: s for s in get_statuses(session, [chain.question_id], BOOK)[chain.question_id]
    }
    assert found[ADAPTER].condition_id == condition_id(ADAPTER, chain.question_id)
    assert found[ADAPTER].outcome is Outcome.YES
    assert len(found[ADAPTER].requests) == 1
    assert found[NEG_RISK_ADAPTER].condition_id == wrapped
    assert found[NEG_RISK_ADAPTER].outcome is Outcome.NO
    assert found[NEG_RISK_ADAPTER].requests == ()
    assert len(list(iterate_statuses(session, BOOK))) == 2


def test_what_a_stranger_asks_with_the_same_text_is_not_the_question_s(session: Session) -> None:
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, NO, requester=STRANGER)
    assert only(session, chain).requests == ()
