"""Claims that a payout is not what its rules require: from anybody, kept with their source."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.adjudication import Correction, CorrectionStep
from models.adjudication_enums import CorrectionStatus, Verdict
from models.market import Market
from service.store.truth.adjudications import Evidence
from service.store.upserts import IN_CHUNK, chunks


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """A claim to be stored."""

    market_id: int
    claim: Verdict
    text: str
    evidence: tuple[Evidence, ...]
    made_by: str
    source: str


@dataclass(frozen=True, slots=True)
class KnownCorrection:
    """A claim and where it stands."""

    correction: Correction
    condition_id: bytes
    status: CorrectionStatus
    # By whose word, why, and since when.
    status_source: str
    status_reason: str | None
    status_at: datetime


def add_correction(
    session: Session, correction: NewCorrection, known_at: datetime
) -> tuple[int, bool]:
    """Store a claim once; returns its number, and whether it is new."""
    told = [
        str(correction.market_id),
        correction.claim,
        correction.text,
        [[item.url, item.quote] for item in correction.evidence],
        correction.made_by,
    ]
    digest = hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()
    known = session.scalar(select(Correction.id).where(Correction.digest == digest))
    if known is not None:
        return known, False
    row = Correction(
        market_id=correction.market_id,
        claim=correction.claim,
        text=correction.text,
        evidence=[{"url": item.url, "quote": item.quote} for item in correction.evidence],
        made_by=correction.made_by,
        source=correction.source,
        known_at=known_at,
        digest=digest,
    )
    session.add(row)
    session.flush()
    add_step(session, row.id, CorrectionStatus.RECEIVED, correction.source, None, known_at)
    return row.id, True


def add_step(
    session: Session,
    correction_id: int,
    status: CorrectionStatus,
    source: str,
    reason: str | None,
    known_at: datetime,
) -> bool:
    """Say where a claim stands from now on; ``False`` where there is no such claim."""
    if session.get(Correction, correction_id) is None:
        return False
    session.add(
        CorrectionStep(
            correction_id=correction_id,
            status=status,
            source=source,
            reason=reason,
            known_at=known_at,
        )
    )
    session.flush()
    return True


def list_corrections(
    session: Session, at: datetime, market_ids: Collection[int] | None = None
) -> list[KnownCorrection]:
    """Claims known at ``at`` with where they stood, oldest first."""
    last = (
        select(func.max(CorrectionStep.id))
        .where(CorrectionStep.correction_id == Correction.id, CorrectionStep.known_at <= at)
        .correlate(Correction)
        .scalar_subquery()
    )
    query = (
        select(Correction, Market.condition_id, CorrectionStep)
        .join(Market, Market.id == Correction.market_id)
        .join(CorrectionStep, CorrectionStep.id == last)
        .where(Correction.known_at <= at)
        .order_by(Correction.id)
    )
    parts: Sequence[Collection[int] | None] = (
        [None] if market_ids is None else list(chunks(sorted(market_ids), IN_CHUNK))
    )
    return [
        KnownCorrection(row, condition, step.status, step.source, step.reason, step.known_at)
        for part in parts
        for row, condition, step in session.execute(
            query if part is None else query.where(Correction.market_id.in_(part))
        )
    ]
