"""Cursors of keyset paging: opaque to clients, bound to the question they continue."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute

from service.errors import SettlewatchError

Key = str | int | float | None
Query = TypeVar("Query", bound=Select[Any])
Column = ColumnElement[Any] | InstrumentedAttribute[Any]

_MAX_LENGTH = 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ID = 2**63


class BadCursor(SettlewatchError):
    """A cursor that was not made here, or that continues another query."""


def encode_cursor(query: Sequence[object], position: Sequence[Key]) -> str:
    """A base64url token that continues ``query`` after ``position``."""
    body = json.dumps([_digest(query), *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def decode_cursor(token: str, query: Sequence[object], length: int) -> tuple[Key, ...]:
    """The position in a token; :class:`BadCursor` unless it continues exactly ``query``."""
    if len(token) > _MAX_LENGTH:
        raise BadCursor("is not a cursor of this API")
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        body = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError as error:
        raise BadCursor("is not a cursor of this API") from error
    if not isinstance(body, list) or len(body) != length + 1:
        raise BadCursor("is not a cursor of this API")
    if body[0] != _digest(query):
        raise BadCursor("belongs to a query with other filters or another order")
    position = tuple(body[1:])
    if any(isinstance(v, bool) or not isinstance(v, str | int | float | None) for v in position):
        raise BadCursor("is not a cursor of this API")
    return position


def newest_first(
    query: Query, at: Column, row_id: Column, before: tuple[datetime, int] | None
) -> Query:
    """Rows by instant and id, newest first; ``before``: those of the last one seen."""
    if before is not None:
        seen_at, seen_id = before
        query = query.where((at < seen_at) | ((at == seen_at) & (row_id < seen_id)))
    return query.order_by(at.desc(), row_id.desc())


def encode_instant_cursor(query: Sequence[object], at: datetime, row_id: int) -> str:
    """A token that continues ``query`` after the row of an instant and an id."""
    return encode_cursor(query, ((at - _EPOCH) // timedelta(microseconds=1), row_id))


def decode_instant_cursor(token: str, query: Sequence[object]) -> tuple[datetime, int]:
    """Instant and id in a token; :class:`BadCursor` unless it continues exactly ``query``."""
    at, row_id = decode_cursor(token, query, 2)
    if not isinstance(at, int) or not isinstance(row_id, int) or not 0 <= row_id < _MAX_ID:
        raise BadCursor("is not a cursor of this API")
    try:
        return _EPOCH + timedelta(microseconds=at), row_id
    except OverflowError as error:
        raise BadCursor("is not a cursor of this API") from error


def _digest(query: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(list(query), default=str).encode()).hexdigest()[:12]
