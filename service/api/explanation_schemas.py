"""The explanation of a score as OpenAPI describes it; ``risk.explain.explanation`` writes it."""

from datetime import datetime

from pydantic import Field

from models.enums import Support
from service.api.document_schema import (
    ChainState,
    Components,
    DriverDocument,
    FreshnessDocument,
    MoneyDocument,
    Part,
)
from service.api.schemas import Interval, IntervalWithMedian, Usdc


class ExplainedDriver(DriverDocument):
    """A driver with its sentence; ``base_rate``, from which the others start, comes first."""

    words: str


class MovedPart(Part):
    """One changed input; the parts add up to the change."""

    feature: str
    words: str
    before: str
    after: str
    contribution_p: float
    contribution_logit: float
    contribution_loss_usdc: Usdc | None
    share: float | None = Field(description="Of the change in p; null where it is zero.")


class MovementDocument(Part):
    """What led from one stored score to the next, input by input in a fixed order."""

    since: datetime
    until: datetime
    p_before: float
    p_before_interval: Interval | None
    p_after: float
    p_after_interval: Interval | None
    change_p: float
    change_logit: float
    items: list[MovedPart]
    without_effect: list[str]


class WhatIfAnswer(Part):
    """The score with one input replaced, or the reason why the question makes no sense."""

    question: str
    input: str
    words: str
    p_misresolved: IntervalWithMedian | None
    change_p: float | None
    change_logit: float | None
    expected_loss_usdc: Usdc | None
    refused: str | None


class ExplanationDocument(Part):
    """Why a market's score is what it is."""

    schema_version: int
    title: str
    market_id: str
    as_of: datetime
    model_version: str
    priors_version: str
    chain_state: ChainState
    p_misresolved: IntervalWithMedian
    components: Components
    money: MoneyDocument
    support: Support
    freshness: FreshnessDocument
    warnings: list[str]
    drivers: list[ExplainedDriver]
    movement: MovementDocument | None
    movement_note: str | None
    p_today: IntervalWithMedian = Field(
        description="The same inputs under today's model and cells: what the questions start from."
    )
    what_if: list[WhatIfAnswer]
    notes: list[str]
    notice: str | None
