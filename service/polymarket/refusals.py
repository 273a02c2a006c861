"""Reading one record as sent, or refusing it with a named reason. Pure."""

import hashlib
import json
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from models.data_enums import DataIssueKind
from service.polymarket.payloads import Payload
from service.protocol.listings import Refused

_Sent = TypeVar("_Sent", bound=Payload)
_Made = TypeVar("_Made")
_Value = TypeVar("_Value")

KEY_LENGTH = 200
REASON_LENGTH = 500
TOKEN_LENGTH = 78


def translate(
    record: object,
    shape: type[_Sent],
    make: Callable[[_Sent], _Made],
    kind: DataIssueKind,
    source: str,
) -> _Made | Refused:
    """What ``make`` makes of a record of this shape; what it raises becomes the reason."""
    try:
        return make(shape.model_validate(record))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "record"
        reason = f"{where}: {first['msg']}"
    except ValueError as error:
        reason = str(error)
    return Refused(kind, source, key_of(record), clean(reason)[:REASON_LENGTH])


def key_of(record: object) -> str:
    """What to call a record by: its id as sent, or else a digest of its content."""
    if isinstance(record, dict):
        for name in ("conditionId", "condition_id", "asset_id"):
            if isinstance(record.get(name), str) and record[name].strip():
                return clean(record[name])[:KEY_LENGTH]
        if isinstance(record.get("id"), str | int):
            return f"gamma:{clean(str(record['id']))}"[:KEY_LENGTH]
    text = json.dumps(record, sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def named(name: str, convert: Callable[[_Value], _Made], value: _Value) -> _Made:
    """Convert a field's value; an error names the field."""
    try:
        return convert(value)
    except ValueError as error:
        message = f"{name}: {error}"
        raise ValueError(message) from error


def within(text: str | None, length: int, name: str) -> str | None:
    """A text no longer than its column: a longer one is no word of theirs."""
    if text is not None and len(text) > length:
        message = f"{name} is longer than {length} characters"
        raise ValueError(message)
    return text


def is_token(text: str) -> bool:
    """Whether a text is an ERC-1155 id in base 10."""
    return text.isascii() and text.isdigit() and len(text) <= TOKEN_LENGTH


def clean(text: str) -> str:
    """A text any database can hold: no NUL, no lone surrogate."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
