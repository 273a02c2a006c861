"""The instant a caller asks about: what was known then."""

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator

from service.api.problems import bad_parameter
from service.clock import Clock
from service.protocol.instants import FIRST_INSTANT


def _dated(value: object) -> object:
    """Refuse the numbers pydantic would take for seconds, or milliseconds, since 1970."""
    if isinstance(value, str) and not _DATED.match(value):
        message = "must be RFC 3339, e.g. 2026-03-01T12:00:00Z"
        raise ValueError(message)
    return value


_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

DATED = BeforeValidator(_dated)
AsOf = Annotated[
    datetime | None,
    DATED,
    Query(description="What was known at this time (RFC 3339 with a zone); now if absent."),
]


def past_instant(as_of: datetime, clock: Clock, name: str = "as_of") -> datetime:
    """The instant in UTC; 422 without a zone, ahead of the clock or before 1970."""
    if as_of.tzinfo is None:
        raise bad_parameter(name, "needs a time zone, e.g. 2026-03-01T12:00:00Z")
    try:
        at = as_of.astimezone(UTC)
    except OverflowError:
        # The first or last day of the calendar, moved out of it by its zone.
        raise bad_parameter(name, "is no instant of the calendar in UTC") from None
    if at < FIRST_INSTANT:
        raise bad_parameter(name, "lies before 1970")
    if at > clock.now():
        raise bad_parameter(name, "lies in the future")
    return at
