"""The shapes of a market's money: open interest, volume, depth, exits, holders, prices."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from service.api.price_schemas import State
from service.api.schemas import Hex32, Usdc
from service.api.shape import Shape

UsdcPrice = Annotated[
    str, Field(pattern=r"^\d+(\.\d+)?$", description="USDC a share.", examples=["0.615"])
]
Shares = Annotated[str, Field(pattern=r"^\d+\.\d{6}$", description="Shares as a decimal string.")]
Reason = Annotated[str | None, Field(description="Why it is missing, or not to be leaned on.")]
Source = Annotated[str | None, Field(description="Which of Polymarket's APIs said so.")]


class Figure(Shape):
    """One amount with its age; a missing one is null, never 0."""

    state: State
    value_usdc: Usdc | None
    as_of: datetime | None = Field(description="When it was read.")
    age_seconds: int | None
    is_stale: bool = Field(description="Too old to lean on.")
    source: Source
    reason: Reason


class VolumeFigures(Shape):
    """Traded volume by window."""

    total: Figure
    last_24h: Figure
    last_week: Figure
    last_month: Figure
    last_year: Figure


class DepthBand(Shape):
    """Executable value within a band of each side's best price."""

    band_usdc: UsdcPrice = Field(description="How far from the best price, USDC a share.")
    bids_usdc: Usdc | None
    asks_usdc: Usdc | None
    is_lower_bound: bool = Field(description="Deeper levels of the book were not kept.")


class ExitLine(Shape):
    """What selling a position into the bids brings."""

    size_usdc: Usdc = Field(description="The position's value at the reference price.")
    state: State
    reason: Reason
    reference: Literal["mid", "best_bid"] | None
    reference_price: UsdcPrice | None
    shares: Shares | None
    filled_usdc: Usdc | None = Field(description="The part that finds buyers, at the reference.")
    unfilled_usdc: Usdc | None = Field(description="The part that finds none.")
    proceeds_usdc: Usdc | None
    cost_usdc: Usdc | None = Field(description="Filled value less proceeds.")
    average_price: UsdcPrice | None
    worst_price: UsdcPrice | None
    is_lower_bound: bool = Field(description="The stored book ends before the position does.")


class OutcomeBookLine(Shape):
    """One outcome's book."""

    outcome_index: int
    label: str
    as_of: datetime
    booked_at: datetime | None = Field(description="The venue's own time of the book.")
    age_seconds: int
    is_stale: bool
    is_mirrored: bool = Field(description="Read off the other outcome's book: the same orders.")
    best_bid: UsdcPrice | None
    best_ask: UsdcPrice | None
    mid: UsdcPrice | None
    depth: list[DepthBand]
    exits: list[ExitLine]


class Books(Shape):
    """Both outcomes' books; they show the same orders, so never add them up."""

    state: State
    reason: Reason
    source: Source
    outcomes: list[OutcomeBookLine]


class BoundsLine(Shape):
    """Between which values a measure lies; equal where all holders are seen."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class HolderLine(Shape):
    """In how few hands one outcome is, of net holdings."""

    outcome_index: int
    label: str
    as_of: datetime
    age_seconds: int
    is_stale: bool
    source: Source
    holders_listed: int
    is_cut: bool = Field(description="More hold it than are listed: measures are bounds.")
    listed_shares: Shares
    top_1: BoundsLine
    top_10: BoundsLine
    herfindahl: BoundsLine
    gini: BoundsLine


class Holders(Shape):
    """Concentration by outcome."""

    state: State
    reason: Reason
    outcomes: list[HolderLine]


class PricePast(Shape):
    """The first outcome's price around the first proposal."""

    state: State
    reason: Reason
    source: Source
    as_of: datetime | None
    from_at: datetime | None
    to_at: datetime | None = Field(description="How far the past was fetched.")
    points: int = Field(description="Changes that were kept.")
    first: UsdcPrice | None
    last: UsdcPrice | None
    lowest: UsdcPrice | None
    highest: UsdcPrice | None
    proposed_at: datetime | None
    before_proposal: UsdcPrice | None = Field(
        description="Median over [-60, -5] minutes before the first proposal."
    )


class MarketLiquidity(Shape):
    """What hangs on a market and how easily it is left."""

    ref: Hex32
    as_of: datetime
    open_interest: Figure
    volume: VolumeFigures
    clob_volume: VolumeFigures
    liquidity_score: Figure
    books: Books
    holders: Holders
    price_history: PricePast
    notice: str | None = Field(description="What to know of all data here; null when it is live.")
