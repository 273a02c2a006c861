"""JSON as it is stored: fast for whole documents, exact for numbers of any size."""

import json
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class JsonText:
    """A document that is encoded already, by the process that made it."""

    text: str


def encode(value: Any) -> str:  # noqa: ANN401  # whatever JSON can hold
    """A value as JSON text; numbers beyond 64 bits keep all their digits."""
    if isinstance(value, JsonText):
        return value.text
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # Numbers beyond 64 bits, and keys that are none.
        return json.dumps(value)
