"""What a log says, decoded: the shapes ``service.chain`` makes and ``service.store`` writes.

Addresses are 20 raw bytes, hashes and ids 32 raw bytes, amounts and prices exact ints
(prices scaled by 1e18, see ``service.protocol.prices``), contract times unix seconds.
"""

from dataclasses import dataclass

from models.enums import NegRiskChangeKind, OverrideLayer, QuestionChangeKind, RequestTermKind
from service.protocol.contract_facts import ContractChanged
from service.protocol.log_position import LogPosition
from service.protocol.sports_facts import SportsFact
from service.protocol.vote_facts import VoteFact
from service.protocol.wallet_facts import WalletCreated


@dataclass(frozen=True, slots=True)
class QuestionInitialized:
    """A question enters an adapter."""

    at: LogPosition
    question_id: bytes
    request_timestamp: int
    creator: bytes
    ancillary_hash: bytes
    ancillary_data: bytes
    reward_token: bytes
    reward: int
    proposal_bond: int
    # Adapter v1 only: from when on the oracle may be asked. Its requests come later, by
    # ``ResolutionAsked``, and ``request_timestamp`` is 0.
    resolution_time: int | None = None


@dataclass(frozen=True, slots=True)
class ResolutionAsked:
    """Adapter v1 asks the oracle (``ResolutionDataRequested``)."""

    at: LogPosition
    question_id: bytes
    requestor: bytes
    request_timestamp: int
    ancillary_hash: bytes
    ancillary_data: bytes


@dataclass(frozen=True, slots=True)
class QuestionChanged:
    """A reset, flag, pause or ordinary resolution on the adapter."""

    at: LogPosition
    question_id: bytes
    kind: QuestionChangeKind
    settled_price: int | None = None
    payouts: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class OutcomeOverridden:
    """An outcome set by hand."""

    at: LogPosition
    question_id: bytes
    layer: OverrideLayer
    payouts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClarificationPosted:
    """A bulletin-board post for a question; whether it counts depends on its owner."""

    at: LogPosition
    question_id: bytes
    owner: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The oracle's key of a price request; the chain and oracle are the log's own."""

    requester: bytes
    identifier: bytes
    request_timestamp: int
    ancillary_hash: bytes


@dataclass(frozen=True, slots=True)
class PriceRequested:
    """The oracle is asked."""

    at: LogPosition
    key: RequestKey
    ancillary_data: bytes
    currency: bytes
    reward: int
    final_fee: int


@dataclass(frozen=True, slots=True)
class PriceProposed:
    """An answer under bond."""

    at: LogPosition
    key: RequestKey
    ancillary_data: bytes
    proposer: bytes
    proposed_price: int
    expiration_timestamp: int
    currency: bytes


@dataclass(frozen=True, slots=True)
class PriceDisputed:
    """The answer is contested."""

    at: LogPosition
    key: RequestKey
    ancillary_data: bytes
    proposer: bytes
    disputer: bytes
    proposed_price: int
    # Hash of the text as the oracle stamps it for the vote.
    stamped_hash: bytes


@dataclass(frozen=True, slots=True)
class PriceSettled:
    """The oracle's price is final."""

    at: LogPosition
    key: RequestKey
    ancillary_data: bytes
    proposer: bytes
    disputer: bytes
    price: int
    payout: int


@dataclass(frozen=True, slots=True)
class RequestBridged:
    """A disputed request leaves for the vote."""

    at: LogPosition
    requester: bytes
    identifier: bytes
    dvm_time: int
    # Hash of the question's own text: the oracle's stamp is removed before hashing.
    ancillary_hash: bytes
    # Hash of the text with the stamp: what the compressed text on Ethereum names.
    stamped_hash: bytes
    child_request_id: bytes
    parent_request_id: bytes


@dataclass(frozen=True, slots=True)
class PricePushed:
    """The vote's answer has crossed the bridge."""

    at: LogPosition
    identifier: bytes
    dvm_time: int
    price: int
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class ConditionPrepared:
    """The outcome tokens of a question exist."""

    at: LogPosition
    condition_id: bytes
    oracle: bytes
    question_id: bytes
    outcome_slots: int


@dataclass(frozen=True, slots=True)
class ConditionResolved:
    """The outcome tokens pay: the ground truth of a resolution."""

    at: LogPosition
    condition_id: bytes
    oracle: bytes
    question_id: bytes
    numerators: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NegRiskQuestionPrepared:
    """The neg-risk operator ties the adapter's question to its own."""

    at: LogPosition
    neg_risk_market_id: bytes
    neg_risk_question_id: bytes
    request_id: bytes
    question_index: int


@dataclass(frozen=True, slots=True)
class NegRiskQuestionReported:
    """The operator has the adapter's answer; the tokens do not pay yet."""

    at: LogPosition
    neg_risk_question_id: bytes
    request_id: bytes
    result: bool


@dataclass(frozen=True, slots=True)
class NegRiskChanged:
    """A flag, unflag, resolution (operator) or reported outcome (neg-risk adapter)."""

    at: LogPosition
    neg_risk_question_id: bytes
    kind: NegRiskChangeKind
    # Only where it was resolved or reported.
    result: bool | None = None


@dataclass(frozen=True, slots=True)
class RequestTermsChanged:
    """The managed oracle's terms for a question: bond, liveness, reward or proposers.

    A custom term holds for every request of the question, even before the first; the others tell
    of one request.
    """

    at: LogPosition
    kind: RequestTermKind
    # keccak of requester, identifier and text, without a time: it survives resets.
    managed_request_id: bytes
    requester: bytes
    identifier: bytes
    ancillary_hash: bytes
    ancillary_data: bytes
    request_timestamp: int | None = None
    currency: bytes | None = None
    # The new bond or reward in the currency's units, or the liveness in seconds.
    value: int | None = None
    old_value: int | None = None
    # Only with kind=custom_whitelist; the zero address goes back to the default.
    whitelist: bytes | None = None


@dataclass(frozen=True, slots=True)
class RulesUpdated:
    """``RequestRulesUpdated`` of the managed oracle: the second channel of clarifications."""

    at: LogPosition
    managed_request_id: bytes
    requester: bytes
    identifier: bytes
    ancillary_hash: bytes
    ancillary_data: bytes
    rules: bytes


QuestionFact = (
    QuestionInitialized
    | ResolutionAsked
    | QuestionChanged
    | OutcomeOverridden
    | ClarificationPosted
    | PriceRequested
    | PriceProposed
    | PriceDisputed
    | PriceSettled
    | RequestBridged
    | PricePushed
    | ConditionPrepared
    | ConditionResolved
    | NegRiskQuestionPrepared
    | NegRiskQuestionReported
    | NegRiskChanged
    | RequestTermsChanged
    | RulesUpdated
)

Fact = QuestionFact | VoteFact | SportsFact | ContractChanged | WalletCreated


@dataclass(frozen=True, slots=True)
class UndecodableLog:
    """A log of a known contract and topic whose words do not fit its event."""

    at: LogPosition
    topic0: bytes
    reason: str
    topics: tuple[bytes, ...]
    data: bytes
