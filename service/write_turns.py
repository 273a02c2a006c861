"""Who may write next to an SQLite file, in the order they asked.

SQLite has one writer, and whoever waits for it asks again every tenth of a second. A job that
writes batch after batch takes the lock back before any of them asks, for as long as it has work.
Within one process the writers therefore queue here first; what is left to SQLite's own waiting are
other processes. docs/adr/0002-synchronous.md.
"""

import threading
from collections import deque

# A turn that nobody gave back (a thread killed half-way) must not stop the rest for ever.
LONGEST_WAIT_SECONDS = 120.0


class WriteTurns:
    """A lock that is handed to whoever waited longest; thread-safe."""

    def __init__(self, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        """Start with nobody writing."""
        self._longest_wait = longest_wait_seconds
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def take(self) -> bool:
        """Wait for one's turn; ``False`` where it did not come in time, and nothing was taken."""
        # Made before the lock: making one may collect garbage, and that may give a turn back.
        turn = threading.Event()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            self._waiting.append(turn)
        if turn.wait(self._longest_wait):
            return True
        with self._lock:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def give_back(self) -> None:
        """End one's turn: whoever waited longest is next."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
