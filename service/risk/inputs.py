"""What a score is made from: one market's facts as they were known at one instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.enums import Category, MarketState, OracleVersion, Outcome, Remedy, VolumeStratum
from service.risk.text.features import Feature
from service.risk.vote_facts import VoteFacts

MICRO = 1_000_000
_CEILINGS = (
    (10_000 * MICRO, VolumeStratum.UNDER_10K),
    (100_000 * MICRO, VolumeStratum.FROM_10K),
    (1_000_000 * MICRO, VolumeStratum.FROM_100K),
    (10_000_000 * MICRO, VolumeStratum.FROM_1M),
)

# The books of that hour, the venue's own history of it, or the last book of the day before.
PriceEvidence = Literal["books", "price_history", "earlier_book"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer under bond."""

    # None: a price that is no outcome of a binary question.
    outcome: Outcome | None
    proposed_at: datetime
    expires_at: datetime | None
    liveness_seconds: int | None
    # 0x-hex with EIP-55 case.
    proposer: str | None
    self_disputed: bool = False


FeedWord = Literal["contradicts", "supports", "silent"]


@dataclass(frozen=True, slots=True)
class SiblingStanding:
    """Another outcome of the same event: what is proposed or answered for it, and its price."""

    market_id: str
    state: MarketState
    # Proposed, or where it has one its answer.
    value: Outcome | None
    disputes: int
    # Price of its Yes before the event's first proposal; None where no book was seen.
    price_yes: float | None


@dataclass(frozen=True, slots=True)
class Adjudicated:
    """What blind adjudicators say of the truth, fused (``service.risk.truth.truth_label``)."""

    adjudicators: int
    # By outcome: the sum over them of ln P(verdict | T = outcome) / P(verdict | T is another).
    ln_ratio_yes: float
    ln_ratio_no: float
    ln_ratio_half: float
    # Whether all of them say the same.
    is_unanimous: bool = False

    def ln_ratio(self, outcome: Outcome) -> float:
        """What is added to the log-odds that the truth is this outcome."""
        told = {Outcome.YES: self.ln_ratio_yes, Outcome.NO: self.ln_ratio_no}
        return told.get(outcome, self.ln_ratio_half)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the inputs are, and which are missing (``"source: why"``)."""

    block: int | None
    book_age_seconds: float | None
    open_interest_age_seconds: float | None
    stake_age_seconds: float | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarketInputs:
    """Everything the score of one market may read; money in micro-USDC, instants aware UTC."""

    market_id: str
    question_id: str | None
    event_id: str | None
    adapter: str | None
    oracle_version: OracleVersion
    category: Category
    at: datetime
    state: MarketState
    state_source: Literal["chain", "feed", "catalogue"]
    request_timestamp: int | None
    first_proposal: Proposal | None
    # The proposal of the operative request.
    current_proposal: Proposal | None
    # Disputes of the question so far.
    disputes: int
    # The operative request's final answer, or what was paid.
    answer: Outcome | None
    payouts: tuple[int, ...] | None
    overridden: bool
    remedy: Remedy
    # Median mid of YES over [-60, -5] minutes before the FIRST proposal.
    price_before_proposal: float | None
    # Latest mid of YES; shown before a proposal, never taken for the truth.
    yes_mid: float | None
    volume: int | None
    open_interest: int | None
    challenge_ends_at: datetime | None
    challenge_open: bool
    freshness: Freshness
    # Where that price was read; None where there is none, or nobody said.
    price_evidence: PriceEvidence | None = None
    # The vote on the operative request, while it is open; None where its logs are not stored.
    vote: VoteFacts | None = None
    # P(a bloc captures that vote) by the round's newest assessment; None where it has none.
    captured: float | None = None
    # What the vote on a superseded request answered; it settled bonds only.
    earlier_vote: Outcome | None = None
    # Readings of wording and timing (``service.risk.text.features``), as known at ``at``.
    features: tuple[Feature, ...] = ()
    # The other outcomes of an event of which a single one pays Yes.
    siblings: tuple[SiblingStanding, ...] = ()
    # The fused verdicts of adjudicators.
    adjudicated: Adjudicated | None = None
    # Price of Yes for the same question on another venue, before the first proposal.
    venue_price: float | None = None
    # What an authoritative feed says of the proposed answer; None: no feed is stored.
    feed: FeedWord | None = None


@dataclass(frozen=True, slots=True)
class CellCount:
    """Counts of finished questions of one cell and age; ``disputed_again`` of the ``disputed``."""

    category: Category
    stratum: VolumeStratum
    version: OracleVersion
    questions: int
    disputed: int
    disputed_again: int
    # Since the month of their first answers, whole calendar months.
    age_months: int = 0

    def __post_init__(self) -> None:
        """Refuse counts that cannot be: each is a part of the one before."""
        if not 0 <= self.disputed_again <= self.disputed <= self.questions:
            message = (
                f"cell {self.category}/{self.stratum}/{self.version}: {self.disputed_again} "
                f"disputed again of {self.disputed} disputed of {self.questions} questions"
            )
            raise ValueError(message)


def volume_stratum(volume: int | None) -> VolumeStratum:
    """The stratum of a traded volume in micro-USDC; unknown volume counts as the lowest."""
    if volume is None:
        return VolumeStratum.UNDER_10K
    for ceiling, stratum in _CEILINGS:
        if volume < ceiling:
            return stratum
    return VolumeStratum.OVER_10M
