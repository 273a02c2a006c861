"""Questions as their facts leave them, one row each: what lists and base rates read."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Document, Int256, Uint256, UtcTimestamp
from models.enums import MarketState, Outcome, OverrideLayer, RequestState
from models.lifecycle_enums import ResolutionKind, StuckReason


class QuestionState(Base):
    """One question of an adapter, folded from its facts (``service.protocol.lifecycle``).

    What only time decides is left out, so that a row changes when a fact comes and never by
    itself: an expired proposal still says Proposed beside its ``expiration_timestamp``.
    """

    __tablename__ = "question_states"
    __table_args__ = (
        Index(None, "question_id"),
        Index(None, "condition_id"),
        Index(None, "state"),
        Index(None, "first_proposed_at"),
    )

    chain_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    adapter: Mapped[bytes] = mapped_column(Address, primary_key=True)
    question_id: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    condition_id: Mapped[bytes] = mapped_column(Bytes32)
    neg_risk_question_id: Mapped[bytes | None] = mapped_column(Bytes32)
    # The newest request's; None where none is stored.
    oracle: Mapped[bytes | None] = mapped_column(Address)
    creator: Mapped[bytes] = mapped_column(Address)
    # The creator is one of the book's.
    is_official: Mapped[bool] = mapped_column()
    # It entered before indexing began: earlier requests and disputes are unknown.
    is_partial: Mapped[bool] = mapped_column()
    is_legacy: Mapped[bool] = mapped_column()
    state: Mapped[MarketState] = mapped_column(String(20))
    # The adapter's own flags.
    resolved: Mapped[bool] = mapped_column()
    paused: Mapped[bool] = mapped_column()
    reset: Mapped[bool] = mapped_column()
    overridden: Mapped[bool] = mapped_column()
    # The layer whose override counts: the last one.
    override_layer: Mapped[OverrideLayer | None] = mapped_column(String(20))
    # The tokens' numerators, as decimal text.
    payouts: Mapped[list[str] | None] = mapped_column(Document)
    outcome: Mapped[Outcome | None] = mapped_column(String(10))
    resolution: Mapped[ResolutionKind | None] = mapped_column(String(20))
    stuck: Mapped[StuckReason | None] = mapped_column(String(20))
    requests: Mapped[int] = mapped_column(Integer)
    disputes: Mapped[int] = mapped_column(Integer)
    self_disputes: Mapped[int] = mapped_column(Integer)
    resets: Mapped[int] = mapped_column(Integer)
    # The request that pays out; all null where it was not asked yet or its log is not stored.
    operative_timestamp: Mapped[int | None] = mapped_column(BigInteger)
    operative_state: Mapped[RequestState | None] = mapped_column(String(20))
    operative_proposer: Mapped[bytes | None] = mapped_column(Address)
    operative_disputer: Mapped[bytes | None] = mapped_column(Address)
    operative_proposed_price: Mapped[int | None] = mapped_column(Int256)
    operative_settled_price: Mapped[int | None] = mapped_column(Int256)
    expiration_timestamp: Mapped[int | None] = mapped_column(Uint256)
    # The proposal that came first; all null where there is none or it may lie before indexing.
    first_proposer: Mapped[bytes | None] = mapped_column(Address)
    first_disputer: Mapped[bytes | None] = mapped_column(Address)
    first_proposed_price: Mapped[int | None] = mapped_column(Int256)
    pays_first_proposal: Mapped[bool | None] = mapped_column()
    # The vote on a superseded request answered another outcome than was paid.
    earlier_vote_contradicts: Mapped[bool | None] = mapped_column()
    initialized_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    first_proposed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    first_disputed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # The operative request's.
    settled_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    flagged_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    overridden_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    paid_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
