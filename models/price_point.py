"""Prices of the past as the venue keeps them, around the proposals that need them."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, UtcTimestamp
from models.data_enums import PriceSource
from models.market import Market


class PricePoint(Base):
    """The midpoint of the first outcome from a time on, until the next point of its span."""

    __tablename__ = "price_points"
    __table_args__ = (UniqueConstraint("market_id", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    # The venue's own time of the price.
    at: Mapped[datetime] = mapped_column(UtcTimestamp)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 6))
    # How much time one of the venue's points stands for.
    resolution_seconds: Mapped[int] = mapped_column(Integer)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class PriceSpan(Base):
    """A stretch of a market's past that was fetched; what lies in it is never asked for again."""

    __tablename__ = "price_spans"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    from_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # The last point that came; equal to from_at where none did.
    to_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # Points the venue sent, of which those that repeat the one before are not kept.
    points: Mapped[int] = mapped_column(Integer)
    source: Mapped[PriceSource] = mapped_column(String(20))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
