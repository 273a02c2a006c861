"""The shape of a case file: what is known of an incident, from whom, and what is invented.

The schema is explained for authors in ``cases/README.md``; a fault is one line that names the
file and the key.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.enums import Remedy
from service.demo.steps import Propose, Step

SECONDS_PER_BLOCK = 2
OutcomeCount = 2


def _on_the_grid(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = "needs a time zone, for example 2025-03-22T23:10:00Z"
        raise ValueError(message)
    if at.microsecond or at.second % SECONDS_PER_BLOCK:
        message = f"must be a whole, even second: a block comes every {SECONDS_PER_BLOCK} seconds"
        raise ValueError(message)
    return at.astimezone(UTC)


Instant = Annotated[datetime, AfterValidator(_on_the_grid)]


class Part(BaseModel):
    """A part of a case file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
