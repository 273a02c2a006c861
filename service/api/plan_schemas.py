"""The shapes of the request limits and of the refresh plan."""

from pydantic import Field

from service.api.shape import Shape


class LimitLine(Shape):
    """One published request limit, what is planned against it and what was sent."""

    name: str
    source: str
    scope: str = Field(description="What the published line covers.")
    published_per_10s: int
    limit_per_10s: int = Field(description="What is sent at most: half of what is published.")
    limit_per_minute: int
    planned_per_minute: float
    measured_per_minute: float = Field(description="Mean of the last ten whole minutes.")
    most_in_a_minute: int = Field(description="The fullest of these minutes.")
    refused: int = Field(description="Answered by 429 in these minutes.")
    overloaded: bool = Field(description="The plan does not fit, however far it is stretched.")


class StretchLine(Shape):
    """Reads that come less often than they should, for want of room."""

    kind: str
    state: str
    band: str = Field(description="How much money hangs on these markets.")
    markets: int
    seconds: float
    base_seconds: float
