"""Cursors of keyset paging: opaque to clients, bound to the question they continue."""

import base64
import hashlib
import json
from collections.abc import Sequence

from service.errors import SettlewatchError

Key = str | int | float | None

_MAX_LENGTH = 400


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


def _digest(query: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(list(query), default=str).encode()).hexdigest()[:12]
