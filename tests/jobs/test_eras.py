"""Adapter and oracle v1, from their logs to the exported state, on both databases."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.export import export_rows
from models.enums import ContractKind, RequestState
from models.lifecycle_enums import DisputeOrder, ResetCause, ResolutionKind, StuckReason
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import condition_id, to_hex
from service.protocol.prices import NO, TOO_EARLY, YES
from service.store.oracle.questions import get_statuses
from tests.jobs.encoded_store import statuses, store
from tests.replays.adapter_logs import (
    ADAPTER,
    BOND,
    CREATOR,
    DISPUTER,
    ORACLE,
    PROPOSER,
    TOKENS,
    USDC,
    Question,
)

ASKER = b"\xe1" * 20
# Adapter v1's flags: an early resolution, an emergency report.
IN_TIME, BY_ORACLE, BY_HAND = False, False, True
OPERATOR, WRAPPER = b"\x71" * 20, b"\xd9" * 20
OLD = ContractBook(
    (
        ContractEntry(137, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 0, version="1.0.1"),
        ContractEntry(137, ORACLE, ContractKind.OPTIMISTIC_ORACLE, 0),
        ContractEntry(137, TOKENS, ContractKind.CONDITIONAL_TOKENS, 0),
        ContractEntry(137, CREATOR, ContractKind.QUESTION_CREATOR, 0),
    )
)


@dataclass(slots=True)
class Legacy(Question):
    """A question on adapter v1, whose id its caller chose."""

    oracle_kind: ContractKind = ContractKind.OPTIMISTIC_ORACLE
    era: str = "v1"
    chosen: bytes = b"\xab" * 32

    @property
    def question_id(self) -> bytes:
        return self.chosen

    def initialize(self, bond: int = BOND) -> None:
        words = (self.question_id, self.text, 1_700_000_000, USDC, 5, bond, True)
        self.chain.send(self.on_adapter("QuestionInitialized", *words))

    def ask(self) -> None:
        """Anybody asks the oracle, in a transaction of its own."""
        asked = self.request()
        self.chain.send(
            asked,
            self.on_adapter(
                "ResolutionDataRequested",
                ASKER, self.asked, self.question_id, self.identifier, self.text, USDC, 5, BOND,
                IN_TIME,
            ),
        )  # fmt: skip


def test_a_question_of_adapter_v1_is_followed_from_its_chosen_id_to_its_payout(
    sessions: sessionmaker[Session],
) -> None:
    question = Legacy()
    question.initialize()
    question.chain.wait(timedelta(days=1))
    question.ask()
    question.propose(YES)
    question.chain.wait(timedelta(hours=3))
    question.chain.send(
        question.settled(YES), question.on_adapter("QuestionSettled", question.chosen, YES, IN_TIME)
    )
    question.chain.send(
        question.paid(1, 0), question.on_adapter("QuestionResolved", question.chosen, BY_ORACLE)
    )
    store(sessions, question.chain, OLD)
    with sessions() as session:
        [row] = export_rows(session, "questions")
    assert row["question_id"] == to_hex(question.chosen)
    assert row["condition_id"] == to_hex(condition_id(ADAPTER, question.chosen))
    assert (row["title"], row["outcome"], row["resolved"]) == ("Will it?", "YES", True)
    assert [r["state"] for r in row["requests"]] == ["Settled"]
    # Its text names a trusted creator, but on this adapter anybody may write that.
    assert (row["creator"], row["official"]) == ("0x" + "00" * 20, False)


def test_a_proposal_on_oracle_v1_expires(sessions: sessionmaker[Session]) -> None:
    question = Legacy()
    question.initialize()
    question.ask()
    question.propose(YES)
    question.chain.wait(timedelta(hours=3))
    question.change("QuestionPaused")
    store(sessions, question.chain, OLD)
    status = statuses(sessions, OLD)[question.chosen]
    assert [r.state for r in status.requests] == [RequestState.EXPIRED]
    assert status.paused


def test_a_dispute_on_adapter_v1_waits_for_the_vote(sessions: sessionmaker[Session]) -> None:
    question = Legacy()
    question.initialize()
    question.ask()
    question.propose(YES)
    question.dispute(YES)
    store(sessions, question.chain, OLD)
    status = statuses(sessions, OLD)[question.chosen]
    assert [r.dispute_order for r in status.requests] == [DisputeOrder.SECOND]
    assert not status.reset


def test_too_early_on_adapter_v1_waits_until_somebody_asks_again(
    sessions: sessionmaker[Session],
) -> None:
    question = Legacy()
    question.initialize()
    question.ask()
    question.propose(TOO_EARLY)
    question.chain.send(
        question.settled(TOO_EARLY), question.on_adapter("QuestionReset", question.chosen)
    )
    store(sessions, question.chain, OLD)
    status = statuses(sessions, OLD)[question.chosen]
    assert [reset.cause for reset in status.resets] == [ResetCause.TOO_EARLY]
    assert status.operative is None
    question.ask()
    store(sessions, question.chain, OLD)
    operative = statuses(sessions, OLD)[question.chosen].operative
    assert operative is not None
    assert operative.state is RequestState.REQUESTED


def test_too_early_by_the_vote_is_stuck_on_adapter_v1(sessions: sessionmaker[Session]) -> None:
    question = Legacy()
    question.initialize()
    question.ask()
    question.propose(YES)
    question.dispute(YES)
    question.chain.send(
        question.settled(TOO_EARLY, disputer=DISPUTER),
        question.on_adapter("QuestionSettled", question.chosen, TOO_EARLY, IN_TIME),
    )
    store(sessions, question.chain, OLD)
    status = statuses(sessions, OLD)[question.chosen]
    assert status.stuck is StuckReason.UNPAYABLE_PRICE
    question.change("QuestionFlaggedForAdminResolution")
    question.chain.send(
        question.paid(0, 1), question.on_adapter("QuestionResolved", question.chosen, BY_HAND)
    )
    store(sessions, question.chain, OLD)
    status = statuses(sessions, OLD)[question.chosen]
    assert status.resolution is ResolutionKind.OVERRIDE
    assert status.stuck is None
    # This adapter flags without a pause.
    assert not status.paused


def test_two_v1_questions_with_one_text_keep_their_own_requests(
    sessions: sessionmaker[Session],
) -> None:
    chain = Legacy().chain
    first, second = Legacy(chain), Legacy(chain, chosen=b"\xcd" * 32)
    for question in (first, second):
        question.initialize()
        question.ask()
    first.propose(YES)
    second.propose(NO)
    store(sessions, chain, OLD)
    found = statuses(sessions, OLD)
    prices = {id_: [r.proposed_price for r in s.requests] for id_, s in found.items()}
    assert prices == {first.chosen: [YES], second.chosen: [NO]}


def test_a_v1_question_from_before_indexing_began_is_found_by_its_id(
    sessions: sessionmaker[Session],
) -> None:
    question = Legacy()
    question.ask()
    question.propose(NO)
    store(sessions, question.chain, OLD)
    with sessions() as session:
        [status] = get_statuses(session, [question.chosen], OLD)[question.chosen]
    assert status.is_partial
    assert status.condition_id == condition_id(ADAPTER, question.chosen)
    assert [r.proposer for r in status.requests] == [PROPOSER]


def test_a_rewritten_v1_question_forgets_its_request(sessions: sessionmaker[Session]) -> None:
    question = Legacy()
    question.initialize()
    question.ask()
    question.change("QuestionPaused")
    words = (b"another text", 1_700_000_000, USDC, 5, BOND, True)
    question.chain.send(question.on_adapter("QuestionUpdated", question.chosen, *words))
    question.text = b"another text"
    store(sessions, question.chain, OLD)
    status = statuses(sessions, OLD)[question.chosen]
    assert (status.operative, status.paused) == (None, False)
    question.ask()
    question.propose(YES)
    store(sessions, question.chain, OLD)
    operative = statuses(sessions, OLD)[question.chosen].operative
    assert operative is not None
    assert operative.proposed_price == YES
