"""The shapes of what the market says of a proposal, for OpenAPI and for the tests."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from models.enums import Outcome
from models.signal_enums import AnswerKind
from service.api.shape import Shape
from service.risk.proposals.notifier import PageReason, Unchecked

Number = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", examples=["0.62"])]
SignalUsdc = Annotated[
    str, Field(pattern=r"^-?\d+\.\d{6}$", description="USDC as a decimal string.")
]
SignalPrice = Annotated[
    str, Field(pattern=r"^-?\d+$", description="The oracle's raw int256, scaled by 1e18.")
]
Value = TypeVar("Value")


class Reading(Shape, Generic[Value]):
    """One reading: its value, or why there is none."""

    value: Value | None
    depth_usdc: SignalUsdc | None = Field(description="The money the reading rests on.")
    as_of: datetime | None
    missing: str | None = Field(description="Why there is no value; null with none to be found.")


class AnswerLine(Shape):
    """What was proposed."""

    kind: AnswerKind
    outcome: Outcome | None
    pays: list[Number] | None = Field(description="USD a share of each outcome, if it stands.")


class OrdersLine(Shape):
    """Orders on one side of one outcome's book that contradict the answer."""

    outcome_index: int
    best_price: Number
    levels: int
    shares: Number
    value_usdc: SignalUsdc = Field(description="What they are worth at their own prices.")
    stake_usdc: SignalUsdc = Field(description="What their owners lose if the answer is paid.")


class TradesLine(Shape):
    """Trades since the proposal that contradict it."""

    count: int
    shares: Number
    value_usdc: SignalUsdc
    stake_usdc: SignalUsdc
    largest_stake_usdc: SignalUsdc
    outcome_index: int = Field(description="The outcome most of the stake was traded in.")
    average_price: Number
    first_at: datetime
    last_at: datetime


class RangeLine(Shape):
    """Between which average prices outcome 0 trades for the stated amount."""

    low: Number
    high: Number
    has_low: bool = Field(description="Whether bids hold the whole amount; else the end is 0.")
    has_high: bool = Field(description="Whether offers hold it; else the end is 1.")


class RuleLine(Shape):
    """What counted as contradiction."""

    margin: Number
    dust_below_usdc: SignalUsdc
    executable_size_usdc: SignalUsdc


class BaselineLine(Shape):
    """What the rule of UMA's notifier says on the same facts, if it had told nothing before."""

    unchecked: Unchecked | None = Field(description="Why it would not look at the proposal.")
    reasons: list[PageReason] = Field(description="Why it would page; empty: it would not.")


class ProposalSignalLine(Shape):
    """One market's verdict on the answer proposed for it; docs/methodology.md says how."""

    known_at: datetime
    request_timestamp: int | None
    proposed_price: SignalPrice
    standing_stake_usdc: SignalUsdc | None = Field(
        description="Stake against the answer in the books; null where no book is known."
    )
    traded_stake_usdc: SignalUsdc | None = Field(
        description="Stake traded against it since; null where trades are not read."
    )
    answer: AnswerLine
    offers_against: Reading[OrdersLine]
    bids_against: Reading[OrdersLine]
    trades_against: Reading[TradesLine]
    executable_price: Reading[RangeLine]
    implied_probability: Reading[Number]
    gap: Reading[Number]
    depth_asymmetry: Reading[float]
    price_before: Reading[Number]
    drift_before: Reading[Number]
    notifier_baseline: BaselineLine | None = Field(
        description="Null where only Polymarket's feed tells of the proposal."
    )
    rule: RuleLine


class ProposalSignals(Shape):
    """The newest verdict and its history: a line a change, newest first."""

    latest: ProposalSignalLine | None
    reason: str | None = Field(description="Why there is no verdict.")
    data: list[ProposalSignalLine]
    next_cursor: str | None = Field(
        description="Pass as `cursor` for the next page; null at the end."
    )
    notice: str | None = Field(description="What to know of all data here; null when it is live.")


class SignalFigures(Shape):
    """A verdict in short."""

    known_at: datetime
    standing_stake_usdc: SignalUsdc | None
    traded_stake_usdc: SignalUsdc | None
    gap: Number | None
    implied_probability: Number | None
