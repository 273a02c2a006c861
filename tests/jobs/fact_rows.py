"""All facts of a database, in words that do not depend on the order they were written in."""

from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, sessionmaker

import service.store.oracle.fact_shapes  # noqa: F401  # maps every table of facts
from models.base import Base
from models.chain import Block, DataIssue
from models.log_fact import LogFact


def fact_rows(sessions: sessionmaker[Session]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every fact table by table, its block named by hash instead of by row id."""
    with sessions() as session:
        found: dict[str, list[tuple[Any, ...]]] = {}
        hashes = {b.id: (b.chain_id, b.number, b.hash) for b in session.scalars(select(Block))}
        tables: list[type[Any]] = [
            m.class_ for m in Base.registry.mappers if issubclass(m.class_, LogFact)
        ]
        for table in tables:
            names = [c.key for c in inspect(table).column_attrs if c.key != "block_id"]
            rows = [
                (hashes[row.block_id], *(repr(getattr(row, name)) for name in names))
                for row in session.scalars(select(table))
            ]
            found[table.__tablename__] = sorted(rows)
        issues = session.execute(
            select(DataIssue.kind, DataIssue.key).where(DataIssue.block_id.is_not(None))
        )
        found["data_issues"] = sorted((kind, key) for kind, key in issues)
    return found
