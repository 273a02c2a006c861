"""Prices from outside Polymarket: of UMA in USD, and of the same question on another venue."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, ExactDecimal, RowId, UtcTimestamp
from models.market import Market
from models.price_enums import Venue, VolumeScope


class AssetQuote(Base):
    """What one source said an asset costs, as of the source's own time."""

    __tablename__ = "asset_quotes"
    __table_args__ = (Index(None, "asset", "source", "observed_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    asset: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(40))
    price_usd: Mapped[Decimal] = mapped_column(ExactDecimal)
    # Of the last 24 hours; None where the source did not say.
    volume_usd: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    volume_scope: Mapped[VolumeScope] = mapped_column(String(20))
    # The source's own time of the price.
    observed_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class SiblingQuote(Base):
    """What another venue quoted for one outcome of the same question."""

    __tablename__ = "sibling_quotes"
    __table_args__ = (Index(None, "market_id", "venue", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    venue: Mapped[Venue] = mapped_column(String(20))
    # What the venue calls its market.
    reference: Mapped[str] = mapped_column(String(100))
    # Which of our market's outcomes the prices are of.
    outcome_index: Mapped[int] = mapped_column()
    # The venue's own word for where its market stands.
    status: Mapped[str] = mapped_column(String(40))
    # None when that side is empty.
    bid: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    ask: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    # Half-way between bid and ask; None unless both sides are quoted.
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    # The venue's own time of the prices, where it gives one.
    observed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # Where the venue's market can be looked up.
    link: Mapped[str] = mapped_column(String(300))
