"""What can go wrong, by name. A message says what happened, to which key, and what to do."""


class SettlewatchError(Exception):
    """Every error this project raises on purpose."""


class UsageError(SettlewatchError):
    """Bad usage or bad input: the command ends with exit code 2 and this one line."""


class SchemaMismatch(UsageError):
    """The database's schema is not the one this version works with."""


class SourceError(SettlewatchError):
    """A source of facts did not answer as it should; the source degrades, nothing else."""

    def __init__(
        self, source: str, reason: str, *, retry_after_seconds: float | None = None
    ) -> None:
        """Name the source and the reason; ``retry_after_seconds`` where the source asked for it."""
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class TransientSourceError(SourceError):
    """A failure that may pass by itself: time-out, 429, 5xx, a broken connection."""


class RangeTooWide(SourceError):
    """The node refused the block range as too large; the reader halves its window."""


class SourcePaused(SourceError):
    """The source's circuit is open: no request was sent."""
