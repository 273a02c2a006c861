"""Attack scores as they were worked out: an append-only history."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.attack_enums import SignalSubject
from models.base import Base, Bytes32, Document, Probability, RowId, UtcTimestamp
from models.enums import Support


class AttackScore(Base):
    """One fusion of the signs about one subject; the newest row known by a time counts.

    A score orders what to look at first. It is a statement about patterns, never about people.
    """

    __tablename__ = "attack_scores"
    __table_args__ = (
        Index(None, "subject_kind", "subject", "known_at"),
        # Holds all that the highest scores of each week are found by.
        Index(None, "subject_kind", "known_at", "subject", "score"),
        Index(None, "known_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject_kind: Mapped[SignalSubject] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    # Log odds: base rate and every ln LR under the caps.
    score: Mapped[float] = mapped_column(Double)
    # uncalibrated_ranked (then only the order counts, and p is None), platt or venn_abers.
    calibration_status: Mapped[str] = mapped_column(String(20))
    p_mean: Mapped[float | None] = mapped_column(Probability)
    p_low: Mapped[float | None] = mapped_column(Probability)
    p_high: Mapped[float | None] = mapped_column(Probability)
    support: Mapped[Support] = mapped_column(String(10))
    # The newest sign among those read.
    through: Mapped[int] = mapped_column(BigInteger)
    # Each contribution, raw and capped, with its words and transactions, as the API prints it.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    # SHA-256 of what it says: what reads the same is not stored again.
    digest: Mapped[bytes] = mapped_column(Bytes32)
    model_version: Mapped[str] = mapped_column(String(40))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
