"""The simulator's calendar: rounds of the vote, and instants as unix seconds."""

from datetime import UTC, datetime

from service.protocol.rounds import ROUND_SECONDS

# 2 October 2026, the first second of a round: after the managed oracle's last known change.
FIRST_ROUND = 10_364
STARTS_AT = FIRST_ROUND * ROUND_SECONDS
DAY = 86_400
WEEK = 7 * DAY
HOUR = 3_600
MINUTE = 60


def instant(at: int) -> datetime:
    """Unix seconds as an aware time."""
    return datetime.fromtimestamp(at, UTC)
