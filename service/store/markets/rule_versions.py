"""The versions of a market's rules with their texts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import RulesText, RulesVersion


@dataclass(frozen=True, slots=True)
class StoredRules:
    """One version as the catalogue showed it."""

    version: int
    text_hash: bytes
    text: str
    # When it was first seen.
    known_at: datetime


def list_versions(
    session: Session, market_id: int, *, most: int, as_of: datetime | None = None
) -> list[StoredRules]:
    """The newest versions of a market's rules known by ``as_of``, oldest first."""
    query = (
        select(RulesVersion.version, RulesVersion.text_hash, RulesText.text, RulesVersion.known_at)
        .join(RulesText, RulesText.hash == RulesVersion.text_hash)
        .where(RulesVersion.market_id == market_id)
        .order_by(RulesVersion.version.desc())
        .limit(most)
    )
    if as_of is not None:
        query = query.where(RulesVersion.known_at <= as_of)
    return [StoredRules(*row) for row in reversed(session.execute(query).all())]
