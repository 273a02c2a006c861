"""When a failed delivery is tried again. Pure."""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
# After this an alert is old news: it stays readable here, but nobody is called any more.
GIVE_UP_AFTER = timedelta(hours=24)
# How long a taken delivery stays its taker's: longer than any delivery, so that a second worker
# does not send it as well, and one whose worker died is soon sent by another.
LEASE = timedelta(minutes=2)

# Past this doubling the pause is the longest anyway; it keeps the shift small.
_DOUBLINGS = 10


def next_attempt_at(attempts: int, now: datetime) -> datetime:
    """When to try again after ``attempts`` failures: twice as long each time, at most an hour."""
    doublings = min(max(attempts - 1, 0), _DOUBLINGS)
    return now + min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))
