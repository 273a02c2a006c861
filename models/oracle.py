"""Oracle facts, one row a log, as the contracts emitted them.

Every row hangs on its block (``ON DELETE CASCADE``) and is keyed by (block, log index), so a log
is stored once however often it is read. Nothing here is ever updated; the state of a question is
folded from these rows by ``service.protocol.lifecycle``.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Document, Int256, RawBytes, Uint256, UtcTimestamp
from models.enums import NegRiskChangeKind, OverrideLayer, QuestionChangeKind, RequestTermKind
from models.log_fact import LogFact


class AncillaryText(Base):
    """Ancillary data, stored once by its keccak256: each log of a question repeats it."""

    __tablename__ = "ancillary_texts"

    hash: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    data: Mapped[bytes] = mapped_column(RawBytes)


class Question(LogFact, Base):
    """``QuestionInitialized``: a question enters an adapter (``address``)."""

    __tablename__ = "questions"
    __table_args__ = (
        Index(None, "question_id"),
        Index(None, "creator"),
        # Adapter v1's, whose ids are no hashes of their texts.
        Index(
            "ix_questions_ancillary_hash_of_v1",
            "ancillary_hash",
            sqlite_where=text("resolution_time IS NOT NULL"),
            postgresql_where=text("resolution_time IS NOT NULL"),
        ),
    )

    question_id: Mapped[bytes] = mapped_column(Bytes32)
    request_timestamp: Mapped[int] = mapped_column(BigInteger)
    creator: Mapped[bytes] = mapped_column(Address)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    title: Mapped[str] = mapped_column(String)
    reward_token: Mapped[bytes] = mapped_column(Address)
    reward: Mapped[int] = mapped_column(Uint256)
    proposal_bond: Mapped[int] = mapped_column(Uint256)
    # Adapter v1 only: from when on the oracle may be asked (unix seconds).
    resolution_time: Mapped[int | None] = mapped_column(BigInteger)


class ResolutionAsked(LogFact, Base):
    """``ResolutionDataRequested``: adapter v1 asks the oracle, which later ones do at once."""

    __tablename__ = "resolutions_asked"
    __table_args__ = (Index(None, "question_id"), Index(None, "ancillary_hash"))

    question_id: Mapped[bytes] = mapped_column(Bytes32)
    requestor: Mapped[bytes] = mapped_column(Address)
    request_timestamp: Mapped[int] = mapped_column(BigInteger)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)


class QuestionChange(LogFact, Base):
    """A reset, flag, pause or ordinary resolution of a question."""

    __tablename__ = "question_changes"
    __table_args__ = (Index(None, "question_id"),)

    question_id: Mapped[bytes] = mapped_column(Bytes32)
    kind: Mapped[QuestionChangeKind] = mapped_column(String(20))
    # Only with kind=resolved: the oracle's price and the payout vector it became.
    settled_price: Mapped[int | None] = mapped_column(Int256)
    payouts: Mapped[list[str] | None] = mapped_column(Document)


class Override(LogFact, Base):
    """An outcome set by hand on the adapter or the neg-risk operator."""

    __tablename__ = "overrides"
    __table_args__ = (Index(None, "question_id"),)

    # The adapter's question id, or with layer=operator the neg-risk question id.
    question_id: Mapped[bytes] = mapped_column(Bytes32)
    layer: Mapped[OverrideLayer] = mapped_column(String(20))
    payouts: Mapped[list[str]] = mapped_column(Document)


class Clarification(LogFact, Base):
    """``AncillaryDataUpdated``: anybody may post one; only the creator's count."""

    __tablename__ = "clarifications"
    __table_args__ = (Index(None, "question_id"),)

    question_id: Mapped[bytes] = mapped_column(Bytes32)
    owner: Mapped[bytes] = mapped_column(Address)
    data: Mapped[bytes] = mapped_column(RawBytes)


class RequestFact(LogFact):
    """The request key of the oracle's logs (``address`` is the oracle)."""

    requester: Mapped[bytes] = mapped_column(Address)
    identifier: Mapped[bytes] = mapped_column(Bytes32)
    request_timestamp: Mapped[int] = mapped_column(BigInteger)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)


class PriceRequest(RequestFact, Base):
    """``RequestPrice``: the oracle is asked."""

    __tablename__ = "price_requests"
    __table_args__ = (Index(None, "ancillary_hash", "requester"),)

    currency: Mapped[bytes] = mapped_column(Address)
    reward: Mapped[int] = mapped_column(Uint256)
    final_fee: Mapped[int] = mapped_column(Uint256)


class Proposal(RequestFact, Base):
    """``ProposePrice``: an answer under bond, open to dispute."""

    __tablename__ = "proposals"
    __table_args__ = (
        Index(None, "ancillary_hash", "requester"),
        Index(None, "proposer"),
        Index(None, "expires_at"),
    )

    proposer: Mapped[bytes] = mapped_column(Address)
    proposed_price: Mapped[int] = mapped_column(Int256)
    # None where the contract's number is no representable instant (liveness of 5,200 weeks).
    expires_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    expiration_timestamp: Mapped[int] = mapped_column(Uint256)
    currency: Mapped[bytes] = mapped_column(Address)


class Dispute(RequestFact, Base):
    """``DisputePrice``: the answer is contested and the DVM is asked."""

    __tablename__ = "disputes"
    __table_args__ = (
        Index(None, "ancillary_hash", "requester"),
        Index(None, "disputer"),
        Index(None, "stamped_hash"),
        Index(None, "known_at"),
    )

    proposer: Mapped[bytes] = mapped_column(Address)
    disputer: Mapped[bytes] = mapped_column(Address)
    proposed_price: Mapped[int] = mapped_column(Int256)
    # keccak256 of the text as the oracle stamps it for the vote.
    stamped_hash: Mapped[bytes | None] = mapped_column(Bytes32)


class Settlement(RequestFact, Base):
    """``Settle``: the oracle's price is final. Not yet a payout, and not always the market's."""

    __tablename__ = "settlements"
    __table_args__ = (Index(None, "ancillary_hash", "requester"),)

    proposer: Mapped[bytes] = mapped_column(Address)
    disputer: Mapped[bytes] = mapped_column(Address)
    price: Mapped[int] = mapped_column(Int256)
    payout: Mapped[int] = mapped_column(Uint256)


class BridgedRequest(LogFact, Base):
    """``PriceRequestBridged``: a dispute leaves Polygon for the vote. The join row to the DVM."""

    __tablename__ = "bridged_requests"
    __table_args__ = (
        Index(None, "child_request_id"),
        Index(None, "parent_request_id"),
        Index(None, "ancillary_hash"),
        Index(None, "stamped_hash"),
    )

    requester: Mapped[bytes] = mapped_column(Address)
    identifier: Mapped[bytes] = mapped_column(Bytes32)
    # The time of the proposal, not of the request.
    dvm_time: Mapped[int] = mapped_column(BigInteger)
    # keccak256 of the question's own ancillary data, with the oracle's stamp removed.
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    # keccak256 of the stamped text, which the compressed text on Ethereum names. Empty in rows of
    # older releases.
    stamped_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    child_request_id: Mapped[bytes] = mapped_column(Bytes32)
    parent_request_id: Mapped[bytes] = mapped_column(Bytes32)


class PushedPrice(LogFact, Base):
    """``PushedPrice``: the vote's answer has landed on (or left for) a chain."""

    __tablename__ = "pushed_prices"
    __table_args__ = (Index(None, "request_hash"),)

    identifier: Mapped[bytes] = mapped_column(Bytes32)
    dvm_time: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[int] = mapped_column(Int256)
    # The child id on Polygon, the parent id on Ethereum.
    request_hash: Mapped[bytes] = mapped_column(Bytes32)


class Condition(LogFact, Base):
    """``ConditionPreparation``: the tokens of a question exist."""

    __tablename__ = "conditions"
    __table_args__ = (Index(None, "condition_id"), Index(None, "question_id"))

    condition_id: Mapped[bytes] = mapped_column(Bytes32)
    oracle: Mapped[bytes] = mapped_column(Address)
    question_id: Mapped[bytes] = mapped_column(Bytes32)
    outcome_slots: Mapped[int] = mapped_column(Integer)


class Payout(LogFact, Base):
    """``ConditionResolution``: what the tokens pay. The ground truth of a resolution."""

    __tablename__ = "payouts"
    __table_args__ = (Index(None, "condition_id"), Index(None, "question_id"))

    condition_id: Mapped[bytes] = mapped_column(Bytes32)
    oracle: Mapped[bytes] = mapped_column(Address)
    question_id: Mapped[bytes] = mapped_column(Bytes32)
    numerators: Mapped[list[str]] = mapped_column(Document)


class NegRiskQuestion(LogFact, Base):
    """``NegRiskOperator.QuestionPrepared``: the adapter's question id meets the neg-risk one."""

    __tablename__ = "neg_risk_questions"
    __table_args__ = (Index(None, "request_id"), Index(None, "neg_risk_question_id"))

    neg_risk_market_id: Mapped[bytes] = mapped_column(Bytes32)
    neg_risk_question_id: Mapped[bytes] = mapped_column(Bytes32)
    # The adapter's question id.
    request_id: Mapped[bytes] = mapped_column(Bytes32)
    question_index: Mapped[int] = mapped_column(Integer)


class NegRiskReport(LogFact, Base):
    """``NegRiskOperator.QuestionReported``: the adapter has reported, the tokens do not pay yet."""

    __tablename__ = "neg_risk_reports"
    __table_args__ = (Index(None, "neg_risk_question_id"),)

    neg_risk_question_id: Mapped[bytes] = mapped_column(Bytes32)
    request_id: Mapped[bytes] = mapped_column(Bytes32)
    result: Mapped[bool] = mapped_column()


class NegRiskChange(LogFact, Base):
    """A flag, unflag or resolution of the operator, or an outcome of the neg-risk adapter."""

    __tablename__ = "neg_risk_changes"
    __table_args__ = (Index(None, "neg_risk_question_id"),)

    neg_risk_question_id: Mapped[bytes] = mapped_column(Bytes32)
    kind: Mapped[NegRiskChangeKind] = mapped_column(String(20))
    result: Mapped[bool | None] = mapped_column()


class RequestTerm(LogFact, Base):
    """A term of the managed oracle for one question or request (``address`` is the oracle)."""

    __tablename__ = "request_terms"
    __table_args__ = (Index(None, "managed_request_id"), Index(None, "ancillary_hash"))

    kind: Mapped[RequestTermKind] = mapped_column(String(20))
    managed_request_id: Mapped[bytes] = mapped_column(Bytes32)
    requester: Mapped[bytes] = mapped_column(Address)
    identifier: Mapped[bytes] = mapped_column(Bytes32)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    # None where the term is the question's, whatever the request.
    request_timestamp: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[bytes | None] = mapped_column(Address)
    value: Mapped[int | None] = mapped_column(Uint256)
    old_value: Mapped[int | None] = mapped_column(Uint256)
    whitelist: Mapped[bytes | None] = mapped_column(Address)


class RulesUpdate(LogFact, Base):
    """``RequestRulesUpdated`` of the managed oracle: the second channel of clarifications."""

    __tablename__ = "rules_updates"
    __table_args__ = (Index(None, "managed_request_id"), Index(None, "ancillary_hash"))

    managed_request_id: Mapped[bytes] = mapped_column(Bytes32)
    requester: Mapped[bytes] = mapped_column(Address)
    identifier: Mapped[bytes] = mapped_column(Bytes32)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32)
    rules: Mapped[bytes] = mapped_column(RawBytes)
