"""Scores: a history that only gets thinner with age and, per market, the line that is current."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Bytes32, Document, Probability, RowId, UsdcAmount, UtcTimestamp
from models.enums import Category, MarketState, Remedy, Support
from models.market import Market


class MarketAssessment(Base):
    """One scoring of one market. Never updated; a new scoring is a new row, an old one may go."""

    __tablename__ = "market_assessments"
    __table_args__ = (Index(None, "market_id", "as_of"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    as_of: Mapped[datetime] = mapped_column(UtcTimestamp)
    model_version: Mapped[str] = mapped_column(String(40))
    priors_version: Mapped[str] = mapped_column(String(40))
    # SHA-256 of the inputs: the same inputs under the same model are scored once.
    inputs_digest: Mapped[bytes] = mapped_column(Bytes32)
    state: Mapped[MarketState] = mapped_column(String(20))
    p_mean: Mapped[float] = mapped_column(Probability)
    p_low: Mapped[float] = mapped_column(Probability)
    p_high: Mapped[float] = mapped_column(Probability)
    expected_loss: Mapped[int | None] = mapped_column(UsdcAmount)
    support: Mapped[Support] = mapped_column(String(20))
    # The whole output contract (docs/methodology.md, "Output"), as the API prints it.
    document: Mapped[dict[str, object]] = mapped_column(Document)


class MarketStanding(Base):
    """The current line of one market for lists: folded from its latest assessment."""

    __tablename__ = "market_standings"
    __table_args__ = (
        Index(None, "expected_loss", "market_id"),
        Index(None, "p_mean", "market_id"),
        Index(None, "challenge_ends_at", "market_id"),
        Index(None, "state", "expected_loss", "market_id"),
        Index(None, "category", "expected_loss", "market_id"),
    )

    market_id: Mapped[int] = mapped_column(
        ForeignKey(Market.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # Found by it where an old score is removed.
    assessment_id: Mapped[int] = mapped_column(ForeignKey("market_assessments.id"), index=True)
    as_of: Mapped[datetime] = mapped_column(UtcTimestamp)
    state: Mapped[MarketState] = mapped_column(String(20))
    category: Mapped[Category] = mapped_column(String(20))
    p_mean: Mapped[float] = mapped_column(Probability)
    p_low: Mapped[float] = mapped_column(Probability)
    p_high: Mapped[float] = mapped_column(Probability)
    # Micro-USDC as last read; None where it is unknown and the score had to assume it.
    open_interest: Mapped[int | None] = mapped_column(UsdcAmount)
    expected_loss: Mapped[int] = mapped_column(UsdcAmount)
    support: Mapped[Support] = mapped_column(String(20))
    remedy: Mapped[Remedy] = mapped_column(String(20))
    # Until when a dispute is surely possible; None where no challenge is open.
    challenge_ends_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    challenge_open: Mapped[bool] = mapped_column()


class Announcement(Base):
    """A remedy announced off chain (a refund, say), with its source."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    remedy: Mapped[Remedy] = mapped_column(String(20))
    announced_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    source: Mapped[str] = mapped_column(String(500))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
