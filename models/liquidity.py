"""Snapshots of money: books, open interest, prices. No history exists elsewhere."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document, RowId, UsdcAmount, UtcTimestamp
from models.market import Market

Price = Numeric(10, 6)


class BookSnapshot(Base):
    """One outcome token's order book at one moment."""

    __tablename__ = "book_snapshots"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    token_id: Mapped[str] = mapped_column(String(80))
    outcome_index: Mapped[int] = mapped_column()
    # The venue's own time of the book, where it gave one.
    booked_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # None when that side is empty.
    best_bid: Mapped[Decimal | None] = mapped_column(Price)
    best_ask: Mapped[Decimal | None] = mapped_column(Price)
    # Executable value within 5 cents of the best price of that side, in micro-USDC.
    bid_depth: Mapped[int] = mapped_column(UsdcAmount)
    ask_depth: Mapped[int] = mapped_column(UsdcAmount)
    # The same within 1, 2 and 10 cents; None in rows of releases before these were kept.
    bid_depth_1c: Mapped[int | None] = mapped_column(UsdcAmount)
    bid_depth_2c: Mapped[int | None] = mapped_column(UsdcAmount)
    bid_depth_10c: Mapped[int | None] = mapped_column(UsdcAmount)
    ask_depth_1c: Mapped[int | None] = mapped_column(UsdcAmount)
    ask_depth_2c: Mapped[int | None] = mapped_column(UsdcAmount)
    ask_depth_10c: Mapped[int | None] = mapped_column(UsdcAmount)
    # Best levels first: 20 a side as they are, deeper ones merged by the cent at the worst price
    # among them. [[price, size], …] as decimal strings.
    bids: Mapped[list[list[str]]] = mapped_column(Document)
    asks: Mapped[list[list[str]]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class OpenInterest(Base):
    """Collateral locked in a market: the money a wrong payout reassigns."""

    __tablename__ = "open_interest"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    value: Mapped[int] = mapped_column(UsdcAmount)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
