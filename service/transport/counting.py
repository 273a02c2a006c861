"""Counting what is sent, by bucket and minute."""

import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from service.clock import Clock
from service.protocol.rate_limits import RequestCount


class RequestCounter:
    """Requests since they were last taken; safe to share by threads."""

    def __init__(self, clock: Clock) -> None:
        """Nothing was sent yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: Counter[tuple[str, datetime]] = Counter()
        self._refused: Counter[tuple[str, datetime]] = Counter()

    def sent(self, buckets: Iterable[str]) -> None:
        """One request left that counts towards these."""
        self._add(self._sent, buckets)

    def refused(self, buckets: Iterable[str]) -> None:
        """It was one too many for its source (429)."""
        self._add(self._refused, buckets)

    def take(self) -> tuple[RequestCount, ...]:
        """What was counted, and forget it."""
        with self._lock:
            sent, self._sent = self._sent, Counter()
            refused, self._refused = self._refused, Counter()
        return tuple(
            RequestCount(bucket, minute, sent[bucket, minute], refused[bucket, minute])
            for bucket, minute in sorted(sent.keys() | refused.keys())
        )

    def _add(self, counts: Counter[tuple[str, datetime]], buckets: Iterable[str]) -> None:
        minute = self._clock.now().replace(second=0, microsecond=0)
        with self._lock:
            counts.update((bucket, minute) for bucket in buckets)
