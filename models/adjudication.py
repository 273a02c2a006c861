"""Truth labels: verdicts, corrections, what they fuse to, and whom an audit asks about.

Records of their time: nothing here is folded from facts, and nothing is ever updated.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from models.adjudication_enums import CorrectionStatus, RulesTrack, Verdict
from models.base import Base, Bytes32, Document, Probability, RowId, UtcTimestamp
from models.market import Market


class AdjudicationVerdict(Base):
    """What one adjudicator, known by a pseudonym, says a market's rules require."""

    __tablename__ = "adjudications"
    __table_args__ = (
        UniqueConstraint("market_id", "track", "adjudicator", "made_at"),
        Index(None, "known_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id))
    # The adapter's question id and the operative request's timestamp when the verdict came in;
    # None where the market has none yet. The payout follows that request.
    question_id: Mapped[bytes | None] = mapped_column(Bytes32)
    request_timestamp: Mapped[int | None] = mapped_column(BigInteger)
    adjudicator: Mapped[str] = mapped_column(String(40))
    track: Mapped[RulesTrack] = mapped_column(String(20))
    verdict: Mapped[Verdict] = mapped_column(String(20))
    # As the adjudicator put it; kept, and used for nothing.
    confidence: Mapped[float | None] = mapped_column(Probability)
    # Had seen neither the vote nor the payout nor a price of the market.
    is_blind: Mapped[bool] = mapped_column(Boolean)
    # [{"url", "quote"}], each part may be null; never fetched.
    evidence: Mapped[list[dict[str, str | None]]] = mapped_column(Document)
    # The packet answered; None where the verdict came without one.
    packet_id: Mapped[str | None] = mapped_column(String(40))
    # The file imported.
    source: Mapped[str] = mapped_column(String(200))
    # By the adjudicator's clock; it orders one adjudicator's verdicts and nothing else.
    made_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # When it came in: no score of an earlier time reads it.
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # The same adjudicator's verdict before it, which no longer counts.
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("adjudications.id"))
    # SHA-256 of everything but the source: the same verdict is stored once.
    digest: Mapped[bytes] = mapped_column(Bytes32, unique=True)


class Correction(Base):
    """Anybody's claim that a market's payout is not what its rules require."""

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id))
    claim: Mapped[Verdict] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[dict[str, str | None]]] = mapped_column(Document)
    # As whoever sent it wants to be called; a pseudonym will do.
    made_by: Mapped[str] = mapped_column(String(80))
    # The way it came in.
    source: Mapped[str] = mapped_column(String(200))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    digest: Mapped[bytes] = mapped_column(Bytes32, unique=True)


class CorrectionStep(Base):
    """Where a correction stood from a time on, and who said so."""

    __tablename__ = "correction_steps"
    __table_args__ = (Index(None, "correction_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    correction_id: Mapped[int] = mapped_column(ForeignKey(Correction.id))
    status: Mapped[CorrectionStatus] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(String(1000))
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class TruthFusion(Base):
    """One fusing of all verdicts of a track: how often each adjudicator is found to err."""

    __tablename__ = "truth_fusions"
    __table_args__ = (Index(None, "track", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    track: Mapped[RulesTrack] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(60))
    # SHA-256 of the verdicts fused: the same ones are fused once.
    inputs_digest: Mapped[bytes] = mapped_column(Bytes32)
    verdicts: Mapped[int] = mapped_column(Integer)
    questions: Mapped[int] = mapped_column(Integer)
    is_converged: Mapped[bool] = mapped_column(Boolean)
    # Shares of the truth, and a row-stochastic 4x4 of P(verdict | truth) an adjudicator, in the
    # order of ``Verdict``.
    prevalence: Mapped[list[float]] = mapped_column(Document)
    confusion: Mapped[dict[str, list[list[float]]]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class TruthLabel(Base):
    """A market's soft label from a time on; the newest known counts, and a row is a change."""

    __tablename__ = "truth_labels"
    __table_args__ = (Index(None, "market_id", "track", "known_at"), Index(None, "known_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id))
    track: Mapped[RulesTrack] = mapped_column(String(20))
    fusion_id: Mapped[int] = mapped_column(ForeignKey(TruthFusion.id))
    version: Mapped[str] = mapped_column(String(60))
    # Blind and independent ones, whose verdicts were fused.
    adjudicators: Mapped[int] = mapped_column(Integer)
    # P(T = …); they sum to 1.
    p_yes: Mapped[float] = mapped_column(Probability)
    p_no: Mapped[float] = mapped_column(Probability)
    p_half: Mapped[float] = mapped_column(Probability)
    p_undetermined: Mapped[float] = mapped_column(Probability)
    # By outcome: q = P(an answer of it is wrong) with its 90 % interval, and the ln likelihood
    # ratio for T = it with each adjudicator's part: {"YES": {"q", "p05", "p95", "ln_ratio",
    # "parts": {adjudicator: ln}}, …}.
    outcomes: Mapped[dict[str, dict[str, object]]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class AuditPlan(Base):
    """A sample of settled markets that nobody disputed, drawn to be adjudicated."""

    __tablename__ = "audit_plans"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    budget: Mapped[int] = mapped_column(Integer)
    version: Mapped[str] = mapped_column(String(60))
    # Markets settled in [frame_from, frame_to) are the population.
    frame_from: Mapped[datetime] = mapped_column(UtcTimestamp)
    frame_to: Mapped[datetime] = mapped_column(UtcTimestamp)
    population: Mapped[int] = mapped_column(Integer)
    # [{"name", "size", "weight", "assumed_rate", "value", "planned", "drawn"}].
    strata: Mapped[list[dict[str, object]]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class AuditItem(Base):
    """One market of a plan, in the random order in which it is handed out."""

    __tablename__ = "audit_items"
    __table_args__ = (
        UniqueConstraint("plan_id", "market_id"),
        UniqueConstraint("plan_id", "position"),
        Index(None, "market_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey(AuditPlan.id))
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id))
    stratum: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(Integer)
    # n_h / N_h of its stratum.
    inclusion: Mapped[float] = mapped_column(Float)
    # Which screens named it (price after, price before, …): why, never an estimate.
    screens: Mapped[list[str]] = mapped_column(Document)


class AuditEstimate(Base):
    """What a plan's labels said from a time on; a row a change, and the newest known counts."""

    __tablename__ = "audit_estimates"
    __table_args__ = (Index(None, "plan_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey(AuditPlan.id))
    # Markets adjudicated to a settled label.
    audit_n: Mapped[int] = mapped_column(Integer)
    # P(wrong | undisputed) with its 90 % interval.
    p_mean: Mapped[float] = mapped_column(Probability)
    p_low: Mapped[float] = mapped_column(Probability)
    p_high: Mapped[float] = mapped_column(Probability)
    # d1w as the model may use it; is_d1w_used: audits have moved it.
    d1w_mean: Mapped[float] = mapped_column(Probability)
    d1w_n: Mapped[float] = mapped_column(Float)
    is_d1w_used: Mapped[bool] = mapped_column(Boolean)
    # Strata, both rates, bounds, reasons: as `adjudicate status` and /v1/model print it.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
