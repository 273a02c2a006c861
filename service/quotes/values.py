"""Single values as public price APIs send them: numbers or their text, times. Pure.

Each function raises ``ValueError`` with a reason fit to be shown.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

# Beyond these a figure is no price or volume in USD; far within what the columns hold.
MOST_USD = Decimal("1e15")
LEAST_USD = Decimal("1e-12")
# What a price is stored with.
STEP = Decimal("1e-18")
# Clocks differ; a time further ahead of ours would never grow stale.
MOST_AHEAD = timedelta(minutes=2)


def member(record: object, name: str) -> object:
    """A field of an object; ``None`` where it is absent."""
    if not isinstance(record, Mapping):
        message = f"{name}: the answer is no object"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    return record.get(name)


def to_number(value: object, name: str) -> Decimal | None:
    """A finite number sent as a number or as its text; ``None`` where absent, null or blank."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        message = f"{name} is no number"
        raise ValueError(message)  # noqa: TRY004  # one error type for every wrong shape
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        message = f"{name} is no number: {str(value)[:40]!r}"
        raise ValueError(message) from error
    if not number.is_finite():
        message = f"{name} is not finite: {str(value)[:40]!r}"
        raise ValueError(message)
    return number


def to_price(value: object, name: str) -> Decimal:
    """A price in USD: present, above zero, of a size a price can have."""
    number = to_number(value, name)
    if number is None:
        message = f"{name} is missing"
        raise ValueError(message)
    if not LEAST_USD <= number <= MOST_USD:
        message = f"{name} is no price: {str(value)[:40]}"
        raise ValueError(message)
    return number.quantize(STEP, context=Context(prec=50))


def to_volume(value: object, name: str) -> Decimal | None:
    """Traded volume; a zero is the sources' way to say that they do not know."""
    number = to_number(value, name)
    if number is None or number == 0:
        return None
    if not 0 < number <= MOST_USD:
        message = f"{name} is no volume: {str(value)[:40]}"
        raise ValueError(message)
    return number


def to_instant(value: object, name: str, now: datetime) -> datetime:
    """An instant in UTC from RFC 3339 or whole seconds since 1970, not ahead of ``now``."""
    try:
        at = _parse(value)
    except (ValueError, OverflowError, OSError) as error:
        message = f"{name} is no time: {str(value)[:40]!r}"
        raise ValueError(message) from error
    if at > now + MOST_AHEAD:
        message = f"{name} lies ahead of our clock: {at.isoformat()}"
        raise ValueError(message)
    return at


def _parse(value: object) -> datetime:
    if isinstance(value, str):
        at = datetime.fromisoformat(value.strip())
        if at.tzinfo is None:
            raise ValueError(value)
        return at.astimezone(UTC)
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or value <= 0:
        raise ValueError(value)
    return datetime.fromtimestamp(int(value), UTC)
