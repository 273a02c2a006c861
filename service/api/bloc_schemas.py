"""The shapes of groups of voters and of single voters, for OpenAPI and for the tests."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.attack_enums import BlocKind
from models.enums import StakeChangeKind
from service.api.schemas import Account, Hex32
from service.api.shape import Shape
from service.api.wallet_schemas import Confidence, WalletLinkLine

UmaText = Annotated[str, Field(pattern=r"^-?\d+\.\d+$", description="UMA as a decimal string.")]
Share = Annotated[float, Field(ge=0, description="Of all stake; links hide: a lower bound.")]


class BlocEntity(Shape):
    """A member: one or more addresses that public links join."""

    entity: Account = Field(description="Its id: the least of its addresses.")
    addresses: list[Account]


class JointVote(Shape):
    """A vote two members or more gave one minority answer to."""

    request_id: Hex32
    round_id: int


class BlocLine(Shape):
    """A group as known at the time asked for; it reports a pattern and accuses nobody."""

    bloc_id: str
    kind: BlocKind = Field(
        description="co_voting: in the minority together more often than chance allows. "
        "baseline: always alike, which a deviation is measured against."
    )
    entities: list[BlocEntity]
    joint_votes: int = Field(description="Pushed jointly (co_voting), or answered alike.")
    joint_low: float | None = Field(description="90 % interval of the count; null of a baseline.")
    joint_high: float | None
    pair_pushes: int | None = Field(description="Joint pushes counted pair by pair.")
    pair_pushes_expected: float | None = Field(description="By chance.")
    informative: int | None = Field(description="Votes with a small minority, in all.")
    p_value: float | None = Field(description="How likely so much agreement is by chance.")
    evidence: list[str]
    votes: list[JointVote] = Field(description="The newest 20 joint pushes.")
    stake_uma: UmaText | None = Field(description="Now; null where all stake is not known.")
    share: Share | None
    known_at: datetime
    version: str


class LeastPushesLine(Shape):
    """How many joint pushes a group of a size needs to be found 19 times in 20."""

    size: int
    pushes: int | None = Field(description="Null: none of the numbers tried is enough.")
    most_tried: int


class BlocSearchLine(Shape):
    """The last search: in how much it looked, and what it could not have seen."""

    known_at: datetime
    entities: int
    votes: int
    informative: int
    groups: int
    least_pushes: list[LeastPushesLine]
    power: str
    version: str


class Concentration(Shape):
    """How few decide. Shares of all stake."""

    entities: int
    covered: float
    hhi: float
    gini: float | None
    top1: float
    top3: float
    top9: float
    nakamoto_force: int | None = Field(description="How many together force; null: all cannot.")
    nakamoto_block: int | None = Field(description="How many together block.")
    effective_voters: float | None = Field(
        description="e to the entropy of the shares of those listed; equal ones count one each."
    )


class ConcentrationLine(Shape):
    """By address, by entity, and with each standing group as one, in the round under way."""

    round_id: int
    by_address: Concentration
    by_entity: Concentration
    by_group: Concentration


class Blocs(Shape):
    """Standing groups, a page at a time."""

    as_of: datetime
    search: BlocSearchLine | None = Field(description="Null before the first search.")
    concentration: ConcentrationLine | None
    data: list[BlocLine]
    next_cursor: str | None
    missing: list[str] = Field(description="What is not there, and why.")
    caution: str = Field(description="How these statements must be read.")
    notice: str | None


class StakeNow(Shape):
    """The newest stake in the round under way."""

    stake_uma: UmaText
    share: Share
    rank: int = Field(ge=1, description="1: the largest.")
    of: int


class StakeChangeLine(Shape):
    """One log about its stake."""

    at: datetime
    kind: StakeChangeKind
    amount_uma: UmaText
    stake_uma: UmaText | None
    transaction: Hex32
    log_index: int


class VoterRoundLine(Shape):
    """One finished round."""

    round_id: int
    requests: int = Field(description="Requests somebody opened a vote on.")
    opened: int
    with_most: int = Field(description="Gave the answer most voters gave, by heads.")
    against_most: int
    unopened: int = Field(description="Sealed and never opened.")
    missed: int


class Agreement(Shape):
    """How often it gave the answer most voters gave, over the rounds listed."""

    votes: int
    share: float = Field(ge=0, le=1)
    p05: float = Field(ge=0, le=1, description="90 % interval (Jeffreys).")
    p95: float = Field(ge=0, le=1)


class VoterEntityLine(Shape):
    """The voters it counts as one with, and what joins them."""

    entity: Account
    addresses: list[Account]
    grounds: list[str]
    confidence: Confidence
    stake: StakeNow | None


class VoterBloc(Shape):
    """A standing group it belongs to."""

    bloc_id: str
    kind: BlocKind
    p_value: float | None
    entities: int


class VoterDetail(Shape):
    """One voter's public record."""

    address: Account
    as_of: datetime
    entity: VoterEntityLine | None = Field(description="Null where it has no stake now.")
    stake: StakeNow | None = Field(description="Null where it has none, or it is not known.")
    stake_history: list[StakeChangeLine] = Field(description="The newest 100 changes.")
    rounds: list[VoterRoundLine] = Field(description="The newest 30 finished rounds.")
    agreement: Agreement | None = Field(description="Null without a vote.")
    requests: int = Field(description="Over the rounds listed.")
    missed: int
    delegations: list[WalletLinkLine] = Field(
        description="Who votes for whom: delegations, designated voters, votes sent for another."
    )
    links: list[WalletLinkLine] = Field(
        description="Other links, the surest first; votes sealed at the same time among them."
    )
    blocs: list[VoterBloc]
    missing: list[str]
    caution: str
    notice: str | None
