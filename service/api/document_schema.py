"""The stored assessment document, as OpenAPI describes it; ``service.risk`` writes it."""

from pydantic import BaseModel, ConfigDict, Field

from models.enums import MarketState, OracleVersion, Support
from service.api.schemas import Interval, IntervalWithMedian, Usdc


class Part(BaseModel):
    """A part of the document; fields are added over time, never renamed."""

    model_config = ConfigDict(extra="allow")


class ChainState(Part):
    """Where the oracle stands."""

    state: MarketState
    request_ts: int | None
    proposed_value: str | None
    round_id: int | None
    roll_count: int | None
    # Missing in documents of releases before it.
    vote_phase: str | None = None
    liveness_end: str | None
    settled_by: str | None = None
    disputable_after_expiry: bool | None = None


class Components(Part):
    """The ways to a wrong payout; they add up to the mean."""

    undisputed: float
    second_undisputed: float
    vote_honest: float
    vote_attack: float
    deleted_admin: float
    source_corrupted: float = 0.0
    override: float = Field(le=0)
    wrong_override: float


class DriverDocument(Part):
    """One reason; the logits add up to logit(mean) - logit(mean of the cell)."""

    feature: str
    value: str | float | None
    unit: str
    contribution_logit: float
    contribution_p: float
    evidence: list[str]


class MoneyDocument(Part):
    """What hangs on the market."""

    open_interest_usdc: Usdc | None
    volume_usdc: Usdc | None
    expected_loss_usdc: Usdc | None
    p95_loss_usdc: Usdc | None
    source: str
    reason: str | None = None


class FreshnessDocument(Part):
    """How old the inputs were, in seconds, and which were missing."""

    block: int | None
    book_age_s: float | None
    oi_age_s: float | None
    stake_age_s: float | None
    missing: list[str]


class AssessmentDocument(Part):
    """One assessment, whole: what was scored, from what, with which result and why."""

    schema_version: int
    market_id: str
    question_id: str | None
    adapter: str | None
    oracle_version: OracleVersion
    chain_state: ChainState
    as_of: str
    model_version: str
    priors_version: str
    label_track: str
    p_misresolved: Interval | IntervalWithMedian
    p_disputed: float
    answer_distribution: dict[str, float] | None
    truth_belief: dict[str, float | list[str]] | None
    components: Components
    drivers: list[DriverDocument]
    money: MoneyDocument
    support: Support
    freshness: FreshnessDocument
    warnings: list[str]
