"""What every part of a case file shares: no unknown keys, and a stated origin."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

# The reconstructed chain makes a block a minute (Polygon: every two seconds), so that a reader of
# its whole length has little to read; instants must lie on that grid.
SECONDS_PER_BLOCK = 60


def _on_the_grid(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = "needs a time zone, for example 2025-03-22T23:10:00Z"
        raise ValueError(message)
    if at.microsecond or at.second:
        message = (
            f"must be a whole minute: the reconstruction has a block every {SECONDS_PER_BLOCK} s"
        )
        raise ValueError(message)
    return at.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_on_the_grid)]


class Part(BaseModel):
    """A part of a case file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stated(Part):
    """A statement with its origin: the key of a published source, or why it is invented."""

    source: str | None = None
    invented: str | None = None

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if bool(self.source) == bool(self.invented):
            message = "needs exactly one of 'source' (a key of [sources]) and 'invented' (why)"
            raise ValueError(message)
        return self
