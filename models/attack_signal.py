"""Signs of a coordinated attack as they became known: an append-only history."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.attack_enums import SignalFamily, SignalSubject
from models.base import Base, Bytes32, Document, RowId, UtcTimestamp
from models.enums import Support


class AttackSignal(Base):
    """One sign about one subject; the newest row of a subject and sign known by a time counts.

    A sign that went away is a row with ``log_lr`` 0. Signs are statements about public evidence,
    never about people.
    """

    __tablename__ = "attack_signals"
    __table_args__ = (
        Index(None, "subject_kind", "subject", "known_at"),
        Index(None, "round_id", "known_at"),
        Index(None, "signal", "known_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    family: Mapped[SignalFamily] = mapped_column(String(20))
    # Its name, snake_case (docs/methodology.md lists them).
    signal: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[SignalSubject] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    # The voting round it belongs to, where it belongs to one.
    round_id: Mapped[int | None] = mapped_column(BigInteger)
    # Natural logarithm of its likelihood ratio, before the cap of its family.
    log_lr: Mapped[float] = mapped_column(Double)
    # What was measured, in ``unit``; None where the sign is a yes or no.
    value: Mapped[float | None] = mapped_column(Double)
    unit: Mapped[str] = mapped_column(String(20))
    support: Mapped[Support] = mapped_column(String(10))
    # In words, with the interval and the transactions it rests on, as the API prints it.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    # SHA-256 of all of the above: what reads the same is not stored again.
    digest: Mapped[bytes] = mapped_column(Bytes32)
    model_version: Mapped[str] = mapped_column(String(40))
    # When it was worked out, from what was known by then.
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
