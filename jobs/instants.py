"""Times as a command line takes them."""

from datetime import UTC, datetime

from service.errors import UsageError
from service.protocol.instants import FIRST_INSTANT


def parse_instant(option: str, text: str) -> datetime:
    """An instant in UTC: a day is its beginning, and a time without a zone is UTC.

    Raises :class:`UsageError`, in the option's name, for what is no time or lies before 1970.
    """
    try:
        found = datetime.fromisoformat(text)
        at = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{option}: {text!r} is no time. Write 2026-03-01 or 2026-03-01T12:00:00Z."
        raise UsageError(message) from None
    if at < FIRST_INSTANT:
        message = f"{option}: {text} lies before 1970. Give a later time."
        raise UsageError(message)
    return at
