"""One study row a question: what was known when it was scored, and apart from it the labels.

docs/methodology.md, "Backtest". The shape is the guard against looking ahead: a recording's final
volume, last prices, later clarifications, another model's opinion or a research panel's own columns
have no field among the facts here, so that no feature can be made of them. What baselines alone may
read stands apart, too.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from models.enums import Category


class TimeBasis(StrEnum):
    """What ``StudyRow.score_time`` is."""

    # The block time of the first proposal.
    PROPOSAL = "proposal"
    # The recording knows no proposal: when the market was resolved or closed stands in. It orders
    # rows in time and splits them; nothing else may be read out of it.
    SETTLEMENT = "settlement"


class Target(StrEnum):
    """What is predicted. docs/methodology.md, "Labels"."""

    DISPUTED = "disputed"
    FLIPPED = "flipped"
    MISRESOLVED = "misresolved"


@dataclass(frozen=True, slots=True)
class Labels:
    """What became of the question later. None: not known."""

    # Any request of the question was disputed.
    disputed: bool | None = None
    # The oracle's final answer was not the first proposed one ("too early" included).
    flipped: bool | None = None
    # The payout was wrong, by adjudication; contested cases are None.
    misresolved: bool | None = None
    # Which word of which recording said so.
    source: str | None = None
    settled_at: datetime | None = None
    # USD of final volume. It weighs errors by money and is never a feature.
    weight_usd: float | None = None
    # Whether UMA's notifier paged while the answer could be disputed, by its stored verdicts.
    notifier_paged: bool | None = None

    def of(self, target: Target) -> bool | None:
        """The label of a target."""
        match target:
            case Target.DISPUTED:
                return self.disputed
            case Target.FLIPPED:
                return self.flipped
            case Target.MISRESOLVED:
                return self.misresolved


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """What baselines alone read: known at the row's time, and shown to no model. None: not known.

    Recordings hold none of it.
    """

    # USD traded in the market so far.
    volume_usd: float | None = None
    # Whether UMA's notifier, or its rule on the books and the volume of that moment, pages.
    notifier_pages: bool | None = None
    # At which margins of its two prices that rule pages: below this one (``notifier_sweep``).
    notifier_margin: float | None = None


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One question at its first proposal. Instants are aware UTC, prices in 0..1, money in USD."""

    # First 8 hex digits of sha256(condition id text): the recordings' key.
    market_key: str
    # Questions of one event, and likely siblings, share it: docs/methodology.md, "Backtest".
    group: str
    # When all of the fields below were known.
    score_time: datetime
    time_basis: TimeBasis
    # The kind of recording the question came from: "proposals" or "markets".
    recorded_as: str
    title: str | None = None
    # The rules as published (on chain where recorded).
    rules: str | None = None
    category: Category = Category.OTHER
    tags: tuple[str, ...] = ()
    requested_at: datetime | None = None
    # The end the listing schedules, and a game's start; the listing may have moved them later.
    scheduled_end: datetime | None = None
    game_start: datetime | None = None
    # "p1" (no), "p2" (yes), "p3" (half), "p4" (too early).
    proposed_outcome: str | None = None
    # Addresses in lower case.
    proposer: str | None = None
    creator: str | None = None
    bond_usd: float | None = None
    reward_usd: float | None = None
    liveness_seconds: int | None = None
    # "oov2", "managed_oov2", … as recorded.
    oracle: str | None = None
    is_neg_risk: bool | None = None
    # The order book's, when the recorder fetched the proposal: often stale.
    price_of_proposed: float | None = None
    token0_price: float | None = None
    token1_price: float | None = None
    for_baselines: BaselineFacts = BaselineFacts()
    labels: Labels = Labels()
    # (field, file) of each fact and label that another file than the row's own gave.
    borrowed: tuple[tuple[str, str], ...] = ()

    @property
    def proposed_at(self) -> datetime | None:
        """The first proposal's time; None where only settlement is recorded."""
        return self.score_time if self.time_basis is TimeBasis.PROPOSAL else None

    def blinded(self) -> "StudyRow":
        """The row without what came later, and without what is for baselines.

        Models are shown nothing else when they predict.
        """
        return replace(self, labels=Labels(), borrowed=(), for_baselines=BaselineFacts())


# What is no fact a model may read at the time of scoring, although a row holds it.
NOT_FACTS = frozenset(
    {
        *("labels", "borrowed", "market_key", "group", "recorded_as", "time_basis"),
        "for_baselines",
    }
)
FACTS = tuple(f.name for f in fields(StudyRow) if f.name not in NOT_FACTS)
