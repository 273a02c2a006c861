"""The managed oracle's terms: which of several is in force for a proposal."""

from dataclasses import dataclass, field

from models.enums import ContractKind
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.facts import QuestionInitialized
from service.protocol.ids import managed_request_id
from service.protocol.lifecycle import QuestionFacts, RequestStatus, fold_question
from service.protocol.prices import YES
from tests.replays.adapter_logs import ADAPTER, BOND, ORACLE, USDC, Question

MANAGED = ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2
BOOK = ContractBook(
    (
        ContractEntry(137, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 0, version="4"),
        ContractEntry(137, ORACLE, MANAGED, 0),
    )
)
EVERYBODY_S, ITS_OWN = b"\x0e" * 20, b"\x0f" * 20


@dataclass(slots=True)
class Managed(Question):
    """A question on the managed oracle, with the changes of its terms."""

    oracle_kind: ContractKind = MANAGED
    managed_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.managed_id = managed_request_id(self.adapter, self.identifier, self.text)

    def own(self, name: str, *words: object) -> None:
        """A term of the question itself."""
        key = (self.managed_id, self.adapter, self.identifier, self.text)
        self.chain.send(self.on_oracle(name, *key, *words))

    def of_request(self, name: str, *words: object) -> None:
        """A term of the newest request."""
        key = (self.adapter, self.identifier, self.asked, self.text)
        self.chain.send(self.on_oracle(name, *key, *words))

    def requests(self) -> tuple[RequestStatus, ...]:
        """The requests as folded."""
        told = self.chain.facts(BOOK)
        [first] = [d for d in told if isinstance(d.fact, QuestionInitialized)]
        assert isinstance(first.fact, QuestionInitialized)
        facts = QuestionFacts(first.fact, first.mined_at, tuple(told))
        return fold_question(facts, BOOK, "", self.chain.time).requests


def test_a_bond_set_before_the_question_exists_holds_for_all_its_requests() -> None:
    question = Managed()
    question.own("CustomBondSet", USDC, 7)
    question.initialize()
    question.propose(YES)
    question.first_dispute(YES)
    assert [r.bond for r in question.requests()] == [7, 7]


def test_a_bond_in_another_currency_is_not_the_request_s() -> None:
    question = Managed()
    question.own("CustomBondSet", b"\x01" * 20, 7)
    question.initialize()
    assert [r.bond for r in question.requests()] == [BOND]


def test_the_question_s_own_bond_wins_over_the_request_s() -> None:
    question = Managed()
    question.initialize()
    question.of_request("BondUpdated", BOND, 9)
    assert [r.bond for r in question.requests()] == [9]
    question.own("CustomBondSet", USDC, 7)
    question.of_request("BondUpdated", 9, 11)
    assert [r.bond for r in question.requests()] == [7]


def test_terms_set_after_a_proposal_are_the_next_request_s() -> None:
    question = Managed()
    question.initialize()
    question.propose(YES)
    question.own("CustomBondSet", USDC, 7)
    question.first_dispute(YES)
    assert [r.bond for r in question.requests()] == [BOND, 7]


def test_a_request_s_own_bond_does_not_outlive_a_reset() -> None:
    question = Managed()
    question.initialize()
    question.of_request("BondUpdated", BOND, 9)
    question.propose(YES)
    question.first_dispute(YES)
    assert [r.bond for r in question.requests()] == [9, BOND]


def test_liveness_is_what_was_set_until_a_proposal_shows_it() -> None:
    question = Managed()
    question.initialize()
    assert [r.liveness_seconds for r in question.requests()] == [None]
    question.of_request("CustomLivenessUpdated", 7_200, 900)
    assert [r.liveness_seconds for r in question.requests()] == [900]
    question.own("CustomLivenessSet", 600)
    assert [r.liveness_seconds for r in question.requests()] == [600]
    question.propose(YES)
    assert [r.liveness_seconds for r in question.requests()] == [7_200]


def test_a_reward_may_be_raised_before_the_proposal() -> None:
    question = Managed()
    question.initialize()
    question.of_request("RewardUpdated", b"\x02" * 20, 5, 50)
    assert [r.reward for r in question.requests()] == [50]


def test_who_may_propose_is_the_question_s_list_or_else_everybody_s() -> None:
    question = Managed()
    question.chain.send(question.on_oracle("DefaultProposerWhitelistUpdated", EVERYBODY_S))
    question.initialize()

    def whitelist() -> tuple[bytes | None, bool]:
        [request] = question.requests()
        return request.proposer_whitelist, request.has_own_whitelist

    assert whitelist() == (EVERYBODY_S, False)
    question.own("CustomProposerWhitelistSet", ITS_OWN)
    assert whitelist() == (ITS_OWN, True)
    question.own("CustomProposerWhitelistSet", bytes(20))
    assert whitelist() == (EVERYBODY_S, False)
