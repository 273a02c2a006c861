"""Row ids in a statement as one value: thousands of them cost a parameter each otherwise."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Subquery,
    any_,
    bindparam,
    column,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.base import RawBytes, UtcTimestamp

Values = TypeVarTuple("Values")

# A row id with a stretch of time, both ends included.
Stretch = tuple[int, datetime, datetime]
# Ids in one statement: its rows are held in memory together.
ID_CHUNK = 2_000


def plain_rows(session: Session, query: Select[*Values]) -> Sequence[Row[*Values]]:
    """Rows of columns, past the session's own work on each: of thousands that is a third."""
    # As before any query of the session's own.
    session.flush()
    return session.connection().execute(query).all()


def among(
    session: Session, column: InstrumentedAttribute[int], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether a row id is one of these; an index of the column serves it on both databases."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(bindparam(None, list(ids), type_=ARRAY(BigInteger)))
    given = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(given.c.value))


def among_hashes(
    session: Session, column: InstrumentedAttribute[bytes], hashes: Sequence[bytes]
) -> ColumnElement[bool]:
    """Whether a hash is one of these, all of one length; an index of the column serves it."""
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(bindparam(None, list(hashes), type_=ARRAY(RawBytes)))
    width = len(hashes[0]) if hashes else 1
    if any(len(one) != width for one in hashes):
        return column.in_(hashes)
    # SQLite cuts them out of one value: the same statement for any number of them.
    places = func.json_each(json.dumps([0] * len(hashes))).table_valued("key").c.key
    joined = bindparam(None, b"".join(hashes), type_=RawBytes)
    return column.in_(select(func.substr(joined, places * width + 1, width)))


def stretches(session: Session, given: Sequence[Stretch]) -> Subquery:
    """Row ids, each with a stretch of its own, to be joined: ``id``, ``from_at``, ``to_at``."""
    dialect = session.get_bind().dialect
    if dialect.name == "postgresql":
        ids, begins, ends = ([one[place] for one in given] for place in range(3))
        rows = func.unnest(
            bindparam(None, ids, type_=ARRAY(BigInteger)),
            bindparam(None, begins, type_=ARRAY(UtcTimestamp)),
            bindparam(None, ends, type_=ARRAY(UtcTimestamp)),
        ).table_valued(
            column("id", BigInteger), column("from_at", UtcTimestamp), column("to_at", UtcTimestamp)
        )
        return select(rows.render_derived()).subquery()
    told = UtcTimestamp().dialect_impl(dialect).bind_processor(dialect)
    assert told is not None  # noqa: S101  # SQLite keeps instants as text
    values = [[id_, told(begin), told(end)] for id_, begin, end in given]
    each = func.json_each(json.dumps(values)).table_valued("value").c.value
    return select(
        type_coerce(func.json_extract(each, "$[0]"), BigInteger).label("id"),
        type_coerce(func.json_extract(each, "$[1]"), UtcTimestamp).label("from_at"),
        type_coerce(func.json_extract(each, "$[2]"), UtcTimestamp).label("to_at"),
    ).subquery()
