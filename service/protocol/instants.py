"""The first instant anything can be asked about."""

from datetime import UTC, datetime

# Rounds of the vote count from here, and every look back from it is still in the calendar.
FIRST_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
