"""Every derived row, in one order: what two ways to fold are compared by."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.store.votes.folds import DERIVED

Rows = dict[str, list[tuple[Any, ...]]]


def derived_rows(sessions: sessionmaker[Session]) -> Rows:
    """The derived tables' rows, sorted by their keys."""
    with sessions() as session:
        return {
            model.__tablename__: [
                tuple(row)
                for row in session.execute(
                    select(model.__table__).order_by(*model.__table__.primary_key)
                )
            ]
            for model in DERIVED
        }
