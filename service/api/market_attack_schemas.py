"""What an attack on one market would take and pay, and the signs about it."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from models.enums import Support
from service.api.round_schemas import Phase, Rate, Uma
from service.api.schemas import Hex32
from service.api.shape import Shape


class SignLine(Shape):
    """A sign about a market, in words; ``log_lr`` is before the cap of its family."""

    family: str
    signal: str
    words: str
    log_lr: float
    value: float | None
    unit: str
    low: float | None
    high: float | None
    support: Support
    round_id: int | None
    evidence: list[dict[str, str | int | None]]
    requests: list[Hex32] = Field([], description="Requests of the vote it is about, if of some.")
    hand: str | None = Field(None, description="Whose stake it rests on, if not the subject's own.")


class FusedScore(Shape):
    """The signs together. Without calibration only the order of such scores means something."""

    score: float
    calibration_status: str
    p: Rate | None
    model_version: str
    known_at: datetime


class CapturedChance(Shape):
    """P(an attempt captures the vote on this market): assumed, never calibrated."""

    value: float
    interval: Rate | None = Field(
        description="Over the level of attempts alone; null of an assessment of an earlier release."
    )
    by_bloc: dict[str, float]
    by_bloc_interval: dict[str, Rate]
    calibration_status: Literal["uncalibrated_ranked"]


class PaymentLine(Shape):
    """What the market's tokens pay: no vote changes it."""

    at: datetime
    payouts: list[int] = Field(description="The numerators of Yes and No.")
    outcome: str | None
    transaction: Hex32
    link: str | None


class MarketAttackAnswer(Shape):
    """What an attack on one market would take and pay, and what says that somebody tries."""

    ref: Hex32
    as_of: datetime = Field(description="Of the assessment the numbers are from.")
    model_version: str | None = Field(description="What made the numbers; null without any.")
    priors_version: str | None
    support: Support | None = Field(description="What the numbers rest on.")
    paid: PaymentLine | None = Field(description="Null while its tokens do not pay.")
    terms_as_of: datetime | None = Field(description="When stake, thresholds and UMA were read.")
    terms_round_id: int | None = Field(description="The round they were read of.")
    place: Literal["in_round", "open_proposal", "hypothetical", "paid"] = Field(
        description="In a round's vote; could be brought into it; supposed to be in it alone; or "
        "paid: then the numbers are those last said before, null where no round voted on it."
    )
    round_id: int | None
    phase: Phase | None
    pushed_answer: str | None
    believed_answer: str | None
    belief_ground: str | None
    stake_to_force_uma: Uma | None = Field(description="From nothing, nobody voting along.")
    stake_to_stall_uma: Uma | None
    alone: dict[str, object] | None = Field(description="Attacked alone, by ``bloc``.")
    blocs: list[dict[str, object]] = Field(
        description="Who could force or block it; hypothetical ones where it is in no round."
    )
    in_best_sets: list[str] = Field(description="Blocs whose best set of the round has it.")
    p_captured: CapturedChance | None = Field(description="Null outside a round.")
    signs: list[SignLine]
    attack_score: FusedScore | None
    cannot_be_said: list[str]
    caution: str
    notice: str | None
