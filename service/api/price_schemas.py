"""The shapes of prices from outside Polymarket."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from models.enums import Support
from models.price_enums import Venue, VolumeScope
from service.api.shape import Shape

State = Annotated[
    Literal["present", "missing"], Field(description="A missing price is null, never 0.")
]
Usd = Annotated[
    str,
    Field(
        pattern=r"^\d+(\.\d+)?$",
        description="USD as a decimal string, as many digits as the source gave.",
        examples=["1.2345"],
    ),
]


class SourcePriceLine(Shape):
    """What one source last said."""

    source: str
    price_usd: Usd
    volume_24h_usd: Usd | None
    volume_scope: VolumeScope
    observed_at: datetime = Field(description="The source's own time of the price.")
    known_at: datetime
    age_seconds: int
    is_stale: bool = Field(description="Too old, so shown and not used.")


class AssetPriceLine(Shape):
    """An asset in USD: the median of fresh sources, with their spread."""

    asset: str
    state: State
    reason: str | None = Field(description="Why it is missing.")
    price_usd: Usd | None
    low_usd: Usd | None
    high_usd: Usd | None
    sources_used: int | None
    disagrees: bool | None = Field(description="The sources used are more than 10 % apart.")
    observed_at: datetime | None = Field(description="The oldest time among the prices used.")
    age_seconds: int | None
    volume_24h_usd: Usd | None
    volume_scope: VolumeScope | None = Field(
        description="`venue`: one venue's trades alone, a lower bound."
    )
    sources: list[SourcePriceLine]


class SiblingQuoteLine(Shape):
    """What another venue quotes for one of the market's outcomes."""

    venue: Venue
    reference: str = Field(description="What the venue calls its market.")
    outcome_index: int = Field(description="Which of our outcomes the prices are of.")
    status: str = Field(description="The venue's own word.")
    bid: Usd | None
    ask: Usd | None
    price: Usd | None = Field(description="Half-way; null unless both sides are quoted.")
    observed_at: datetime | None = Field(description="Null where the venue gives no time.")
    known_at: datetime
    age_seconds: int
    is_stale: bool
    link: str


class SiblingPrices(Shape):
    """The same question on other venues; no score reads it (its likelihood ratio is 1)."""

    state: State
    reason: str | None
    support: Support
    likelihood_ratio: int
    quotes: list[SiblingQuoteLine]
