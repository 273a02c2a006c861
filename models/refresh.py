"""When each market is read again: its state for that purpose, and what is due."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UsdcAmount, UtcTimestamp
from models.market import Market
from models.refresh_enums import ReadKind, RefreshState


class MarketRefresh(Base):
    """How pressing one market is, as last found; made anew from the other tables at any time."""

    __tablename__ = "market_refresh"
    __table_args__ = (Index(None, "state", "market_id"),)

    market_id: Mapped[int] = mapped_column(
        ForeignKey(Market.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[RefreshState] = mapped_column(String(20))
    # Since when it is in this state.
    since: Mapped[datetime] = mapped_column(UtcTimestamp)
    # The resolution feed's last word, and when the feed or, without its word, we had it.
    feed_status: Mapped[str | None] = mapped_column(String(20))
    feed_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # What hangs on it, micro-USDC: open interest, else its usual share of volume; None unknown.
    money: Mapped[int | None] = mapped_column(UsdcAmount)


class MarketRead(Base):
    """When one kind of read of one market is due."""

    __tablename__ = "market_reads"
    __table_args__ = (Index(None, "kind", "due_at"),)

    market_id: Mapped[int] = mapped_column(
        ForeignKey(Market.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[ReadKind] = mapped_column(String(20), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # None: never asked.
    asked_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # Asked in a row without an answer about this market.
    misses: Mapped[int] = mapped_column(Integer)


class RequestMinute(Base):
    """Requests sent in one minute that count towards one published limit; kept for a day."""

    __tablename__ = "request_minutes"

    bucket: Mapped[str] = mapped_column(String(40), primary_key=True)
    minute: Mapped[datetime] = mapped_column(UtcTimestamp, primary_key=True)
    requests: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
