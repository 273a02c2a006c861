"""How far the catalogue's jobs have come, and how much it showed on a day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from models.catalogue import CatalogueCount, SyncCursor
from models.market import Market, MarketGroup
from service.store.upserts import insert_for


def get_position(session: Session, name: str) -> dict[str, object] | None:
    """Where a job stands; ``None`` before its first word."""
    return session.scalar(select(SyncCursor.position).where(SyncCursor.name == name))


def set_position(
    session: Session, name: str, position: Mapping[str, object], now: datetime
) -> None:
    """Note where a job stands, in the transaction of the rows it read."""
    insert = insert_for(session, SyncCursor)
    row = {"name": name, "position": dict(position), "updated_at": now}
    shown = {column: insert.excluded[column] for column in ("position", "updated_at")}
    session.connection().execute(
        insert.on_conflict_do_update(index_elements=["name"], set_=shown), [row]
    )


def raise_counts(session: Session, counts: Mapping[str, int], now: datetime) -> None:
    """Keep what a whole sweep showed; a day's row is the most that one sweep of it showed."""
    if not counts:
        return
    insert = insert_for(session, CatalogueCount)
    excluded = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=["day", "name"],
        set_={"records": excluded.records, "updated_at": excluded.updated_at},
        where=excluded.records > CatalogueCount.records,
    )
    day = now.date()
    rows = [
        {"day": day, "name": name, "records": records, "updated_at": now}
        for name, records in counts.items()
    ]
    session.connection().execute(statement, rows)


def list_counts(session: Session, day: date) -> dict[str, int]:
    """The counts of a day, by name."""
    query = select(CatalogueCount.name, CatalogueCount.records).where(CatalogueCount.day == day)
    return {row.name: row.records for row in session.execute(query)}


def list_newest_counts(session: Session) -> Sequence[CatalogueCount]:
    """Of each name the newest day's count, by name."""
    newest = (
        select(CatalogueCount.name, func.max(CatalogueCount.day).label("day"))
        .group_by(CatalogueCount.name)
        .subquery()
    )
    query = (
        select(CatalogueCount)
        .join(
            newest,
            and_(CatalogueCount.name == newest.c.name, CatalogueCount.day == newest.c.day),
        )
        .order_by(CatalogueCount.name)
    )
    return session.scalars(query).all()


def count_ungrouped(session: Session) -> tuple[int, int]:
    """Open groups of which no market is stored, and open markets without a group."""
    has_market = select(Market.id).where(Market.group_id == MarketGroup.id).exists()
    empty = select(func.count()).select_from(MarketGroup)
    lone = select(func.count()).select_from(Market)
    return (
        session.scalar(empty.where(MarketGroup.closed.is_(False), ~has_market)) or 0,
        session.scalar(lone.where(Market.closed.is_(False), Market.group_id.is_(None))) or 0,
    )
