"""The catalogue: markets, their groups, and every version of their rules."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Document, RowId, UsdcAmount, UtcTimestamp
from models.enums import Category


class MarketGroup(Base):
    """Polymarket's "event": markets that share a page and, when neg-risk, a single Yes."""

    __tablename__ = "market_groups"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    gamma_id: Mapped[str] = mapped_column(String(40), unique=True)
    slug: Mapped[str | None] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(Text)
    # On neg-risk groups one Yes at most pays; the markets' question ids differ in their last byte.
    neg_risk_market_id: Mapped[bytes | None] = mapped_column(Bytes32)
    neg_risk: Mapped[bool | None] = mapped_column(Boolean)
    # Markets may be added while it trades: "other" shrinks.
    neg_risk_augmented: Mapped[bool | None] = mapped_column(Boolean)
    closed: Mapped[bool | None] = mapped_column(Boolean)
    start_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    end_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # The series it repeats in, and how often ("weekly", "daily").
    series_slug: Mapped[str | None] = mapped_column(String(300))
    recurrence: Mapped[str | None] = mapped_column(String(40))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class Market(Base):
    """One tradeable question, as the catalogue last showed it."""

    __tablename__ = "markets"
    __table_args__ = (
        Index(None, "uma_question_id"),
        Index(None, "slug"),
        Index(None, "closed", "end_at"),
        Index(None, "closed_at"),
        Index(None, "stale_since"),
        Index(None, "group_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    gamma_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    condition_id: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    # Gamma's questionID; on neg-risk markets not the id the UMA adapter knows.
    question_id: Mapped[bytes | None] = mapped_column(Bytes32)
    # The adapter's question id: negRiskRequestID on neg-risk markets, else questionID.
    uma_question_id: Mapped[bytes | None] = mapped_column(Bytes32)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("market_groups.id"))
    slug: Mapped[str | None] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(Text)
    category: Mapped[Category] = mapped_column(String(20))
    tags: Mapped[list[str]] = mapped_column(Document)
    outcomes: Mapped[list[str]] = mapped_column(Document)
    # ERC-1155 ids as base-10 strings, aligned with outcomes.
    token_ids: Mapped[list[str]] = mapped_column(Document)
    # The oracle adapter Gamma names in resolvedBy; None on markets without UMA.
    adapter: Mapped[bytes | None] = mapped_column(Address)
    neg_risk: Mapped[bool | None] = mapped_column(Boolean)
    # Within a neg-risk group: the catch-all, and what tells it from its siblings.
    neg_risk_other: Mapped[bool | None] = mapped_column(Boolean)
    group_item_title: Mapped[str | None] = mapped_column(Text)
    # The position system as Gamma names it: v1 (conditional tokens); None where it says nothing.
    version: Mapped[str | None] = mapped_column(String(20))
    # Gamma's positionIds; None where it sends none or they are the tokens'.
    position_ids: Mapped[list[str] | None] = mapped_column(Document)
    closed: Mapped[bool] = mapped_column(Boolean)
    end_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    uma_status: Mapped[str | None] = mapped_column(String(20))
    uma_statuses: Mapped[list[str]] = mapped_column(Document)
    uma_bond: Mapped[int | None] = mapped_column(UsdcAmount)
    custom_liveness_seconds: Mapped[int | None] = mapped_column(Integer)
    # First seen by us; every later sighting moves refreshed_at.
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    refreshed_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # The source's own time of the copy this row is made of: an older copy does not undo it.
    source_updated_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # Of everything in the listing that this row and the rules hold: the same again is no news.
    content_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    # Set when a fact about the market arrived that no assessment has read yet.
    stale_since: Mapped[datetime | None] = mapped_column(UtcTimestamp)


class RulesText(Base):
    """A rule text, stored once by its SHA-256."""

    __tablename__ = "rules_texts"

    hash: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class RulesVersion(Base):
    """From when on a market carried which rule text."""

    __tablename__ = "rules_versions"
    __table_args__ = (UniqueConstraint("market_id", "version"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("markets.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    text_hash: Mapped[bytes] = mapped_column(ForeignKey("rules_texts.hash"))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class ResolutionReport(Base):
    """What Polymarket's own resolution feed said of a market; a row a change."""

    __tablename__ = "resolution_reports"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("markets.id", ondelete="CASCADE"))
    # The feed's word: initialized, posed, proposed, challenged, reproposed, disputed, resolved…
    status: Mapped[str] = mapped_column(String(20))
    # Raw prices scaled by 1e18 as base-10 strings; None where the feed says "69" (unset).
    proposed_price: Mapped[str | None] = mapped_column(String(80))
    reproposed_price: Mapped[str | None] = mapped_column(String(80))
    price: Mapped[str | None] = mapped_column(String(80))
    was_disputed: Mapped[bool] = mapped_column(Boolean)
    extended_review: Mapped[bool] = mapped_column(Boolean)
    rules_updated: Mapped[bool] = mapped_column(Boolean)
    expected_settlement_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    settlement_basis: Mapped[str | None] = mapped_column(String(40))
    reported_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # Micro-USDC a share and outcome, once paid.
    payouts: Mapped[list[int] | None] = mapped_column(Document)
    # As sent; none of it is evidence: the transaction is sometimes the initialisation's, the block
    # sometimes that of a copy. The chain's own logs are.
    resolved_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    resolved_block: Mapped[int | None] = mapped_column(BigInteger)
    resolution_source: Mapped[str | None] = mapped_column(String(20))
    reporter: Mapped[str | None] = mapped_column(String(20))
    market_type: Mapped[str | None] = mapped_column(String(30))
    was_arbitrated: Mapped[bool | None] = mapped_column(Boolean)
    transaction_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # When the feed last said exactly this; the one column that moves.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)


class TradingActivity(Base):
    """Traded volume and Polymarket's liquidity score; a row when either moved."""

    __tablename__ = "trading_activity"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("markets.id", ondelete="CASCADE"))
    volume: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_24h: Mapped[int | None] = mapped_column(UsdcAmount)
    liquidity: Mapped[int | None] = mapped_column(UsdcAmount)
    # Windows as the source sent them, and what of each the order book alone traded. Absent on
    # closed and quiet markets: None, where a zero is a zero it sent.
    volume_1wk: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_1mo: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_1yr: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_clob: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_24h_clob: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_1wk_clob: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_1mo_clob: Mapped[int | None] = mapped_column(UsdcAmount)
    volume_1yr_clob: Mapped[int | None] = mapped_column(UsdcAmount)
    liquidity_clob: Mapped[int | None] = mapped_column(UsdcAmount)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
