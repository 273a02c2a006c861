"""The newest row a market has in a table, as it was known at a time."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.base import Base
from models.market import Market
from service.store.id_lists import ID_CHUNK, among, plain_rows
from service.store.upserts import chunks

Row = TypeVar("Row", bound=Base)

# Outcomes looked for in every market, even where its tokens are not listed.
USUAL_OUTCOMES = 2


def latest_by_market(
    session: Session,
    model: type[Row],
    market_ids: Collection[int],
    as_of: datetime,
    outcome: InstrumentedAttribute[int] | None = None,
) -> dict[Any, Row]:
    """The newest row a market (or each outcome of it, by its column) has by ``as_of``.

    Keys are market ids, or pairs of the market id and the outcome's index. Of rows known at the
    same instant the one stored last counts. What it costs does not grow with the history: each
    newest row is one look at the end of the index of ``market_id`` and ``known_at``.
    """
    found: dict[Any, Row] = {}
    columns: Any = model
    for part in chunks(sorted(market_ids), ID_CHUNK):
        newest = _newest_ids(session, model, part, as_of, outcome)
        for some in chunks(newest, ID_CHUNK):
            for row in session.scalars(select(model).where(among(session, columns.id, some))):
                values: Any = row
                place = () if outcome is None else (getattr(row, outcome.key),)
                found[(values.market_id, *place) if place else values.market_id] = row
    return found


def _newest_ids(
    session: Session,
    model: type[Row],
    market_ids: Sequence[int],
    as_of: datetime,
    outcome: InstrumentedAttribute[int] | None,
) -> list[int]:
    columns: Any = model
    newest = (
        select(columns.id)
        .where(columns.market_id == Market.id, columns.known_at <= as_of)
        .order_by(columns.known_at.desc(), columns.id.desc())
        .limit(1)
    )
    wanted = among(session, Market.id, market_ids)
    if outcome is None:
        one = newest.correlate(Market).scalar_subquery()
        return [id_ for id_ in session.scalars(select(one).where(wanted)) if id_ is not None]
    tokens = func.json_array_length(Market.token_ids)
    most = session.scalar(select(func.max(tokens)).where(wanted)) or 0
    found: list[int] = []
    for index in range(max(most, USUAL_OUTCOMES)):
        one = newest.where(outcome == index).correlate(Market).scalar_subquery()
        query = select(one).where(wanted)
        if index >= USUAL_OUTCOMES:
            # An outcome a market does not have would be looked for through all its history.
            query = query.where(tokens > index)
        ids = session.scalars(query)
        found.extend(id_ for id_ in ids if id_ is not None)
    return found


def latest_values(
    session: Session,
    model: type[Base],
    values: Sequence[InstrumentedAttribute[Any]],
    market_ids: Collection[int],
    as_of: datetime,
    where: ColumnElement[bool] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Some columns of the newest row a market has by ``as_of``, after its id; in no order.

    For many markets at once: mapped objects, and documents nobody looks into, cost more than the
    reading does. ``where`` picks among the rows of a market.
    """
    columns: Any = model
    newest = (
        select(columns.id)
        .where(columns.market_id == Market.id, columns.known_at <= as_of)
        .order_by(columns.known_at.desc(), columns.id.desc())
        .limit(1)
    )
    if where is not None:
        newest = newest.where(where)
    for part in chunks(sorted(market_ids), ID_CHUNK):
        one = newest.correlate(Market).scalar_subquery().label("row_id")
        found = select(one).where(among(session, Market.id, part)).subquery()
        query = select(columns.market_id, *values).join(found, found.c.row_id == columns.id)
        yield from map(tuple, plain_rows(session, query))
