"""Whether the risk model still fits the world, as it was checked day by day."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, RowId, UtcTimestamp


class ModelCheck(Base):
    """One check of one model on one day; appended, never updated."""

    __tablename__ = "model_checks"
    __table_args__ = (Index(None, "as_of"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    as_of: Mapped[datetime] = mapped_column(UtcTimestamp)
    model_version: Mapped[str] = mapped_column(String(40))
    priors_version: Mapped[str] = mapped_column(String(40))
    # ``feature``, ``calibration`` or ``contracts``, and which one of them.
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(40))
    # None where too little is known to work it out.
    statistic: Mapped[float | None] = mapped_column(Double)
    threshold: Mapped[float] = mapped_column(Double)
    # Markets, finished questions or changes it rests on.
    n: Mapped[int] = mapped_column(BigInteger)
    # ``ok``, ``drifted`` or ``too_few``.
    state: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(500))
