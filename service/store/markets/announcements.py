"""Remedies announced off chain: no API gives them, somebody writes them down with their source."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.assessment import Announcement
from models.enums import Remedy
from models.market import Market


def add_announcement(
    session: Session,
    condition_id: bytes,
    *,
    remedy: Remedy,
    announced_at: datetime,
    source: str,
    known_at: datetime,
) -> bool:
    """Write an announcement down once; ``False`` where it is known, or its market is not.

    The market is marked for a new assessment. The same remedy of the same instant is the same
    announcement, whoever reports it.
    """
    market = session.scalar(select(Market).where(Market.condition_id == condition_id))
    if market is None or _is_known(session, market.id, remedy, announced_at):
        return False
    session.add(
        Announcement(
            market_id=market.id,
            remedy=remedy,
            announced_at=announced_at,
            source=source[:500],
            known_at=known_at,
        )
    )
    # Renewed even where it is set: a scoring under way clears only the mark it saw. A later mark
    # stays: what it stands for is not known before.
    market.stale_since = max(known_at, market.stale_since or known_at)
    session.flush()
    return True


def _is_known(session: Session, market_id: int, remedy: Remedy, announced_at: datetime) -> bool:
    found = session.scalar(
        select(Announcement.id).where(
            Announcement.market_id == market_id,
            Announcement.remedy == remedy,
            Announcement.announced_at == announced_at,
        )
    )
    return found is not None
