"""Derived rows of old adapters and neg-risk markets: blocks may come and go in any order."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from jobs.ingest import ingest_capture, remove_from
from jobs.rebuild import rebuild
from service.chain.archive import Capture
from service.protocol.contracts import ContractBook
from service.protocol.prices import NO, TOO_EARLY, YES
from service.store.oracle.contracts import add_book
from tests.jobs.test_eras import BY_ORACLE, IN_TIME, OLD, Legacy
from tests.jobs.test_neg_risk_payments import NegRisk, neg_risk_book
from tests.replays.encoded import EncodedChain
from tests.store.derived_rows import derived_rows

Story = Callable[[], tuple[EncodedChain, ContractBook]]


def of_adapter_v1() -> tuple[EncodedChain, ContractBook]:
    """Two questions with one text, one of them asked too early and again, and paid."""
    chain = Legacy().chain
    first, second = Legacy(chain), Legacy(chain, chosen=b"\xcd" * 32)
    for question in (first, second):
        question.initialize()
        question.ask()
    second.propose(NO)
    first.propose(YES)
    chain.wait(timedelta(hours=3))
    chain.send(first.settled(TOO_EARLY))
    first.ask()
    first.propose(YES)
    chain.wait(timedelta(hours=3))
    chain.send(first.settled(YES), first.on_adapter("QuestionSettled", first.chosen, YES, IN_TIME))
    chain.send(first.paid(1, 0), first.on_adapter("QuestionResolved", first.chosen, BY_ORACLE))
    return chain, OLD


def of_adapter_v1_never_seen_asking() -> tuple[EncodedChain, ContractBook]:
    """A question whose ``ResolutionDataRequested`` is not stored: its text alone leads to it."""
    question = Legacy()
    question.initialize()
    question.chain.send(question.request())
    question.propose(YES)
    question.dispute(YES)
    return question.chain, OLD


def of_a_neg_risk_market() -> tuple[EncodedChain, ContractBook]:
    """A Yes that is paid, and a second one that then cannot be."""
    wrong = NegRisk()
    right = NegRisk(wrong.chain, text=wrong.text + b"2", index=1)
    for question in (wrong, right):
        question.initialize()
        question.prepare()
    right.report(result=True)
    wrong.report(result=True)
    wrong.pay(result=True)
    return wrong.chain, neg_risk_book("1")


def block_by_block(chain: EncodedChain) -> list[Capture]:
    whole = chain.capture()
    return [
        replace(
            whole,
            from_block=block.number,
            to_block=block.number,
            blocks=(block,),
            logs=tuple(log for log in whole.logs if log.at.block_hash == block.hash),
        )
        for block in whole.blocks
    ]


@pytest.mark.parametrize(
    "story",
    [of_adapter_v1, of_adapter_v1_never_seen_asking, of_a_neg_risk_market],
    ids=lambda s: s.__name__,
)
@pytest.mark.parametrize("seed", range(4))
def test_blocks_that_come_in_any_order_and_go_from_the_top_leave_what_a_rebuild_makes(
    sessions: sessionmaker[Session], story: Story, seed: int
) -> None:
    chain, book = story()
    captures = block_by_block(chain)
    random.Random(seed).shuffle(captures)  # noqa: S311  # any order will do
    with sessions.begin() as session:
        add_book(session, book)
    for capture in captures:
        with sessions.begin() as session:
            ingest_capture(session, capture, book, chain.now)
        assert_kept_up(sessions)
    assert derived_rows(sessions)["question_states"]
    for block in reversed(chain.blocks):
        with sessions.begin() as session:
            remove_from(session, chain.chain_id, block.number, chain.now)
        assert_kept_up(sessions)
    assert derived_rows(sessions)["question_states"] == []


def assert_kept_up(sessions: sessionmaker[Session]) -> None:
    fold_facts(sessions)
    kept_up = derived_rows(sessions)
    rebuild(sessions)
    assert derived_rows(sessions) == kept_up
