"""What people were told, and why, and whether it arrived."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document, RowId, UtcTimestamp
from models.enums import AlertReason


class Alert(Base):
    """One named reason that came true for one market; claimed once, whoever sees it first."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("market_id", "reason_key"), Index(None, "raised_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("markets.id", ondelete="CASCADE"))
    assessment_id: Mapped[int] = mapped_column(ForeignKey("market_assessments.id"))
    reason: Mapped[AlertReason] = mapped_column(String(20))
    # What makes the reason the same reason: the rule, the level reached, the price request.
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
