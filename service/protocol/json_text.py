"""Ancillary texts written as JSON: games' scores (UMIP-183) and some strangers' questions."""

import json
from dataclasses import dataclass

from service.protocol.prices import Answer
from service.protocol.res_data import read_price, to_answers

# Numbers stay text: a price is read exactly, and no number is too long for Python to take.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


@dataclass(frozen=True, slots=True)
class JsonText:
    """What a JSON text says of itself; ``None`` or empty where it does not."""

    title: str | None
    description: str | None
    # What the values of a MULTIPLE_VALUES price stand for, lowest first: the teams.
    labels: tuple[str, ...]
    answers: tuple[Answer, ...]


def read_json_text(text: str) -> JsonText | None:
    """The JSON object a text starts with, whatever follows it; ``None`` if there is none."""
    document = _read_object(text)
    if document is None:
        return None
    question = document.get("q")
    titled = question if isinstance(question, dict) else document
    labels, prices = document.get("labels"), document.get("res_data")
    return JsonText(
        title=_words(titled.get("title")),
        description=_words(titled.get("description")),
        labels=tuple(_words(label) or "" for label in labels) if isinstance(labels, list) else (),
        answers=_answers(prices) if isinstance(prices, dict) else (),
    )


def _read_object(text: str) -> dict[str, object] | None:
    if not text.startswith("{"):
        return None
    try:
        document, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        # RecursionError: brackets nested by the thousand.
        return None
    return document if isinstance(document, dict) else None


def _answers(prices: dict[str, object]) -> tuple[Answer, ...]:
    written = {number: prices.get(f"p{number}") for number in range(1, 5)}
    return to_answers(
        {
            number: read_price(price) if isinstance(price, str) else None
            for number, price in written.items()
            if price is not None
        },
        labels={},
    )


def _words(value: object) -> str | None:
    """A string as it can be stored: JSON's escapes may spell null bytes and half characters."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode().replace("\x00", "").strip() or None
