"""Polymarket's groups of markets into rows, as last seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models.market import Market, MarketGroup
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


def list_open_groups(session: Session, after_id: int, limit: int) -> Sequence[tuple[int, str]]:
    """Row and Gamma ids of groups not known to be closed, by row id, a page at a time."""
    query = (
        select(MarketGroup.id, MarketGroup.gamma_id)
        .where(MarketGroup.closed.is_not(True), MarketGroup.id > after_id)
        .order_by(MarketGroup.id)
        .limit(limit)
    )
    return [(row.id, row.gamma_id) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Sibling:
    """One market of a group."""

    market_id: int
    condition_id: bytes
    # On neg-risk groups the question's index is the last byte.
    question_id: bytes | None
    # The group's catch-all.
    is_other: bool
    closed: bool


def list_siblings(session: Session, group_ids: Sequence[int]) -> dict[int, list[Sibling]]:
    """The stored markets of groups, by group and row id."""
    found: dict[int, list[Sibling]] = {}
    for part in chunks(group_ids, IN_CHUNK):
        query = (
            select(
                Market.group_id,
                Market.id,
                Market.condition_id,
                Market.question_id,
                Market.neg_risk_other,
                Market.closed,
            )
            .where(Market.group_id.in_(part))
            .order_by(Market.id)
        )
        for group_id, market_id, condition_id, question_id, other, closed in session.execute(query):
            sibling = Sibling(market_id, condition_id, question_id, bool(other), closed)
            if group_id is not None:
                found.setdefault(group_id, []).append(sibling)
    return found
