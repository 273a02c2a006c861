"""A what-if of a round, and its answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.enums import Support
from service.api.round_schemas import Counted, MoneyInterval, Part, Uma
from service.risk.attack.round_what_if import BOUNDS, MOST_MEMBERS

_ID_LENGTH = 100


class RoundQuestionBody(BaseModel):
    """A what-if: what is left out or null stays as it stands."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    extra_stake: float | None = Field(
        0.0,
        ge=BOUNDS["extra_stake"][0],
        le=BOUNDS["extra_stake"][1],
        description="UMA newly staked by the coalition, or by a newcomer.",
    )
    turnout: float | None = Field(None, ge=BOUNDS["turnout"][0], le=BOUNDS["turnout"][1])
    spat: float | None = Field(None, ge=BOUNDS["spat"][0], le=BOUNDS["spat"][1])
    uma_price_usd: float | None = Field(
        None, ge=BOUNDS["uma_price_usd"][0], le=BOUNDS["uma_price_usd"][1]
    )
    coalition: list[Annotated[str, Field(min_length=1, max_length=_ID_LENGTH)]] | None = Field(
        [],
        max_length=MOST_MEMBERS,
        description="Ids of blocs and voters of the round that push the wrong answers as one.",
    )
    cash_usd: float | None = Field(
        None,
        ge=BOUNDS["cash_usd"][0],
        le=BOUNDS["cash_usd"][1],
        description="To buy shares of wrong answers with, and to bind in bonds.",
    )


class RoundAnswer(Part):
    """Which requests flip or stall, at what cost and for what gain; no forecast."""

    schema_version: int
    model_version: str
    round_id: int
    as_of: datetime = Field(description="Of the assessment whose inputs were asked.")
    question: dict[str, float | list[str] | None]
    stake_uma: Uma
    share: float
    can_force: bool
    can_block: bool
    flips: list[str]
    stalls: list[str]
    open_interest_known: Counted = Field(
        description="Of the operative requests of the round: money is a lower bound where not all "
        "of it is, and null where none is."
    )
    flipped_usd: MoneyInterval | None
    pays: bool | None
    cost: MoneyInterval | None = Field(description="UMA's fall, and what new stake costs for good.")
    gain: MoneyInterval | None
    profit: MoneyInterval | None
    support: Support
    warnings: list[str]
    caution: str
    notice: str | None
