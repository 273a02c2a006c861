"""Rounds of the vote: lists and the assessment document."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.enums import Support
from service.api.schemas import Paged
from service.api.shape import Shape

Phase = Literal["waiting", "commit", "reveal", "over"]
Usd = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", description="USD", examples=["250000.00"])]
Uma = Annotated[str, Field(pattern=r"^-?\d+\.\d{6}$", description="UMA")]


class Part(BaseModel):
    """A part of the stored document; fields are added over time, never renamed."""

    model_config = ConfigDict(extra="allow")


class Rate(Part):
    """A chance with its 90 % interval."""

    mean: float
    p05: float
    p95: float


class MoneyInterval(Part):
    """USD: mean, median and 90 % interval."""

    mean: Usd
    p05: Usd
    p50: Usd
    p95: Usd


class Counted(Part):
    """Of how many requests something is known."""

    known: int
    of: int


class RequestLine(Part):
    """One request of the round, or one that could still be brought in."""

    id: str
    operative: bool
    market_id: str | None
    in_round: bool


class PowerLine(Part):
    """Voters that could force or block an answer, alone or in pairs."""

    entities: list[str]
    stake_uma: Uma
    share: float
    can_force: bool
    can_block: bool


class LossLine(Part):
    """Open interest paid out wrong in USD, before refunds; null where none is known."""

    mean: Usd | None
    p95: Usd | None
    p99: Usd | None
    standing_mean: Usd | None = Field(
        None, description="If nobody adds more than honest votes to what is opened by now."
    )
    attacked_p99: Usd | None


class DisputesLine(Part):
    """Disputes of the last hours beside what the weeks before lead one to expect."""

    hours: float
    seen: int
    expected: float | None


class AssumptionLine(Part):
    """A number the assessment rests on; ``reason``: why the input it stands for was not read."""

    name: str
    value: float
    tag: str
    source: str
    reason: str | None


class AloneLine(Part):
    """One request attacked alone by the headline bloc; null where money is not known."""

    request: str
    bloc: str
    p_wrong: float
    p_wrong_interval: Rate | None = Field(
        None, description="Over how often honest voters err in the mean."
    )
    p_roll: float
    p_roll_interval: Rate | None = None
    p_wrong_honest: float
    p_wrong_honest_interval: Rate | None = None
    open_interest: Usd | None
    held_shares: Uma | None
    obtainable_shares: Uma | None
    p_prevented: float
    p_refunded: float
    gain: Usd | None
    slash_income: Usd
    bond_won: Usd
    loss: Usd | None
    value: Usd | None
    damage: Usd
    attack_margin: MoneyInterval | None
    break_even_delta: float | None
    break_even_stake_uma: Uma | None
    acquire_lost: Usd


class RoundParams(Part):
    """The thresholds of a round, gaps filled with defaults (``assumptions`` lists them)."""

    gat_uma: Uma
    spat: float
    max_rolls: int
    slash: float
    turnout: float
    block: int | None = Field(description="The newest block of the vote's chain that was read.")
    block_share: float | None = Field(
        None, description="Share of all stake that keeps any answer from passing by staying away."
    )


class BlocLine(Part):
    """What one group of voters, or one large voter, could do. Stake is a lower bound."""

    id: str
    entities: list[str]
    stake_uma: Uma
    share: float
    evidence: list[str]
    can_force: bool
    can_block: bool
    force_shortfall_uma: Uma
    conflicts_usd: Usd | None
    dollars_forceable: Usd | None = Field(description="Null where no open interest is known.")
    dollars_winnable: Usd | None = Field(description="What its own votes would decide.")
    p_attempt: float
    p_attempt_interval: Rate | None = None
    p_captured: dict[str, float]
    p_captured_interval: dict[str, Rate] | None = None


class DocketLine(Part):
    """One request in words: what an attack would push on it, and what that rests on."""

    id: str
    role: Literal["operative", "superseded", "governance", "unlinked", "open_proposal"]
    title: str | None
    market_id: str | None
    rolls: int
    pushed_answer: str
    believed_answer: str
    belief: float | None
    belief_ground: str


class RoundDocument(Part):
    """One assessment of a round, whole (docs/methodology.md, "Output of a round")."""

    schema_version: int
    round_id: int
    phase: Phase
    phase_end: datetime
    as_of: datetime
    model_version: str
    priors_version: str
    params: RoundParams
    stake_uma: Uma
    stake_is_frozen: bool
    docket: list[DocketLine]
    requests: list[RequestLine]
    markets: list[AloneLine]
    powers: list[PowerLine]
    concentration: dict[str, float | int | None]
    new_stake_in_commit_uma: Uma | None
    stake_to_force_uma: Uma
    stake_to_stall_uma: Uma
    blocs: list[BlocLine]
    hypothetical_blocs: list[BlocLine]
    headline_bloc: str
    dollars_exposed: Usd | None = Field(
        description="Null where no open interest is known; a lower bound where not all is."
    )
    open_interest_known: Counted | None = Field(
        None, description="Of the operative requests of the round."
    )
    dollars_forceable: Usd | None
    dollars_forceable_open: Usd | None
    dollars_winnable: Usd | None
    disputes_in_window_vs_baseline: DisputesLine | None
    loss: LossLine | None = Field(description="Null where no score says what to believe.")
    optimal_set: list[str]
    critical_set: list[str] | None
    attack_margin: MoneyInterval
    break_even_delta: float | None
    break_even_stake_uma: Uma | None
    bribe_floor: Usd
    p_round_attack: Rate
    p_any_wrong: float | None
    p_any_wrong_interval: Rate | None = Field(
        None, description="Over the level of attempts, not over what is believed."
    )
    p_two_or_more_wrong: float | None
    p_two_or_more_wrong_interval: Rate | None = None
    support: Support
    assumptions: list[AssumptionLine]
    warnings: list[str]
    caution: str
    notice: str | None


class RoundLine(Shape):
    """A round at a glance, by its newest assessment."""

    round_id: int
    phase: Phase
    phase_end: datetime
    as_of: datetime
    requests: int = Field(description="In the round; those that could be brought in left out.")
    operative: int = Field(description="Of these, the ones a market is paid by.")
    stake_uma: Uma
    stake_is_frozen: bool
    spat: float
    dollars_exposed: Usd | None = Field(
        description="Null where no open interest is known; a lower bound where not all is."
    )
    dollars_forceable: Usd | None = Field(
        description="Of the best set: what pays. Null where no bloc or no money is known."
    )
    dollars_winnable: Usd | None = Field(description="What one bloc's votes alone would decide.")
    dollars_forceable_open: Usd | None
    blocs: int
    can_force: int = Field(description="Of the blocs, those whose stake alone passes SPAT.")
    can_block: int
    p_round_attack: Rate
    p_any_wrong: float | None
    p_any_wrong_interval: Rate | None = None
    support: Support
    model_version: str


class FailedRound(Shape):
    """A past round that is not assessed, or not anew, because its own rows cannot be."""

    round_id: int
    failures: int = Field(description="How often in a row.")
    reason: str = Field(description="Of the newest try.")
    next_try_at: datetime


class RoundHistory(Paged[RoundLine]):
    """Every assessment of one round."""


class RoundList(Paged[RoundLine]):
    """Every assessed round, and what could not be assessed."""

    failed: list[FailedRound] = Field(description="On every page the same, newest first, bounded.")
    failed_count: int = Field(description="How many there are, listed or not.")
