"""The shapes of ``/v1/markets/{ref}/adjudication``."""

from datetime import datetime

from pydantic import Field

from models.adjudication_enums import CorrectionStatus, LabelClass, RulesTrack, Verdict
from models.enums import Outcome
from service.api.schemas import Hex32
from service.api.shape import Shape


class JudgedAnswers(Shape):
    """What was answered; null where it was not, or is no binary outcome."""

    first_proposed: Outcome | None
    oracle: Outcome | None = Field(description="The operative request's answer.")
    paid: Outcome | None


class WrongShare(Shape):
    """P(an answer is wrong), a fraction and never rounded, with its 90 % interval."""

    mean: float
    p05: float
    p95: float


class TruthShares(Shape):
    """P(T = …) on the verdicts alone; they sum to 1."""

    yes: float
    no: float
    half: float
    not_determinable: float


class LnRatios(Shape):
    """What the verdicts add to the logit of the truth belief in each outcome."""

    yes: float
    no: float
    half: float


class LabelLine(Shape):
    """What a track's blind verdicts fuse to."""

    label_class: LabelClass = Field(
        description="By q of the oracle's answer; settled takes three blind adjudicators."
    )
    q: WrongShare | None = Field(description="Of the oracle's answer; null while there is none.")
    q_paid: WrongShare | None = Field(description="Of the payout; null while there is none.")
    truth: TruthShares
    ln_ratio: LnRatios
    adjudicators: int = Field(description="Blind ones, whose verdicts were fused.")
    version: str
    known_at: datetime = Field(description="No score of an earlier time reads it.")


class CitedLine(Shape):
    """What an adjudicator cites, as written; never fetched by us."""

    url: str | None
    quote: str | None


class VerdictLine(Shape):
    """One adjudicator's verdict that counts now."""

    adjudicator: str = Field(description="A pseudonym.")
    verdict: Verdict
    is_blind: bool = Field(description="Had seen neither vote nor payout nor price; else unfused.")
    confidence: float | None
    evidence: list[CitedLine]
    made_at: datetime
    known_at: datetime


class TrackLine(Shape):
    """Adjudication under one reading of the rules."""

    track: RulesTrack
    counts: dict[Verdict, int] = Field(description="All current verdicts, blind or not.")
    blind: int
    label: LabelLine | None = Field(description="Null until a blind verdict comes in.")
    verdicts: list[VerdictLine] = Field(description="The first 100 by pseudonym.")


class CorrectionLine(Shape):
    """A claim that the payout is not what the rules require; it changes no score."""

    id: int
    claim: Verdict
    evidence: list[CitedLine]
    status: CorrectionStatus
    status_at: datetime
    known_at: datetime


class AdjudicationAnswer(Shape):
    """What adjudicators say a market's rules require."""

    ref: Hex32
    answers: JudgedAnswers
    tracks: list[TrackLine] = Field(description="rules_original, the headline, first.")
    corrections: list[CorrectionLine] = Field(description="The newest 100.")
    missing: list[str] = Field(description="What could not be said, and why.")
    notice: str | None
