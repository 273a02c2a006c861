"""One circuit per source: after some failures in a row the source is left alone for a while."""

import random
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.enums import SourceState
from service.clock import Clock
from service.errors import SourcePaused
from service.protocol.sources import SourceHealth


@dataclass(frozen=True, slots=True)
class CircuitPolicy:
    """When a circuit opens and how long it stays open (doubling, with jitter)."""

    failures_to_open: int = 5
    first_pause_seconds: float = 15.0
    longest_pause_seconds: float = 900.0
    # A pause is stretched by up to this share, so that restarted services do not ask in step.
    jitter: float = 0.25


class Circuit:
    """Counts one source's failures and refuses requests while it is open; thread-safe."""

    def __init__(
        self, source: str, clock: Clock, policy: CircuitPolicy, spread: random.Random
    ) -> None:
        """Start closed, with nothing known of the source."""
        self._clock = clock
        self._policy = policy
        self._spread = spread
        self._lock = threading.Lock()
        self._health = SourceHealth(source, SourceState.UNKNOWN)
        self._pauses = 0

    def sibling(self, source: str) -> "Circuit":
        """A new circuit for another source, with the same clock and policy."""
        return Circuit(source, self._clock, self._policy, self._spread)

    @property
    def health(self) -> SourceHealth:
        """What is known of the source at this moment."""
        return self._health

    @property
    def is_open(self) -> bool:
        """Whether requests are refused, but for a probe after each pause."""
        return self._health.retry_at is not None

    def admit(self) -> None:
        """Let a request through, or raise :class:`SourcePaused`.

        After the pause one request goes through as a probe. The pause is renewed at once, so that
        two probes never run together and one that never reports back cannot hold the circuit.
        """
        with self._lock:
            retry_at = self._health.retry_at
            if retry_at is None:
                return
            now = self._clock.now()
            if now < retry_at:
                raise self._paused(retry_at, now)
            self._health = replace(self._health, retry_at=now + self._pause())

    def succeeded(self) -> None:
        """The source answered: close the circuit."""
        with self._lock:
            now = self._clock.now()
            self._pauses = 0
            self._health = replace(
                self._health,
                state=SourceState.OK,
                since=self._since(SourceState.OK, now),
                reason=None,
                last_success_at=now,
                failures_in_a_row=0,
                retry_at=None,
            )

    def failed(self, reason: str, *, pause_seconds: float | None = None) -> None:
        """The source failed; ``pause_seconds`` where it asked to be left alone that long."""
        with self._lock:
            now = self._clock.now()
            failures = self._health.failures_in_a_row + 1
            retry_at = self._health.retry_at
            if retry_at or pause_seconds or failures >= self._policy.failures_to_open:
                asked = min(pause_seconds or 0, self._policy.longest_pause_seconds)
                retry_at = now + max(self._pause(), timedelta(seconds=asked))
                self._pauses += 1
            state = SourceState.DEGRADED if retry_at is None else SourceState.DOWN
            self._health = replace(
                self._health,
                state=state,
                since=self._since(state, now),
                reason=reason,
                last_failure_at=now,
                failures_in_a_row=failures,
                retry_at=retry_at,
            )

    def _since(self, state: SourceState, now: datetime) -> datetime:
        return self._health.since or now if state is self._health.state else now

    def _pause(self) -> timedelta:
        doubled = self._policy.first_pause_seconds * 2 ** min(self._pauses, 32)
        stretch = 1 + self._policy.jitter * self._spread.random()
        return timedelta(seconds=min(doubled, self._policy.longest_pause_seconds) * stretch)

    def _paused(self, retry_at: datetime, now: datetime) -> SourcePaused:
        health = self._health
        reason = (
            f"paused until {retry_at.isoformat(timespec='seconds')} "
            f"after {health.failures_in_a_row} failures in a row ({health.reason})"
        )
        wait = (retry_at - now).total_seconds()
        return SourcePaused(health.name, reason, retry_after_seconds=wait)
