"""What the neg-risk operators make of a report, from their logs, on both databases."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.enums import ContractKind
from models.lifecycle_enums import StuckReason
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import condition_id
from service.protocol.market_ids import neg_risk_market_id, neg_risk_question_id
from tests.jobs.encoded_store import statuses, store
from tests.replays.adapter_logs import ADAPTER, ORACLE, TOKENS, Question
from tests.replays.encoded import event_of

OPERATOR, WRAPPER = b"\x71" * 20, b"\xd9" * 20


def neg_risk_book(version: str | None) -> ContractBook:
    return ContractBook(
        (
            ContractEntry(137, ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER, 0, version="3.1.0"),
            ContractEntry(137, ORACLE, ContractKind.OPTIMISTIC_ORACLE_V2, 0),
            ContractEntry(137, TOKENS, ContractKind.CONDITIONAL_TOKENS, 0),
            ContractEntry(137, OPERATOR, ContractKind.NEG_RISK_OPERATOR, 0, version=version),
            ContractEntry(137, WRAPPER, ContractKind.NEG_RISK_ADAPTER, 0),
        )
    )


@dataclass(slots=True)
class NegRisk(Question):
    """An outcome of a neg-risk market."""

    adapter_kind: ContractKind = ContractKind.NEG_RISK_UMA_CTF_ADAPTER
    index: int = 0

    @property
    def market(self) -> bytes:
        """The neg-risk market of these tests."""
        return neg_risk_market_id(OPERATOR, 0, b"x")

    @property
    def nr_question(self) -> bytes:
        """The operator's id of the question."""
        return neg_risk_question_id(self.market, self.index)

    def on_operator(self, name: str, *words: object) -> None:
        """A transaction with one log of the operator."""
        event = event_of(ContractKind.NEG_RISK_OPERATOR, name)
        self.chain.send((OPERATOR, event, words))

    def prepare(self) -> None:
        """The operator ties the two ids."""
        words = (self.market, self.nr_question, self.question_id, self.index, b"")
        self.on_operator("QuestionPrepared", *words)

    def report(self, *, result: bool) -> None:
        """The adapter's answer reaches the operator."""
        self.on_operator("QuestionReported", self.nr_question, self.question_id, result)

    def pay(self, *, result: bool) -> None:
        """The operator has it paid."""
        payouts = (1, 0) if result else (0, 1)
        condition = condition_id(WRAPPER, self.nr_question)
        tokens = event_of(ContractKind.CONDITIONAL_TOKENS, "ConditionResolution")
        reported = event_of(ContractKind.NEG_RISK_ADAPTER, "OutcomeReported")
        resolved = event_of(ContractKind.NEG_RISK_OPERATOR, "QuestionResolved")
        self.chain.send(
            (TOKENS, tokens, (condition, WRAPPER, self.nr_question, 2, payouts)),
            (WRAPPER, reported, (self.market, self.nr_question, result)),
            (OPERATOR, resolved, (self.nr_question, result)),
        )


@pytest.mark.parametrize(
    ("version", "wait"), [("1", timedelta(hours=1)), ("2", timedelta(0)), (None, None)]
)
def test_a_neg_risk_report_is_payable_after_the_operator_s_own_wait(
    version: str | None, wait: timedelta | None, sessions: sessionmaker[Session]
) -> None:
    book = neg_risk_book(version)
    question = NegRisk()
    question.initialize()
    question.prepare()
    question.report(result=True)
    reported = question.chain.now
    question.on_operator("QuestionFlagged", question.nr_question)
    store(sessions, question.chain, book)
    status = statuses(sessions, book)[question.question_id]
    assert status.neg_risk is not None
    assert (status.neg_risk.reported_at, status.payouts) == (reported, None)
    expected = None if wait is None else reported + wait
    assert status.neg_risk.payable_at == expected
    until = None if wait is None else question.chain.now + wait
    assert status.neg_risk.override_possible_at == until
    # A flag on the operator is not one on the adapter.
    assert (status.paused, status.flagged_at) == (False, None)


def test_a_second_yes_in_a_neg_risk_market_is_stuck(sessions: sessionmaker[Session]) -> None:
    book = neg_risk_book("1")
    wrong = NegRisk()
    right = NegRisk(wrong.chain, text=wrong.text + b"2", index=1)
    for question in (wrong, right):
        question.initialize()
        question.prepare()
    wrong.report(result=True)
    wrong.pay(result=True)
    right.report(result=True)
    store(sessions, wrong.chain, book)
    found = statuses(sessions, book)
    assert found[wrong.question_id].stuck is None
    assert found[right.question_id].stuck is StuckReason.ANOTHER_YES
