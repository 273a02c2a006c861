"""The events we index: which contract kind emits them, their words, and the fact they become.

Signatures are written as in the contracts' sources, ``*`` marking indexed words
(docs/data-dictionary.md, "Events"). Two kinds may share a topic0 with different meaning, so an
event is always looked up by (kind of the emitting contract, topic0).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eth_hash.auto import keccak

from models.enums import ContractKind, OverrideLayer, QuestionChangeKind
from service.protocol import facts
from service.protocol.ancillary import without_oracle_stamp
from service.protocol.facts import Fact, LogPosition

ADAPTERS = (ContractKind.UMA_CTF_ADAPTER, ContractKind.NEG_RISK_UMA_CTF_ADAPTER)
ORACLES = (ContractKind.OPTIMISTIC_ORACLE_V2, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2)
TUNNELS = (ContractKind.ORACLE_CHILD_TUNNEL, ContractKind.ORACLE_ROOT_TUNNEL)

# Largest unix second a signed 64-bit column and a datetime can both hold (year 9999).
MAX_TIMESTAMP = 253_402_300_799
# ConditionalTokens prepares at most 256 outcomes, a neg-risk market holds at most 256 questions.
MAX_SLOTS = 256

Build = Callable[..., Fact]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one kind of contract, ready for decoding."""

    name: str
    topic0: bytes
    types: tuple[str, ...]
    indexed: tuple[bool, ...]
    build: Build

    # How many topics a log of this event carries, topic0 included.
    topic_count: int
    # The ABI types of the unindexed words, in order.
    data_types: tuple[str, ...]


def _timestamp(value: int) -> int:
    if value > MAX_TIMESTAMP:
        message = f"timestamp {value} is beyond the year 9999"
        raise ValueError(message)
    return value


def _key(requester: bytes, identifier: bytes, timestamp: int, data: bytes) -> facts.RequestKey:
    return facts.RequestKey(requester, identifier, _timestamp(timestamp), keccak(data))


def _question_initialized(  # the event's own words
    at: LogPosition,
    question_id: bytes,
    timestamp: int,
    creator: bytes,
    data: bytes,
    token: bytes,
    reward: int,
    bond: int,
) -> Fact:
    return facts.QuestionInitialized(
        at, question_id, _timestamp(timestamp), creator, keccak(data), data, token, reward, bond
    )


def _changed(kind: QuestionChangeKind) -> Build:
    return lambda at, question_id: facts.QuestionChanged(at, question_id, kind)


def _question_resolved(at: LogPosition, qid: bytes, price: int, payouts: tuple[int, ...]) -> Fact:
    return facts.QuestionChanged(at, qid, QuestionChangeKind.RESOLVED, price, payouts)


def _overridden(at: LogPosition, question_id: bytes, payouts: tuple[int, ...]) -> Fact:
    return facts.OutcomeOverridden(at, question_id, OverrideLayer.ADAPTER, payouts)


def _operator_overridden(at: LogPosition, question_id: bytes, result: bool) -> Fact:  # noqa: FBT001  # the event's own word
    payouts = (1, 0) if result else (0, 1)
    return facts.OutcomeOverridden(at, question_id, OverrideLayer.OPERATOR, payouts)


def _price_requested(  # the event's own words
    at: LogPosition,
    requester: bytes,
    identifier: bytes,
    timestamp: int,
    data: bytes,
    currency: bytes,
    reward: int,
    fee: int,
) -> Fact:
    key = _key(requester, identifier, timestamp, data)
    return facts.PriceRequested(at, key, data, currency, reward, fee)


def _price_proposed(  # noqa: PLR0913, PLR0917  # the event's own words
    at: LogPosition,
    requester: bytes,
    proposer: bytes,
    identifier: bytes,
    timestamp: int,
    data: bytes,
    price: int,
    expiration: int,
    currency: bytes,
) -> Fact:
    key = _key(requester, identifier, timestamp, data)
    return facts.PriceProposed(at, key, data, proposer, price, expiration, currency)


def _price_disputed(  # the event's own words
    at: LogPosition,
    requester: bytes,
    proposer: bytes,
    disputer: bytes,
    identifier: bytes,
    timestamp: int,
    data: bytes,
    price: int,
) -> Fact:
    key = _key(requester, identifier, timestamp, data)
    return facts.PriceDisputed(at, key, data, proposer, disputer, price)


def _price_settled(  # noqa: PLR0913, PLR0917  # the event's own words
    at: LogPosition,
    requester: bytes,
    proposer: bytes,
    disputer: bytes,
    identifier: bytes,
    timestamp: int,
    data: bytes,
    price: int,
    payout: int,
) -> Fact:
    key = _key(requester, identifier, timestamp, data)
    return facts.PriceSettled(at, key, data, proposer, disputer, price, payout)


def _request_bridged(  # the event's own words
    at: LogPosition,
    requester: bytes,
    identifier: bytes,
    dvm_time: int,
    data: bytes,
    child: bytes,
    parent: bytes,
) -> Fact:
    text = keccak(without_oracle_stamp(data))
    return facts.RequestBridged(
        at, requester, identifier, _timestamp(dvm_time), text, child, parent
    )


def _price_pushed(  # the event's own words
    at: LogPosition, identifier: bytes, dvm_time: int, _data: bytes, price: int, request_hash: bytes
) -> Fact:
    return facts.PricePushed(at, identifier, _timestamp(dvm_time), price, request_hash)


def _small(value: int) -> int:
    if value > MAX_SLOTS:
        message = f"{value} outcome slots or questions are more than the contracts allow"
        raise ValueError(message)
    return value


def _condition_prepared(
    at: LogPosition, condition: bytes, oracle: bytes, question: bytes, slots: int
) -> Fact:
    return facts.ConditionPrepared(at, condition, oracle, question, _small(slots))


def _condition_resolved(  # the event's own words
    at: LogPosition,
    condition: bytes,
    oracle: bytes,
    question: bytes,
    _slots: int,
    numerators: tuple[int, ...],
) -> Fact:
    return facts.ConditionResolved(at, condition, oracle, question, numerators)


def _neg_risk_prepared(  # the event's own words
    at: LogPosition, market: bytes, question: bytes, request: bytes, index: int, _data: bytes
) -> Fact:
    return facts.NegRiskQuestionPrepared(at, market, question, request, _small(index))


_WORDS: tuple[tuple[tuple[ContractKind, ...], str, Build], ...] = (
    (
        ADAPTERS,
        "QuestionInitialized(bytes32*,uint256*,address*,bytes,address,uint256,uint256)",
        _question_initialized,
    ),
    (ADAPTERS, "QuestionReset(bytes32*)", _changed(QuestionChangeKind.RESET)),
    (ADAPTERS, "QuestionFlagged(bytes32*)", _changed(QuestionChangeKind.FLAGGED)),
    (ADAPTERS, "QuestionUnflagged(bytes32*)", _changed(QuestionChangeKind.UNFLAGGED)),
    (ADAPTERS, "QuestionPaused(bytes32*)", _changed(QuestionChangeKind.PAUSED)),
    (ADAPTERS, "QuestionUnpaused(bytes32*)", _changed(QuestionChangeKind.UNPAUSED)),
    (ADAPTERS, "QuestionResolved(bytes32*,int256*,uint256[])", _question_resolved),
    (ADAPTERS, "QuestionEmergencyResolved(bytes32*,uint256[])", _overridden),
    (ADAPTERS, "QuestionManuallyResolved(bytes32*,uint256[])", _overridden),
    (ADAPTERS, "AncillaryDataUpdated(bytes32*,address*,bytes)", facts.ClarificationPosted),
    (
        ORACLES,
        "RequestPrice(address*,bytes32,uint256,bytes,address,uint256,uint256)",
        _price_requested,
    ),
    (
        ORACLES,
        "ProposePrice(address*,address*,bytes32,uint256,bytes,int256,uint256,address)",
        _price_proposed,
    ),
    (
        ORACLES,
        "DisputePrice(address*,address*,address*,bytes32,uint256,bytes,int256)",
        _price_disputed,
    ),
    (
        ORACLES,
        "Settle(address*,address*,address*,bytes32,uint256,bytes,int256,uint256)",
        _price_settled,
    ),
    (
        (ContractKind.ORACLE_CHILD_TUNNEL,),
        "PriceRequestBridged(address*,bytes32,uint256,bytes,bytes32*,bytes32*)",
        _request_bridged,
    ),
    (TUNNELS, "PushedPrice(bytes32*,uint256,bytes,int256,bytes32*)", _price_pushed),
    (
        (ContractKind.CONDITIONAL_TOKENS,),
        "ConditionPreparation(bytes32*,address*,bytes32*,uint256)",
        _condition_prepared,
    ),
    (
        (ContractKind.CONDITIONAL_TOKENS,),
        "ConditionResolution(bytes32*,address*,bytes32*,uint256,uint256[])",
        _condition_resolved,
    ),
    (
        (ContractKind.NEG_RISK_OPERATOR,),
        "QuestionPrepared(bytes32*,bytes32*,bytes32*,uint256,bytes)",
        _neg_risk_prepared,
    ),
    (
        (ContractKind.NEG_RISK_OPERATOR,),
        "QuestionReported(bytes32*,bytes32,bool)",
        facts.NegRiskQuestionReported,
    ),
    (
        (ContractKind.NEG_RISK_OPERATOR,),
        "QuestionEmergencyResolved(bytes32*,bool)",
        _operator_overridden,
    ),
)


def _event(signature: str, build: Build) -> Event:
    name, _, words = signature.removesuffix(")").partition("(")
    parts = words.split(",")
    return Event(
        name=name,
        topic0=keccak(signature.replace("*", "").encode()),
        types=tuple(part.rstrip("*") for part in parts),
        indexed=tuple(part.endswith("*") for part in parts),
        build=build,
        topic_count=1 + words.count("*"),
        data_types=tuple(part for part in parts if not part.endswith("*")),
    )


EVENTS: Mapping[tuple[ContractKind, bytes], Event] = {
    (kind, event.topic0): event
    for kinds, signature, build in _WORDS
    for event in (_event(signature, build),)
    for kind in kinds
}
