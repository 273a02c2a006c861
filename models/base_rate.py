"""Base rates: appended when a number moved, never updated."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Bytes32, RowId, UtcTimestamp
from models.enums import Support
from models.rate_enums import (
    RateMeasure,
    RateMethod,
    RateStatus,
    RateStratum,
    RateTarget,
    RateWeight,
)


class BaseRateRun(Base):
    """One counting of all finished questions; only those that changed a row are kept."""

    __tablename__ = "base_rate_runs"
    __table_args__ = (Index(None, "as_of"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # Nothing known later entered.
    as_of: Mapped[datetime] = mapped_column(UtcTimestamp)
    # The release and the version of the estimators.
    code_version: Mapped[str] = mapped_column(String(80))
    questions: Mapped[int] = mapped_column(BigInteger)
    # The finished questions of the run, one row each, as a query of this database.
    query: Mapped[str] = mapped_column(Text)


class BaseRate(Base):
    """One rate of one set of questions; a newer row of the same name replaces what it says."""

    __tablename__ = "base_rates"
    __table_args__ = (Index(None, "target", "weight", "stratum", "name", "measure", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("base_rate_runs.id"), index=True)
    target: Mapped[RateTarget] = mapped_column(String(20))
    weight: Mapped[RateWeight] = mapped_column(String(20))
    stratum: Mapped[RateStratum] = mapped_column(String(20))
    # Which one of the stratum's kind.
    name: Mapped[str] = mapped_column(String(80))
    measure: Mapped[RateMeasure] = mapped_column(String(20))
    status: Mapped[RateStatus] = mapped_column(String(20))
    method: Mapped[RateMethod] = mapped_column(String(20))
    # None: not told; the reason says why.
    estimate: Mapped[float | None] = mapped_column(Double)
    p05: Mapped[float | None] = mapped_column(Double)
    p95: Mapped[float | None] = mapped_column(Double)
    # Wilson's 95 % of a plain count.
    wilson_low: Mapped[float | None] = mapped_column(Double)
    wilson_high: Mapped[float | None] = mapped_column(Double)
    questions: Mapped[int] = mapped_column(BigInteger)
    # Questions left out because the weight is not known of them.
    missing: Mapped[int] = mapped_column(BigInteger)
    positives: Mapped[float] = mapped_column(Double)
    clusters: Mapped[int] = mapped_column(Integer)
    n_eff: Mapped[float] = mapped_column(Double)
    design_effect: Mapped[float | None] = mapped_column(Double)
    largest_share: Mapped[float | None] = mapped_column(Double)
    standard_error: Mapped[float | None] = mapped_column(Double)
    reason: Mapped[str | None] = mapped_column(String(300))
    support: Mapped[Support] = mapped_column(String(20))
    # What follows the run's query to count this row again.
    selection: Mapped[str] = mapped_column(Text)
    # Of everything said above but the run: the same again is not appended.
    digest: Mapped[bytes] = mapped_column(Bytes32)
