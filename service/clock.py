"""The only place that reads the wall clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; tests and the demo bring their own."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it was put (demo, replays, tests)."""

    def __init__(self, at: datetime) -> None:
        """Start at ``at``, which must be aware."""
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The instant the clock was put to."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move to another instant."""
        self._at = at.astimezone(UTC)

    def advance(self, span: timedelta) -> None:
        """Move forward."""
        self._at += span


def stopwatch() -> Callable[[], float]:
    """Start measuring; the returned function gives the seconds since."""
    started = time.perf_counter()
    return lambda: time.perf_counter() - started
