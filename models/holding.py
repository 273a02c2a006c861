"""Who holds a market's tokens: the largest holders, a row where a size changed."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, RowId, UtcTimestamp
from models.data_enums import HolderSource
from models.market import Market


class HolderList(Base):
    """That a token's largest holders were read, and how far down the list went."""

    __tablename__ = "holder_lists"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    outcome_index: Mapped[int] = mapped_column(Integer)
    source: Mapped[HolderSource] = mapped_column(String(20))
    holders: Mapped[int] = mapped_column(Integer)
    # The list ended where we stopped asking: others hold too, none more than the smallest listed.
    is_cut: Mapped[bool] = mapped_column(Boolean)
    # Micro-shares (a share pays at most 1 USDC): of the last one listed, and of all listed.
    smallest: Mapped[int | None] = mapped_column(BigInteger)
    listed: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class Holding(Base):
    """What a wallet holds of one outcome from a time on, net of what it holds of the other."""

    __tablename__ = "holdings"
    __table_args__ = (
        Index(None, "market_id", "known_at"),
        Index(None, "wallet", "known_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    # Which of the market's token_ids.
    outcome_index: Mapped[int] = mapped_column(Integer)
    wallet: Mapped[bytes] = mapped_column(Address)
    # Micro-shares. 0: gone from a whole list. None: no longer in a list that was cut, so less than
    # it held before and no more than the list's smallest; how much is unknown.
    size: Mapped[int | None] = mapped_column(BigInteger)
    # What it paid a share on average, USDC; None where the source did not say.
    avg_price: Mapped[Decimal | None] = mapped_column(Numeric(10, 6))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
