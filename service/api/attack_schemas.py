"""The shapes of attack scores and of how well their alerts keep to the budget."""

from datetime import datetime

from pydantic import Field

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.api.schemas import Hex32, Paged
from service.api.shape import Shape
from service.risk.signs.alert_threshold import Method
from service.risk.signs.attack_calibration import CalibrationStatus


class SignTransaction(Shape):
    """What a sign rests on: a log, or a ground in words."""

    ground: str
    chain_id: int | None
    transaction: Hex32 | None
    log_index: int | None
    link: str | None = Field(description="The transaction in a public explorer.")


class ContributionLine(Shape):
    """One sign's part in a score."""

    family: SignalFamily
    signal: str
    subject_kind: SignalSubject
    subject: str
    round_id: int | None
    log_lr: float = Field(description="Natural logarithm of its likelihood ratio, as found.")
    log_lr_capped: float = Field(description="As it counts under the cap of its family.")
    value: float | None
    unit: str
    low: float | None = Field(description="Lower end of the 90 % interval of `value`.")
    high: float | None
    support: Support
    words: str = Field(description="What was seen; it says nothing about anybody's intent.")
    evidence: list[SignTransaction]
    requests: list[Hex32] = Field([], description="Requests of the vote it is about, if of some.")
    hand: str | None = Field(None, description="Whose stake it rests on, if not the subject's own.")


class FamilySum(Shape):
    """What a family of signs adds up to."""

    raw: float
    capped: float


class AttackLine(Shape):
    """One subject's newest score."""

    subject_kind: SignalSubject
    subject: str = Field(description="Condition id, round id, or the id of a ring.")
    title: str | None = Field(description="Of a market, where the catalogue has it.")
    score: float = Field(description="In log odds; without calibration only its order counts.")
    base_log_odds: float
    family_cap: float
    calibration_status: CalibrationStatus
    p_mean: float | None = Field(description="Null as long as scores are uncalibrated.")
    p_low: float | None
    p_high: float | None
    support: Support
    families: dict[str, FamilySum]
    contributions: list[ContributionLine] = Field(description="Strongest first.")
    known_at: datetime
    model_version: str


class AttackList(Paged[AttackLine]):
    """A page of subjects, highest score first."""

    caution: str


class ThresholdLine(Shape):
    """From which score on people are paged."""

    method: Method
    value: float | None = Field(description="Log odds above which a score is a page; null: none.")
    alpha: float | None = Field(description="The level, as adapted to the false pages so far.")
    scores: int = Field(description="Past scores it rests on.")
    weeks: int = Field(description="Incident-free weeks they are of.")


class RateLine(Shape):
    """Events a week with the exact 90 % interval of a Poisson count."""

    events: int
    weeks: float
    mean: float
    low: float
    high: float


class BudgetQuality(Shape):
    """One kind of page and its budget, over the last 26 weeks."""

    kind: str = Field(examples=["market", "round", "group", "structural"])
    budget_per_week: float | None = Field(
        description="False pages a week it may cost; null where it spends another line's."
    )
    shares_budget_of: str | None = Field(description="The line whose budget it spends.")
    budget_pages: float | None = Field(description="The budget over 26 weeks, in false pages.")
    spent_pages: int | None = Field(
        description="What is spent of it, by every line that shares it; the first false "
        "structural page is free."
    )
    pages: int
    unconfirmed: int = Field(description="No market of theirs is known to have been paid wrong.")
    unconfirmed_rate: RateLine | None = Field(description="Upper bound of the false ones' rate.")
    threshold: ThresholdLine | None = Field(description="Null for structural signs.")


class AlertQuality(Shape):
    """How well alerts about attacks keep to their budget."""

    as_of: datetime
    attacks: list[BudgetQuality]
    digest_per_day: int
    notice: str | None
