"""Clarifications as Polymarket's catalogue lists them; those on the chain are logs."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, RowId, UtcTimestamp
from models.market import Market, RulesText


class ListedClarification(Base):
    """One clarification as the catalogue showed it; a row a change.

    Its text is among the rule texts, so that versions of one state cost no copy of it.
    """

    __tablename__ = "listed_clarifications"
    __table_args__ = (
        UniqueConstraint("gamma_id", "version"),
        Index(None, "market_id"),
        Index(None, "event_gamma_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # Gamma's number of the clarification, not of a market.
    gamma_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    market_gamma_id: Mapped[str | None] = mapped_column(String(40))
    # None while the market is not followed; set when it is.
    market_id: Mapped[int | None] = mapped_column(ForeignKey(Market.id, ondelete="SET NULL"))
    event_gamma_id: Mapped[str | None] = mapped_column(String(40))
    # The catalogue's question id; neg_risk_request_id is the adapter's on neg-risk markets.
    question_id: Mapped[bytes | None] = mapped_column(Bytes32)
    neg_risk_request_id: Mapped[bytes | None] = mapped_column(Bytes32)
    adapter: Mapped[bytes | None] = mapped_column(Address)
    text_hash: Mapped[bytes] = mapped_column(ForeignKey(RulesText.hash))
    # Gamma's word: pending, queued, success, failed, cancelled.
    state: Mapped[str] = mapped_column(String(20))
    clears_book: Mapped[bool | None] = mapped_column(Boolean)
    notifies_discord: Mapped[bool | None] = mapped_column(Boolean)
    is_shown: Mapped[bool | None] = mapped_column(Boolean)
    # Of the post on the bulletin board, once it is sent.
    transaction_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    created_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    queued_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    scheduled_for: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # The transaction's own time.
    posted_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
