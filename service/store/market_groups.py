"""Polymarket's groups of markets into rows, as last seen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import MarketGroup
from service.protocol.listings import GroupListing
from service.store.upserts import insert_for


def upsert_groups(
    session: Session, groups: Sequence[GroupListing], known_at: datetime
) -> dict[str, int]:
    """Store groups by their Gamma id; returns their row ids."""
    rows = {
        group.gamma_id: {
            "gamma_id": group.gamma_id,
            "slug": group.slug,
            "title": group.title,
            "neg_risk_market_id": group.neg_risk_market_id,
            "known_at": known_at,
        }
        for group in groups
    }
    if not rows:
        return {}
    insert = insert_for(session, MarketGroup)
    shown = ("slug", "title", "neg_risk_market_id")
    session.connection().execute(
        insert.on_conflict_do_update(
            index_elements=["gamma_id"], set_={name: insert.excluded[name] for name in shown}
        ),
        list(rows.values()),
    )
    query = select(MarketGroup.gamma_id, MarketGroup.id).where(MarketGroup.gamma_id.in_(rows))
    return {row.gamma_id: row.id for row in session.execute(query)}
