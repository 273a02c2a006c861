"""What a score is: the shapes ``assess`` gives. docs/methodology.md, "Output"."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.enums import MarketState, Outcome, Support
from service.risk.inputs import MarketInputs

MoneySource = Literal["open_interest", "assumed", "missing"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, its median and its 90 % interval; p05 <= mean, p50 <= p95."""

    mean: float
    p05: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Answers:
    """P(the oracle's final answer is …); ``none``: too early, deleted or stuck."""

    yes: float
    no: float
    half: float
    none: float


@dataclass(frozen=True, slots=True)
class Truth:
    """P(T = …) on our evidence, and what that evidence is."""

    yes: float
    no: float
    half: float
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The score of one situation in one cell, before money."""

    p_misresolved: Interval
    p_oracle_wrong: Interval
    components: Mapping[str, float]
    # Sum over paths of P x payout gap: the share of the open interest expected to be misplaced.
    loss_share: float
    loss_share_p95: float
    p_disputed: float
    # None where what happened does not decide it.
    p_flip_outcome: float | None
    p_flip_early: float | None
    p_stuck: float
    p_overridden_onchain: float
    p_refund: float
    p_attack: float
    ambiguity_floor: float | None
    answers: Answers | None
    tau: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Driver:
    """One reason why the score is not its cell's, with its signed share of the difference."""

    feature: str
    value: str | float | int | None
    unit: str
    contribution_logit: float
    contribution_p: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Money:
    """What hangs on the score, in micro-USDC; None with ``reason``, never 0 for unknown."""

    open_interest: int | None
    volume: int | None
    expected_loss: int | None
    p95_loss: int | None
    source: MoneySource
    reason: str | None


@dataclass(frozen=True, slots=True)
class MarketAssessmentResult:
    """One score with everything that explains it."""

    inputs: MarketInputs
    model_version: str
    priors_version: str
    state: MarketState
    summary: Summary
    # The same cell before any proposal: where the drivers start from.
    cell_mean: float
    drivers: tuple[Driver, ...]
    money: Money
    answers: Answers | None
    truth: Truth | None
    proposed_value: Outcome | None
    support: Support
    warnings: tuple[str, ...]

    @property
    def p_misresolved(self) -> Interval:
        """P(what is redeemable differs from what the rules as published say)."""
        return self.summary.p_misresolved

    @property
    def expected_loss(self) -> int | None:
        """Expected misplaced money in micro-USDC."""
        return self.money.expected_loss
