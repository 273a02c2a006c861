"""The newest row a market has in a table, as it was known at a time."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.base import Base
from service.store.upserts import IN_CHUNK, chunks

Row = TypeVar("Row", bound=Base)


def latest_by_market(
    session: Session,
    model: type[Row],
    market_ids: Collection[int],
    as_of: datetime,
    *also: InstrumentedAttribute[int],
) -> dict[Any, Row]:
    """The newest row a market (and each value of the ``also`` columns) has by ``as_of``.

    Keys are market ids, or tuples of the market id and the other columns' values.
    """
    found: dict[Any, Row] = {}
    columns: Any = model
    keys = [columns.market_id, *also]
    for part in chunks(sorted(market_ids), IN_CHUNK):
        rank = (
            func.row_number()
            .over(partition_by=keys, order_by=[columns.known_at.desc(), columns.id.desc()])
            .label("rank")
        )
        ranked = (
            select(model, rank)
            .where(columns.market_id.in_(part), columns.known_at <= as_of)
            .subquery()
        )
        newest = aliased(model, ranked)
        for row in session.scalars(select(newest).where(ranked.c.rank == 1)):
            values: Any = row
            key = tuple(getattr(values, column.key) for column in keys)
            found[key if also else values.market_id] = row
    return found
