"""Assessments of voting rounds: an append-only history, and what questions are asked of."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Bytes32, Document, RowId, UtcTimestamp


class RoundAssessment(Base):
    """One assessment of one round of the vote. Never updated; a new one is a new row."""

    __tablename__ = "round_assessments"
    __table_args__ = (Index(None, "round_id", "as_of"), Index(None, "as_of"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    round_id: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[datetime] = mapped_column(UtcTimestamp)
    # waiting, commit, reveal or over.
    phase: Mapped[str] = mapped_column(String(10))
    # Requests in the round.
    requests: Mapped[int] = mapped_column(Integer)
    # Logs of requests and votes that named the round: more of them, and it is assessed anew.
    logs: Mapped[int] = mapped_column(BigInteger)
    # SHA-256 of the inputs, in steps: what reads the same is not stored again.
    digest: Mapped[bytes] = mapped_column(Bytes32)
    # USD; None where no bloc is known.
    dollars_exposed: Mapped[float] = mapped_column(Double)
    dollars_forceable: Mapped[float | None] = mapped_column(Double)
    # The uncalibrated chance that any bloc attacks: past ones set the level of the next.
    raw_attempt: Mapped[float] = mapped_column(Double)
    # As the API prints it.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    model_version: Mapped[str] = mapped_column(String(40))
    priors_version: Mapped[str] = mapped_column(String(40))


class RoundQuestion(Base):
    """The inputs of a round's newest assessment, packed: what a what-if is answered from."""

    __tablename__ = "round_questions"

    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    assessment_id: Mapped[int] = mapped_column(
        ForeignKey(RoundAssessment.id, ondelete="CASCADE"), index=True
    )
    # Compressed JSON (service.risk.attack.round_packing).
    inputs: Mapped[bytes] = mapped_column(LargeBinary)
    # The format they are packed in; None: of a release that did not say.
    packed_format: Mapped[int | None] = mapped_column(Integer)


class RoundFailure(Base):
    """A past round that could not be assessed, and when it is tried again."""

    __tablename__ = "round_failures"

    round_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    # How often in a row.
    failures: Mapped[int] = mapped_column(Integer)
    next_try_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    reason: Mapped[str] = mapped_column(String(300))
