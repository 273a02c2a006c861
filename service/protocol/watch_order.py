"""Which live proposal is looked at first, and how often its book is read. Pure.

What can still be stopped, and not for long, comes first. On the managed oracle a proposal stays
disputable past its minimum window until somebody settles it: right after the end that is a matter
of minutes, hours later it is one that somebody holds back.
"""

from datetime import datetime, timedelta

# A book is read so often while its challenge runs, and so often in its last minutes.
PERIOD = timedelta(seconds=60)
FASTEST = timedelta(seconds=30)
LAST_MINUTES = timedelta(minutes=5)
# Windows that end later than this, and those that ended earlier, are in less of a hurry.
FAR = timedelta(hours=2)
FAR_PERIOD = timedelta(seconds=120)
# Where no end is known: as if it were so far away.
UNKNOWN_LEFT = timedelta(minutes=30)


def book_period(challenge_ends_at: datetime | None, now: datetime) -> timedelta:
    """How long a book that was read need not be read again."""
    left = _left(challenge_ends_at, now)
    if abs(left) > FAR:
        return FAR_PERIOD
    return FASTEST if timedelta(0) < left <= LAST_MINUTES else PERIOD


def urgency(
    challenge_ends_at: datetime | None, money: int | None, now: datetime
) -> tuple[int, int]:
    """The place in the order, least first: minutes to or since the end, then the most money.

    ``money`` is micro-USDC; what is unknown may be much, and goes first among equals.
    """
    minutes = abs(_left(challenge_ends_at, now)) // timedelta(minutes=1)
    return (minutes, -(1 << 63) if money is None else -money)


def _left(challenge_ends_at: datetime | None, now: datetime) -> timedelta:
    return UNKNOWN_LEFT if challenge_ends_at is None else challenge_ends_at - now
