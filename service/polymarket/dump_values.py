"""The simple transforms of a dump's values, each named as a mapping file names it. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from service.polymarket.scalars import MICRO, to_time

_YEAR_9999 = 253_402_300_799


class Kind(StrEnum):
    """What kind of value a field takes."""

    TEXT = "text"
    LIST = "list"
    TIME = "time"
    MONEY = "amount"
    NUMBER = "number"
    FLAG = "flag"

    @property
    def transforms(self) -> tuple[str, ...]:
        """The transforms that make one, the usual first."""
        return tuple(name for name, made in TRANSFORMS.items() if made.kind is self)

    @property
    def usual(self) -> str:
        """The transform where a map names none."""
        return self.transforms[0]

    def takes(self, value: object) -> bool:
        """Whether a map may give this as a constant."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        match self:
            case Kind.LIST:
                return isinstance(value, list) and all(isinstance(part, str) for part in value)
            case Kind.FLAG:
                return isinstance(value, bool)
            case Kind.MONEY | Kind.NUMBER:
                return is_number
            case Kind.TIME:
                return isinstance(value, datetime) or (isinstance(value, str) and _is_time(value))
            case Kind.TEXT:
                return isinstance(value, str)


@dataclass(frozen=True, slots=True)
class Transform:
    """A way to read a value; ``ValueError`` says why it cannot."""

    kind: Kind
    read: Callable[[Any], Any]


def to_instant(text: str) -> datetime:
    """An instant from what a transform of times made."""
    at = to_time(text)
    if at is None:
        message = "no time"
        raise ValueError(message)
    return at


def _is_time(text: str) -> bool:
    try:
        return to_time(text) is not None
    except ValueError:
        return False


def _text(value: object) -> object:
    return value if isinstance(value, str) else str(value)


def _plain(value: object) -> object:
    return value


def _iso(value: object) -> object:
    if isinstance(value, datetime):
        at = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return at.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return (
        None if isinstance(value, str) and not value.strip() else to_instant(str(value)).isoformat()
    )


def _epoch(divisor: int) -> Callable[[object], object]:
    def read(value: object) -> object:
        if isinstance(value, str) and not value.strip():
            return None
        try:
            seconds = Decimal(str(value).strip()) / divisor
        # Of a number too large as of what is none.
        except ArithmeticError as error:
            message = f"not an epoch: {str(value)[:40]!r}"
            raise ValueError(message) from error
        if not seconds.is_finite() or not 0 <= seconds <= _YEAR_9999:
            unit = "seconds" if divisor == 1 else "milliseconds"
            message = f"not an epoch of {unit}: {str(value)[:40]}"
            raise ValueError(message)
        whole = int(seconds)
        rest = int((seconds - whole) * 10**6)
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest).isoformat()

    return read


def _list(value: object) -> object:
    """A list as the file holds it, or as JSON text."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            message = f"not a JSON list: {str(value)[:40]!r}"
            raise ValueError(message) from error
    if value is None:
        return None
    if not isinstance(value, Sequence) or isinstance(value, bytes | str):
        message = f"not a list: {str(value)[:40]!r}"
        raise ValueError(message)  # noqa: TRY004  # one error type for every value
    return list(value)


def _commas(value: object) -> object:
    return [part.strip() for part in str(value).split(",") if part.strip()]


def _micro(value: object) -> object:
    try:
        return Decimal(str(value).strip()).scaleb(-MICRO)
    except ArithmeticError as error:
        message = f"not an amount: {str(value)[:40]!r}"
        raise ValueError(message) from error


# By the names a map uses; of each kind the usual first.
TRANSFORMS: Mapping[str, Transform] = {
    "text": Transform(Kind.TEXT, _text),
    "json-list": Transform(Kind.LIST, _list),
    "csv-list": Transform(Kind.LIST, _commas),
    "iso": Transform(Kind.TIME, _iso),
    "epoch-s": Transform(Kind.TIME, _epoch(1)),
    "epoch-ms": Transform(Kind.TIME, _epoch(1_000)),
    "usd": Transform(Kind.MONEY, _plain),
    "micro-usd": Transform(Kind.MONEY, _micro),
    "number": Transform(Kind.NUMBER, _plain),
    "flag": Transform(Kind.FLAG, _plain),
}
