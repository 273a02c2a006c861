"""The shapes of a market's votes, for OpenAPI and for the tests."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.enums import LinkMethod, Outcome, VoteConflict, VotePhase
from service.api.schemas import Account, Hex32, Paged, RawPrice
from service.api.shape import Shape

Uma = Annotated[
    str,
    Field(
        pattern=r"^-?\d+\.\d{18}$",
        description="UMA as a decimal string.",
        examples=["6000000.000000000000000000"],
    ),
]
Share = Annotated[
    str,
    Field(
        pattern=r"^\d\.\d{18}$",
        description="A share of one as a decimal string.",
        examples=["0.650000000000000000"],
    ),
]


class VoteEvidence(Shape):
    """The log a statement rests on."""

    chain_id: int
    transaction: Hex32
    log_index: int
    link: str | None = Field(description="The transaction in a public explorer.")


class VoteResult(Shape):
    """What a round, or a request, came to by our own count."""

    kind: str = Field(
        examples=["answered"], description="answered, rolled, pending, unknown or deleted."
    )
    price: RawPrice | None
    outcome: Outcome | None = Field(
        description='Null for "too early" and where nothing is decided.'
    )
    reason: str | None = Field(
        description="rolled: no_quorum or no_agreement; unknown: which facts are missing."
    )
    phase: VotePhase | None = Field(description="pending: the phase; null before the round.")


class PriceWeight(Shape):
    """How much was voted for one price."""

    price: RawPrice
    outcome: Outcome | None
    tokens_uma: Uma


class OpenedVote(Shape):
    """One opened vote."""

    voter: Account
    caller: Account = Field(description="Who sent it; another than the voter is its delegate.")
    price: RawPrice
    outcome: Outcome | None
    tokens_uma: Uma
    evidence: VoteEvidence


class VoteRound(Shape):
    """One round of the vote on one request."""

    round: int
    starts_at: datetime
    reveal_starts_at: datetime
    ends_at: datetime
    result: VoteResult
    turnout_uma: Uma = Field(description="Opened so far: a lower bound until the round is over.")
    weights: list[PriceWeight] = Field(description="In the order the prices were first voted for.")
    stake_uma: Uma | None = Field(description="All stake as frozen for the round.")
    gat_uma: Uma | None = Field(description="Must be exceeded by the turnout.")
    spat: Share | None = Field(description="The share of all stake that must agree.")
    min_agreement_uma: Uma | None = Field(description="Must be exceeded by the leading price.")
    unknown_terms: str | None = Field(description="Why the four above are null, if they are.")
    sealed: int = Field(description="Voters who sealed a vote.")
    opened: int = Field(description="Voters who opened one.")
    unopened: list[Account] = Field(description="Voters who sealed a vote and did not open it.")
    votes: list[OpenedVote]


class ReportedResult(Shape):
    """What the vote contract itself reported, after the round."""

    price: RawPrice
    outcome: Outcome | None
    round: int | None
    resolved_index: int | None
    resolved_at: datetime | None
    evidence: VoteEvidence


class VoteSlashes(Shape):
    """What the request cost and earned voters, as far as it was worked out."""

    voters: int
    lost_uma: Uma
    earned_uma: Uma


class VoteParameters(Shape):
    """The vote's parameters in force now; what no stored log tells is null."""

    gat_uma: Uma | None
    spat: Share | None
    max_rolls: int | None
    slashing_library: Account | None
    unstake_cooldown_seconds: int | None
    emission_uma_per_second: Uma | None
    missing: list[str]


class MarketVoteLine(Shape):
    """One disputed request of a market and its vote."""

    question_id: Hex32
    oracle: Account
    request_timestamp: int | None
    pays: bool | None = Field(description="Whether this request's answer decides the market.")
    proposed_price: RawPrice | None
    proposed_outcome: Outcome | None
    dvm_time: int = Field(description="The unix time the vote is asked about.")
    request_id: Hex32 | None = Field(description="The vote's key: the bridge's parentRequestId.")
    link_method: LinkMethod = Field(description="How the vote was found.")
    arrived_at: datetime | None
    first_round: int | None
    last_round: int | None
    roll_count: int | None
    result: VoteResult | None = Field(description="Null while the vote's chain is silent.")
    decided_round: int | None
    reported: ReportedResult | None
    left_price: RawPrice | None = Field(description="As it left the vote's chain.")
    landed_price: RawPrice | None = Field(description="As it landed on the question's chain.")
    conflicts: list[VoteConflict] = Field(
        description="Where our count, the report and the bridge differ; empty is as it should be."
    )
    slashes: VoteSlashes | None
    parameters: VoteParameters | None
    rounds: list[VoteRound]
    provisional_votes: list[OpenedVote] = Field(
        description="Opened in blocks that are not final yet, and in no count above."
    )


class MarketVotes(Paged[MarketVoteLine]):
    """All disputed requests of a market, in the order of their disputes."""
