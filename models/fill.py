"""Trades of watched markets: the exchanges' logs, the Data API's rows, and what was read of each.

The exchanges log millions of events a day. Only those of markets with a live proposal or dispute
are kept (``FillWatch`` says which, and from when on they are whole).
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, RowId, UsdcAmount, UtcTimestamp
from models.fill_enums import FillSide
from models.log_fact import LogFact
from models.market import Market


class Fill(LogFact, Base):
    """``OrderFilled`` of an exchange (``address``): a maker's order met by the taker's."""

    __tablename__ = "fills"
    __table_args__ = (Index(None, "market_id", "traded_at"),)

    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    # The outcome token the maker's order names, and its place among the market's.
    token_id: Mapped[bytes] = mapped_column(Bytes32)
    outcome_index: Mapped[int] = mapped_column(Integer)
    # What the taker did, seen on the maker's token: the opposite of the maker's side.
    taker_side: Mapped[FillSide] = mapped_column(String(4))
    # Micro-shares; a share pays at most one USDC.
    shares: Mapped[int] = mapped_column(BigInteger)
    usdc: Mapped[int] = mapped_column(UsdcAmount)
    maker: Mapped[bytes] = mapped_column(Address)
    taker: Mapped[bytes] = mapped_column(Address)
    # The block's time.
    traded_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class ReportedFill(Base):
    """A trade as Polymarket's Data API lists it; stands only where the chain's logs are missing."""

    __tablename__ = "reported_fills"
    __table_args__ = (
        UniqueConstraint(
            "transaction_hash",
            "token_id",
            "taker",
            "taker_side",
            "shares",
            "usdc",
            "ordinal",
            name="uq_reported_fills_identity",
        ),
        Index(None, "market_id", "traded_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    token_id: Mapped[bytes] = mapped_column(Bytes32)
    outcome_index: Mapped[int] = mapped_column(Integer)
    taker_side: Mapped[FillSide] = mapped_column(String(4))
    shares: Mapped[int] = mapped_column(BigInteger)
    usdc: Mapped[int] = mapped_column(UsdcAmount)
    # The wallet the row is listed under.
    taker: Mapped[bytes] = mapped_column(Address)
    transaction_hash: Mapped[bytes] = mapped_column(Bytes32)
    # Which of several rows that are alike in everything else.
    ordinal: Mapped[int] = mapped_column(Integer)
    traded_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class FillWatch(Base):
    """A market whose fills are kept, since when, and how much of that has been read."""

    __tablename__ = "fill_watches"
    __table_args__ = (Index(None, "ended_at"),)

    market_id: Mapped[int] = mapped_column(
        ForeignKey(Market.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # A margin before the first proposal; its block, where the proposal's log is known.
    since: Mapped[datetime] = mapped_column(UtcTimestamp)
    from_block: Mapped[int | None] = mapped_column(BigInteger)
    # The exchanges' logs were read from here up to the cursor; None before the first reading.
    read_from_block: Mapped[int | None] = mapped_column(BigInteger)
    # The Data API's rows were read between these.
    reported_from: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    reported_to: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # When the market was no longer live; its later fills are not kept.
    ended_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
