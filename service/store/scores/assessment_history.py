"""Single assessments out of a market's history."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.assessment import MarketAssessment


def get_as_of(session: Session, market_id: int, at: datetime) -> MarketAssessment | None:
    """The assessment in force at an instant; ``None`` before the first."""
    return session.scalar(
        select(MarketAssessment)
        .where(MarketAssessment.market_id == market_id, MarketAssessment.as_of <= at)
        .order_by(MarketAssessment.as_of.desc(), MarketAssessment.id.desc())
        .limit(1)
    )


def get_before(session: Session, row: MarketAssessment) -> MarketAssessment | None:
    """The assessment before another of the same market; ``None`` of the first."""
    return session.scalar(
        select(MarketAssessment)
        .where(
            MarketAssessment.market_id == row.market_id,
            (MarketAssessment.as_of < row.as_of)
            | ((MarketAssessment.as_of == row.as_of) & (MarketAssessment.id < row.id)),
        )
        .order_by(MarketAssessment.as_of.desc(), MarketAssessment.id.desc())
        .limit(1)
    )


def get_first(session: Session, market_id: int) -> MarketAssessment | None:
    """A market's first assessment; ``None`` before it is scored."""
    return session.scalar(
        select(MarketAssessment)
        .where(MarketAssessment.market_id == market_id)
        .order_by(MarketAssessment.as_of, MarketAssessment.id)
        .limit(1)
    )
