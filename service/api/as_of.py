"""The instant a caller asks about: what was known then."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from service.api.problems import bad_parameter
from service.clock import Clock

AsOf = Annotated[
    datetime | None,
    Query(description="What was known at this time (RFC 3339 with a zone); now if absent."),
]


def past_instant(as_of: datetime, clock: Clock) -> datetime:
    """The instant in UTC; 422 without a zone, ahead of the clock or beyond any calendar."""
    if as_of.tzinfo is None:
        raise bad_parameter("as_of", "needs a time zone, e.g. 2026-03-01T12:00:00Z")
    try:
        at = as_of.astimezone(UTC)
    except OverflowError:
        # The first or last day of the calendar, moved out of it by its zone.
        raise bad_parameter("as_of", "is no instant of the calendar in UTC") from None
    if at > clock.now():
        raise bad_parameter("as_of", "lies in the future")
    return at
