"""The shapes of answers, for OpenAPI and for the tests; routes write them directly."""

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, Field

from models.enums import (
    Category,
    MarketState,
    OracleVersion,
    Outcome,
    Remedy,
    RequestState,
    SourceState,
    Support,
)
from models.lifecycle_enums import ResolutionKind, StuckReason
from service.api.plan_schemas import LimitLine, StretchLine
from service.api.price_schemas import AssetPriceLine, SiblingPrices
from service.api.shape import Shape
from service.api.signal_schemas import SignalFigures

Usdc = Annotated[
    str,
    Field(
        pattern=r"^-?\d+\.\d{6}$",
        description="USDC as a decimal string.",
        examples=["400000.000000"],
    ),
]
Hex32 = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$", examples=["0x" + "5f" * 32])]
Account = Annotated[
    str,
    Field(pattern=r"^0x[0-9a-fA-F]{40}$", description="EIP-55 checksummed."),
]
RawPrice = Annotated[
    str, Field(pattern=r"^-?\d+$", description="The oracle's raw int256, scaled by 1e18.")
]
Item = TypeVar("Item", bound=BaseModel)


class Paged(Shape, Generic[Item]):
    """One page of a list."""

    data: list[Item]
    next_cursor: str | None = Field(
        description="Pass as `cursor` for the next page; null at the end."
    )
    notice: str | None = Field(description="What to know of all data here; null when it is live.")


class Interval(Shape):
    """A probability with its 90 % interval."""

    mean: float = Field(ge=0, le=1, examples=[0.000023])
    p05: float = Field(ge=0, le=1, examples=[0.0000055])
    p95: float = Field(ge=0, le=1, examples=[0.000056])


class IntervalWithMedian(Interval):
    """A probability with its 90 % interval and its median."""

    p50: float | None = Field(ge=0, le=1)


class MarketLine(Shape):
    """One market's current line."""

    ref: Hex32 = Field(description="The condition id.")
    slug: str | None
    title: str
    group_title: str | None
    state: MarketState
    category: Category
    p: Interval = Field(description="Probability that the market is paid out wrong.")
    open_interest_usdc: Usdc | None = Field(description="Collateral locked; null if unknown.")
    expected_loss_usdc: Usdc | None = Field(
        description="Sum over all paths of probability x open interest x payout gap."
    )
    support: Support = Field(description="What the probability rests on.")
    remedy: Remedy
    challenge_open: bool
    challenge_ends_at: datetime | None = Field(
        description="A dispute is surely possible until then."
    )
    as_of: datetime
    model_version: str


class MarketList(Paged[MarketLine]):
    """A page of markets."""


class Group(Shape):
    """Polymarket's "event" a market belongs to."""

    gamma_id: str
    slug: str | None
    title: str
    neg_risk_market_id: Hex32 | None


class Rules(Shape):
    """The market's rules as last seen."""

    version: int
    text_sha256: Hex32
    known_at: datetime


class OutcomeToken(Shape):
    """One side of a market."""

    label: str
    token_id: str | None


class UrlLine(Shape):
    """One of a chain's URLs, named by its number in the operator's list."""

    number: int
    state: SourceState
    reason: str | None
    head: int | None = Field(description="The newest final block it told of.")
    lag_blocks: int | None = Field(description="How far that is behind the best of all URLs.")
    latency_ms: int | None = Field(description="The mean time of an answer.")
    failures_in_a_row: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    retry_at: datetime | None


class SourceLine(Shape):
    """The health of one source of facts."""

    name: str
    state: SourceState
    since: datetime
    reason: str | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    failures_in_a_row: int
    retry_at: datetime | None
    counts: dict[str, int] = Field(
        description="What went wrong so far, by kind (chains, the stream)."
    )
    urls: list[UrlLine] = Field(description="A chain's URLs, by number.")


class JobLine(Shape):
    """The last run of one job."""

    job: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    error: str | None


class CatalogueLine(Shape):
    """How many records of a kind Polymarket's lists showed, stored ones or not."""

    day: date = Field(description="The newest whole day or part of one (UTC) with a sweep.")
    name: str = Field(description="Such as micro_markets: settled by a price feed, not scored.")
    records: int = Field(description="The most that one whole sweep of the day showed.")
    updated_at: datetime


class SourceList(Paged[SourceLine]):
    """All sources, and the jobs that read them."""

    jobs: list[JobLine]
    prices: list[AssetPriceLine] = Field(description="Prices from outside Polymarket.")
    limits: list[LimitLine] = Field(description="Published request limits and how they are used.")
    stretched: list[StretchLine] = Field(description="Reads that come later than they should.")
    catalogue: list[CatalogueLine] = Field(description="What the lists showed, left out or not.")


class MarketLinks(Shape):
    """Where to read on."""

    assessment: str
    assessments: str
    timeline: str
    votes: str
    rules: str
    page: str
    polymarket: str | None


class Resolution(Shape):
    """A question by the chain's facts; what only time decides (an expiry) is left out."""

    partial: bool = Field(description="Entered before indexing began: earlier events are unknown.")
    disputes: int
    self_disputes: int = Field(description="Disputes from the proposer's own address.")
    resets: int
    operative_request_timestamp: int | None = Field(description="The request that pays out.")
    operative_state: RequestState | None
    operative_proposer: Account | None
    operative_disputer: Account | None
    operative_proposed_price: RawPrice | None
    operative_settled_price: RawPrice | None
    first_proposer: Account | None
    first_disputer: Account | None
    first_proposed_price: RawPrice | None
    resolution: ResolutionKind | None = Field(description="What made the outcome.")
    override_layer: str | None = Field(description="Where the outcome was set by hand, if it was.")
    stuck: StuckReason | None = Field(description="Why it cannot be paid by ordinary means.")
    outcome: Outcome | None
    pays_first_proposal: bool | None
    earlier_vote_contradicts: bool | None = Field(
        description="The vote on a superseded request answered another outcome than was paid."
    )
    resolved_at: datetime | None
    paid_at: datetime | None


class MarketDetail(Shape):
    """Everything current about one market."""

    ref: Hex32
    slug: str | None
    gamma_id: str | None
    title: str
    group: Group | None
    category: Category
    tags: list[str]
    state: MarketState | None = Field(description="Null before the first assessment.")
    p: IntervalWithMedian | None
    open_interest_usdc: Usdc | None
    expected_loss_usdc: Usdc | None
    support: Support | None
    remedy: Remedy | None
    challenge_open: bool | None
    challenge_ends_at: datetime | None
    as_of: datetime | None
    model_version: str | None
    missing: list[str] = Field(description="What is not there, and why.")
    rules: Rules | None
    outcomes: list[OutcomeToken]
    adapter: Account | None
    question_id: Hex32 | None
    uma_question_id: Hex32 | None = Field(description="The id the UMA adapter knows.")
    neg_risk: bool | None
    closed: bool
    end_at: datetime | None
    closed_at: datetime | None
    known_at: datetime
    refreshed_at: datetime
    assessment: dict[str, object] | None = Field(description="The latest assessment document.")
    resolution: Resolution | None = Field(
        description="How the question went by the chain; null where no log of it is stored."
    )
    sibling_prices: SiblingPrices
    sources: list[SourceLine]
    links: MarketLinks
    notice: str | None


class AssessmentLine(Shape):
    """One assessment of the history."""

    id: int
    as_of: datetime
    state: MarketState
    p: Interval
    expected_loss_usdc: Usdc | None
    support: Support
    model_version: str
    priors_version: str
    inputs_sha256: Hex32


class AssessmentList(Paged[AssessmentLine]):
    """A page of a market's assessments."""


class TimelineLine(Shape):
    """One thing that happened to a market."""

    at: datetime
    known_at: datetime = Field(description="From when on a score could read it.")
    kind: str
    sentence: str
    source: str
    chain_id: int | None
    transaction: Hex32 | None
    log_index: int | None
    link: str | None = Field(description="The transaction in a public explorer.")
    details: dict[str, str | int | bool | list[str] | None]
    provisional: bool = Field(
        description="From a block that is not final: it may be taken back, and no score reads it."
    )


class Timeline(Paged[TimelineLine]):
    """A page of a market's timeline."""


class ProposalLine(Shape):
    """A proposed answer that can still be disputed."""

    title: str
    market: MarketLine | None = Field(description="Null for a market the catalogue has not shown.")
    source: str = Field(examples=["chain", "feed"])
    proposed_outcome: Outcome | None = Field(description="Null for a price no outcome has.")
    proposed_price: RawPrice | None
    proposer: Account | None
    proposed_at: datetime | None
    challenge_ends_at: datetime | None
    past_window: bool = Field(
        description="Past its minimum window and, on the managed oracle, open until settled."
    )
    oracle_version: OracleVersion | None
    oracle: Account | None
    requester: Account | None
    request_timestamp: int | None
    ancillary_hash: Hex32 | None
    chain_id: int | None
    transaction: Hex32 | None
    link: str | None
    signals: SignalFigures | None = Field(
        description="What the market says of it; null while it was not held against its market."
    )


class ProposalList(Paged[ProposalLine]):
    """A page of the challenge-window queue."""


class Health(Shape):
    """The process runs."""

    status: str = Field(examples=["ok"])
    version: str


class Check(Shape):
    """One condition of readiness."""

    state: str = Field(examples=["ok", "failed"])
    reason: str | None


class Readiness(Shape):
    """Whether answers can be given, and how fresh they can be."""

    status: str = Field(examples=["ready", "degraded", "unavailable"])
    version: str
    database: Check
    database_schema: Check
    sources: list[SourceLine]


class ParameterError(Shape):
    """What is wrong with one parameter."""

    parameter: str
    reason: str


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    reference: str | None = Field(default=None, description="404: the reference, echoed.")
    errors: list[ParameterError] | None = Field(default=None, description="422: by parameter.")
