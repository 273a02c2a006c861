"""The shapes of ``/v1/base-rates``."""

from datetime import datetime

from pydantic import Field

from models.enums import Support
from models.rate_enums import (
    RateMeasure,
    RateMethod,
    RateStatus,
    RateStratum,
    RateTarget,
    RateWeight,
)
from service.api.schemas import Paged
from service.api.shape import Shape


class Wilson(Shape):
    """Wilson's 95 % interval of a plain count."""

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class BaseRateLine(Shape):
    """How often something happened in one set of finished questions, or why that is not said."""

    target: RateTarget = Field(description="What happened; a flip is no misresolution.")
    weight: RateWeight = Field(
        description="What a question counts for; money is as of its first proposal."
    )
    stratum: RateStratum = Field(description="By what the questions were chosen.")
    name: str = Field(description="Which one of the stratum.", examples=["sports", "2026-02"])
    measure: RateMeasure = Field(description="`odds_ratio` compares; it is no probability.")
    status: RateStatus
    estimate: float | None = Field(ge=0, description="Null where it is not told: see `reason`.")
    p05: float | None = Field(ge=0, description="5 % point; null where only a bound is known.")
    p95: float | None = Field(ge=0, description="95 % point; without an estimate a bound.")
    method: RateMethod = Field(description="How the interval was made.")
    wilson95: Wilson | None
    questions: int = Field(description="Finished questions counted.")
    missing: int = Field(description="Left out, because the weight of them is not known.")
    positives: float
    clusters: int = Field(description="Groups of markets among them.")
    n_eff: float = Field(description="Independent, equal questions that would say as much.")
    design_effect: float | None
    largest_share: float | None = Field(
        description="The largest positive's share of all positive weight."
    )
    standard_error: float | None = Field(description="Linearised, by clusters.")
    reason: str | None
    support: Support
    as_of: datetime = Field(description="Nothing known later entered.")
    code_version: str
    query: str = Field(description="SQL that counts the row again on the database it came from.")


class BaseRateList(Paged[BaseRateLine]):
    """Base rates as last counted."""
