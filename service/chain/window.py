"""How many blocks to ask for at once: learned from what the node refuses and how dense logs are."""

from dataclasses import dataclass

# Ranges answered at the widest allowed before a wider one is tried: after a refusal, and after a
# wider one was answered.
_AFTER_REFUSAL = 50
_AFTER_SUCCESS = 2


@dataclass(slots=True)
class Window:
    """The size of the next range; kept from run to run, so that limits are learned once."""

    size: int = 500
    largest: int = 10_000
    # A window is sized to return about this many logs.
    comfortable_logs: int = 2_000
    # More than this are not held in memory: the range is split.
    most_logs: int = 20_000
    # The widest range worth asking for since the last refusal.
    ceiling: int = 10_000
    _answered_at_ceiling: int = 0
    _patience: int = _AFTER_SUCCESS

    def halve(self) -> None:
        """The node refused, or it was too much: ask for half, and grow no more as wide as that."""
        self.ceiling = max(1, self.size * 3 // 4)
        self.size = max(1, self.size // 2)
        self._answered_at_ceiling = 0
        self._patience = _AFTER_REFUSAL

    def grow(self, blocks: int, logs: int) -> None:
        """The node answered: size the next range by how dense the logs were.

        Never more than twice as wide at once; a busy stretch narrows the window at once.
        """
        fitting = self.comfortable_logs * blocks // logs if logs else self.largest
        if blocks >= self.size:
            self.size = max(1, min(self.size * 2, fitting, self.ceiling, self.largest))
        elif fitting < self.size:
            self.size = max(1, fitting)
        if self.size == self.ceiling < self.largest:
            self._answered_at_ceiling += 1
            if self._answered_at_ceiling >= self._patience:
                # Limits change, and a dense stretch ends.
                self.ceiling = min(self.largest, self.ceiling * 4 // 3 + 1)
                self._answered_at_ceiling = 0
                self._patience = _AFTER_SUCCESS
