"""The second oracle stack's requests, linked to the managed oracle by their rules."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.enums import ContractKind
from models.lifecycle_enums import ClarificationChannel, ClarificationPosition
from service.protocol.aggregator_requests import AggregatorRequestStatus
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.prices import YES
from service.store.oracle.aggregator_requests import list_aggregator_requests
from tests.jobs.encoded_store import statuses, store
from tests.replays.adapter_logs import Question
from tests.replays.encoded import event_of

REPORTER, AGGREGATOR, MODULE, STRANGER = (bytes([n] * 20) for n in (0x53, 0x0A, 0x12, 0xEE))
MANAGED = b"\x2c" * 20
REQUEST_ID, OTHER_ID = b"\x77" * 32, b"\x78" * 32
BOOK = ContractBook(
    (
        ContractEntry(137, REPORTER, ContractKind.OO_REPORTER, 0),
        ContractEntry(137, AGGREGATOR, ContractKind.ORACLE_AGGREGATOR, 0),
        ContractEntry(137, MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 0),
    )
)


@dataclass(slots=True)
class Reported(Question):
    """What the reporter asks the managed oracle."""

    adapter: bytes = REPORTER
    oracle: bytes = MANAGED
    oracle_kind: ContractKind = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2

    def on_reporter(self, name: str, *words: object) -> None:
        """A transaction with one log of the reporter."""
        self.chain.send((REPORTER, event_of(ContractKind.OO_REPORTER, name), words))

    def on_aggregator(self, name: str, *words: object) -> None:
        """A transaction with one log of the aggregator."""
        self.chain.send((AGGREGATOR, event_of(ContractKind.ORACLE_AGGREGATOR, name), words))

    def register(self, request_id: bytes = REQUEST_ID) -> None:
        """A module registers a request; its rules are the text."""
        words = (request_id, MODULE, self.identifier, self.text, 0, 0)
        self.on_reporter("RequestRegistered", *words)

    def ask(self) -> None:
        """The reporter asks the managed oracle."""
        self.chain.send(self.request())


def listed(sessions: sessionmaker[Session], question: Reported) -> list[AggregatorRequestStatus]:
    store(sessions, question.chain, BOOK)
    with sessions() as session:
        return list_aggregator_requests(session, BOOK)


def test_a_request_is_found_on_the_managed_oracle_by_the_hash_of_its_rules(
    sessions: sessionmaker[Session],
) -> None:
    question = Reported()
    question.register()
    question.ask()
    question.propose(YES)
    question.dispute(YES)
    [status] = listed(sessions, question)
    assert (status.request_id, status.reporter) == (REQUEST_ID, REPORTER)
    assert status.rules_hash == question.question_id
    assert [r.proposed_price for r in status.requests] == [YES]
    assert status.requests[0].is_disputed
    # The hash of the rules is no question's id.
    assert statuses(sessions, BOOK) == {}


def test_one_text_registered_twice_is_both_requests(sessions: sessionmaker[Session]) -> None:
    question = Reported()
    question.register()
    question.register(OTHER_ID)
    question.ask()
    found = listed(sessions, question)
    assert {s.request_id for s in found} == {REQUEST_ID, OTHER_ID}
    assert [len(s.requests) for s in found] == [1, 1]


def test_other_rules_are_another_request(sessions: sessionmaker[Session]) -> None:
    question = Reported()
    question.register()
    question.text = b"something else"
    question.ask()
    [status] = listed(sessions, question)
    assert status.requests == ()


@pytest.mark.parametrize(("resolver", "is_overridden"), [(AGGREGATOR, False), (STRANGER, True)])
def test_a_resolution_by_another_than_the_aggregator_is_an_override(
    resolver: bytes, *, is_overridden: bool, sessions: sessionmaker[Session]
) -> None:
    question = Reported()
    question.register()
    question.on_aggregator("ResultDisputed", REQUEST_ID, STRANGER)
    question.on_aggregator("ArbitrationTriggered", REQUEST_ID)
    question.on_reporter("RequestResolved", REQUEST_ID, 1, YES)
    [before] = listed(sessions, question)
    assert (before.resolver, before.is_overridden) == (None, None)
    question.on_aggregator("RequestResolved", REQUEST_ID, b"\x01" * 32, resolver)
    [status] = listed(sessions, question)
    assert (status.resolver, status.is_overridden) == (resolver, is_overridden)
    assert (status.disputes, status.is_arbitrated) == (1, True)


def test_rules_posted_to_a_request_are_official_by_who_registered_it(
    sessions: sessionmaker[Session],
) -> None:
    question = Reported()
    question.register()
    question.ask()
    question.on_reporter("RequestRulesUpdated", REQUEST_ID, 1, MODULE, b"Midnight UTC.")
    question.propose(YES)
    question.on_reporter("RequestRulesUpdated", REQUEST_ID, 2, STRANGER, b"It is Yes.")
    [status] = listed(sessions, question)
    told = [(c.text, c.is_official, c.position) for c in status.clarifications]
    assert told == [
        ("Midnight UTC.", True, ClarificationPosition.BEFORE_PROPOSAL),
        ("It is Yes.", False, ClarificationPosition.AFTER_PROPOSAL),
    ]
    assert {c.channel for c in status.clarifications} == {ClarificationChannel.REPORTER_RULES}
