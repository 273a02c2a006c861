"""The cells of a recording as values. A cell that is no value of its kind is absent, not zero."""

import math
from datetime import UTC, datetime

_MILLISECONDS = 1e11
_LATEST = 253_402_300_799
_TRUE = frozenset({"true", "t", "1", "1.0", "yes"})
_FALSE = frozenset({"false", "f", "0", "0.0", "no"})
_OUTCOME_OF_PRICE = {0.0: "p1", 1.0: "p2", 0.5: "p3"}
# A soft label between these is contested: neither right nor wrong.
_CONTESTED = (0.2, 0.8)


def number(text: str | None) -> float | None:
    """A finite number."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def amount(text: str | None) -> float | None:
    """A number not below zero."""
    value = number(text)
    return None if value is None or value < 0 else value


def price(text: str | None) -> float | None:
    """A number in 0..1."""
    value = number(text)
    return value if value is not None and 0 <= value <= 1 else None


def truth(text: str | None) -> bool | None:
    """A boolean, however written."""
    if text is None:
        return None
    word = text.strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def soft_truth(text: str | None) -> bool | None:
    """An adjudicated label, hard or soft; a contested one is None."""
    hard = truth(text)
    value = price(text)
    if hard is not None or value is None:
        return hard
    return None if _CONTESTED[0] < value < _CONTESTED[1] else value >= _CONTESTED[1]


def instant(text: str | None) -> datetime | None:
    """Unix seconds or milliseconds, or an ISO instant (without a zone: UTC)."""
    value = number(text)
    if value is not None:
        seconds = value / 1000 if abs(value) > _MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LATEST else None
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def outcome(word: str | None, value: str | None) -> str | None:
    """The proposed answer: its word ("p1"…"p4"), else from its price."""
    if word is not None and word.strip().casefold() in {"p1", "p2", "p3", "p4"}:
        return word.strip().casefold()
    found = price(value)
    return None if found is None else _OUTCOME_OF_PRICE.get(found)
