"""What a log says, decoded: the shapes ``service.chain`` makes and ``service.store`` writes.

Addresses are 20 raw bytes, hashes and ids 32 raw bytes, amounts and prices exact ints
(prices scaled by 1e18, see ``service.protocol.prices``), contract times unix seconds.
"""

from dataclasses import dataclass
from datetime import datetime

from models.enums import OverrideLayer, QuestionChangeKind


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """A block as far as facts need it."""

    chain_id: int
    number: int
    hash: bytes
    parent_hash: bytes
    mined_at: datetime


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a log stands: its identity (chain, block hash, log index) and its order."""

    chain_id: int
    block_number: int
    block_hash: bytes
    log_index: int
    transaction_hash: bytes
    # The contract that emitted it.
    address: bytes


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


Fact = (
    QuestionInitialized
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
)


@dataclass(frozen=True, slots=True)
class UndecodableLog:
    """A log of a known contract and topic whose words do not fit its event."""

    at: LogPosition
    topic0: bytes
    reason: str
    topics: tuple[bytes, ...]
    data: bytes
