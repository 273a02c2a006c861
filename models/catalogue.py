"""How far the catalogue's jobs have come, and what they saw and did not store."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document, UtcTimestamp


class SyncCursor(Base):
    """How far one job has come in a source that is no chain; moves with the rows it read."""

    __tablename__ = "sync_cursors"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[dict[str, object]] = mapped_column(Document)
    updated_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class CatalogueCount(Base):
    """How many records of a kind the catalogue showed on a day (UTC), stored ones or not.

    The most that one whole sweep of the day showed.
    """

    __tablename__ = "catalogue_counts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    records: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(UtcTimestamp)
