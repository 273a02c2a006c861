"""How the service itself is doing: job runs and the health of its sources."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document, RowId, UtcTimestamp
from models.enums import JobOutcome, SourceState


class JobRun(Base):
    """One run of one job."""

    __tablename__ = "job_runs"
    __table_args__ = (Index(None, "job", "started_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    job: Mapped[str] = mapped_column(String(40))
    started_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    outcome: Mapped[JobOutcome] = mapped_column(String(20))
    counts: Mapped[dict[str, object]] = mapped_column(Document)
    error: Mapped[str | None] = mapped_column(String(500))


class Source(Base):
    """The health of one source of facts, as the jobs last found it."""

    __tablename__ = "sources"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[SourceState] = mapped_column(String(20))
    # Since when it has been in this state.
    since: Mapped[datetime] = mapped_column(UtcTimestamp)
    reason: Mapped[str | None] = mapped_column(String(500))
    last_success_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    last_failure_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    failures_in_a_row: Mapped[int] = mapped_column(Integer)
    # No request is sent to the source before this instant.
    retry_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # What went wrong since the database was made, by name (service/chain/faults.py).
    counts: Mapped[dict[str, int] | None] = mapped_column(Document)
    # A chain's URLs as they were last found, by number; the URLs themselves are never stored.
    urls: Mapped[list[dict[str, object]] | None] = mapped_column(Document)
