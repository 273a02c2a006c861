"""What wallets of those who propose, dispute and vote hold, a row where a size changed."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, RowId, UtcTimestamp
from models.market import Market


class Position(Base):
    """What a wallet holds of one outcome from a time on; a pair of both outcomes stays two rows."""

    __tablename__ = "positions"
    __table_args__ = (Index(None, "wallet", "known_at"), Index(None, "market_id", "known_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    wallet: Mapped[bytes] = mapped_column(Address)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    # Which of the market's token_ids.
    outcome_index: Mapped[int] = mapped_column(Integer)
    # Micro-shares; 0 once it is gone.
    size: Mapped[int] = mapped_column(BigInteger)
    # What it paid a share on average, USDC; None where the source did not say.
    avg_price: Mapped[Decimal | None] = mapped_column(Numeric(10, 6))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class PositionCheck(Base):
    """That a wallet was asked for: without it, no position is no statement."""

    __tablename__ = "position_checks"
    __table_args__ = (Index(None, "tried_at"),)

    wallet: Mapped[bytes] = mapped_column(Address, primary_key=True)
    # The last attempt, and the first and the last answer; the positions of one are of its time.
    tried_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    first_checked_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    checked_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # Positions in markets that are not followed.
    outside: Mapped[int] = mapped_column(Integer)
    # More were held than are read.
    is_cut: Mapped[bool] = mapped_column(Boolean)
    # Why the last attempt gave nothing.
    fault: Mapped[str | None] = mapped_column(String(200))
