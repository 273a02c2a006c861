"""What people were told, and why, and whether it arrived."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.assessment import MarketAssessment
from models.base import Base, Document, RowId, UtcTimestamp
from models.enums import AlertReason
from models.market import Market


class Alert(Base):
    """One named reason that came true for one market, or for the data; claimed once."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("market_id", "reason_key"),
        # An alert about the data has no market, which no constraint takes for the same.
        Index(
            "ix_alerts_reason_key_of_data",
            "reason_key",
            unique=True,
            sqlite_where=text("market_id IS NULL"),
            postgresql_where=text("market_id IS NULL"),
        ),
        Index(None, "raised_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # Null in an alert about the data, and in one about a vote, its voters or a ring.
    market_id: Mapped[int | None] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    # Null where no score is behind it: in alerts about the data and those of the watch.
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey(MarketAssessment.id), index=True)
    reason: Mapped[AlertReason] = mapped_column(String(40))
    # What makes the reason the same reason: the rule, the level reached, the price request; of the
    # data, the key. Its beginning up to the first colon names the rule.
    reason_key: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, object]] = mapped_column(Document)
    raised_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class Notification(Base):
    """One alert on its way to one destination; ``sent_at`` is set only after success."""

    __tablename__ = "notifications"
    __table_args__ = (UniqueConstraint("alert_id", "destination"), Index(None, "sent_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    # A fingerprint of the destination's URL, never the URL: it may hold a secret.
    destination: Mapped[str] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    last_error: Mapped[str | None] = mapped_column(String(300))
    sent_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
