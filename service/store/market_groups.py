"""Polymarket's groups of markets into rows, as last seen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models.market import MarketGroup
from service.protocol.listings import GroupListing
from service.store.upserts import IN_CHUNK, chunks, insert_for

# A record that says nothing of these has left them out: a market's own shows only the first three.
SHOWN = (
    "slug", "title", "neg_risk_market_id", "neg_risk", "neg_risk_augmented", "closed", "start_at",
    "end_at", "closed_at", "series_slug", "recurrence",
)  # fmt: skip


def upsert_groups(
    session: Session, groups: Sequence[GroupListing], known_at: datetime
) -> dict[str, int]:
    """Store groups by their Gamma id; returns their row ids. The same again is not written."""
    rows = {
        group.gamma_id: {
            "gamma_id": group.gamma_id,
            "known_at": known_at,
            **{name: getattr(group, name) for name in SHOWN},
        }
        for group in groups
    }
    if not rows:
        return {}
    insert = insert_for(session, MarketGroup)
    shown: dict[str, ColumnElement[object]] = {
        name: func.coalesce(insert.excluded[name], getattr(MarketGroup, name)) for name in SHOWN
    }
    differs = or_(*(getattr(MarketGroup, name).is_distinct_from(v) for name, v in shown.items()))
    session.connection().execute(
        insert.on_conflict_do_update(index_elements=["gamma_id"], set_=shown, where=differs),
        list(rows.values()),
    )
    return get_group_ids(session, list(rows))


def get_group_ids(session: Session, gamma_ids: Sequence[str]) -> dict[str, int]:
    """Row ids by Gamma id."""
    found: dict[str, int] = {}
    for part in chunks(gamma_ids, IN_CHUNK):
        query = select(MarketGroup.gamma_id, MarketGroup.id).where(MarketGroup.gamma_id.in_(part))
        found.update((row.gamma_id, row.id) for row in session.execute(query))
    return found
