"""The shapes of wallets and their links."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.enums import Support
from models.wallet_enums import HoldingState, LinkBasis, LinkKind, WalletKind, WalletRole
from service.api.schemas import Account, Hex32, Interval, Usdc
from service.api.shape import Shape

Confidence = Annotated[
    str,
    Field(
        pattern=r"^[01]\.\d{3}$",
        description="Between 0 and 1, our judgement of the evidence, not a measured frequency.",
        examples=["0.990"],
    ),
]
Shares = Annotated[
    str, Field(pattern=r"^\d+\.\d{6}$", description="Shares; each pays at most 1 USDC.")
]


class LinkEvidence(Shape):
    """What a link rests on: a log, or a ground in words."""

    ground: str
    chain_id: int | None
    block: int | None
    transaction: Hex32 | None
    log_index: int | None
    link: str | None = Field(description="The transaction in a public explorer.")


class WalletLinkLine(Shape):
    """One link, as it was known at the time asked for."""

    from_address: Account = Field(description="Who controls, or paid.")
    to_address: Account
    kind: LinkKind = Field(
        description="OWN: one owner of the money. VOTE: one decides the other's vote. "
        "FUND: one paid for the other."
    )
    basis: LinkBasis
    confidence: Confidence
    valid_from: datetime | None = Field(description="Block time; null where it is not known.")
    valid_to: datetime | None = Field(description="Null while it holds.")
    known_at: datetime = Field(description="From when on this much was known of it.")
    evidence: list[LinkEvidence]


class LinkedWallet(Shape):
    """An address that may be the same owner's."""

    address: Account
    kind: WalletKind | None
    confidence: Confidence


class WalletDetail(Shape):
    """An address with its links."""

    address: Account
    kind: WalletKind | None = Field(
        description="Null for an address that neither proposed, disputed or voted nor follows "
        "from one that did."
    )
    roles: list[WalletRole]
    known_at: datetime | None
    as_of: datetime
    links: list[WalletLinkLine]
    linked: list[LinkedWallet] = Field(description="Over OWN links that hold, the surest first.")
    missing: list[str] = Field(description="What is not there, and why.")
    caution: str = Field(description="How these statements must be read.")
    notice: str | None


class AmountInterval(Shape):
    """An expected loss, with bounds that follow the probability's 90 % interval."""

    mean_usdc: Usdc
    p05_usdc: Usdc
    p95_usdc: Usdc


class ExposureMarket(Shape):
    """One market held."""

    ref: Hex32
    slug: str | None
    title: str
    group_title: str | None
    exclusive_group: Hex32 | None = Field(description="Of its markets a single one pays Yes.")
    vote_round: int | None = Field(description="The undecided vote it waits for.")
    yes_shares: Shares
    no_shares: Shares
    net_outcome: str | None = Field(description="The side that is left when pairs cancel.")
    at_stake_usdc: Usdc = Field(description="What a payout against that side takes at most.")
    value_usdc: Usdc | None = Field(description="At the middle price; null without a book.")
    mid_yes: str | None = Field(pattern=r"^[01]\.\d{6}$", description="A Yes, half-way.")
    mid_known_at: datetime | None
    p: Interval | None = Field(description="Probability that the market is paid out wrong.")
    assessment_as_of: datetime | None
    model_version: str | None
    support: Support | None
    expected_loss: AmountInterval | None
    is_upper_bound: bool = Field(
        description="Which way a wrong payout would go is unknown: all of it is counted."
    )
    source: str = Field(examples=["positions", "holders", "several"])
    held_known_at: datetime = Field(description="When this was last seen held.")
    missing: list[str]


class RoundScenarioLine(Shape):
    """All markets of one round of the vote paid against the holding together."""

    vote_round: int
    markets: int
    loss_usdc: Usdc
    probability_at_most: float | None = Field(
        ge=0, le=1, description="Null where one of its markets has no assessment."
    )


class ExposureTotal(Shape):
    """All markets together."""

    expected_loss: AmountInterval = Field(
        description="The sum, true whatever binds the markets; its bounds are the widest."
    )
    bound_usdc: Usdc = Field(
        description="No wrong payouts, of however many markets, take more; of an exclusive group "
        "one answer counts."
    )
    deviation_apart_usdc: Usdc = Field(description="Spread if markets go wrong independently.")
    deviation_by_round_usdc: Usdc = Field(
        description="Spread if the markets of a round of the vote go wrong together."
    )
    p_any_apart: float | None = Field(
        ge=0, le=1, description="Null where a market at stake has no assessment."
    )
    p_any_least: float = Field(ge=0, le=1, description="By the markets that are scored.")
    p_any_most: float | None = Field(
        ge=0, le=1, description="Null where a market at stake has no assessment."
    )
    worst_round: RoundScenarioLine | None
    markets: int
    unscored: int = Field(description="Held and not scored: in the bound, in no expectation.")
    value_usdc: Usdc | None = Field(description="Null where one market has no price.")


class ExposureBlock(Shape):
    """What one address holds, or several of them together."""

    state: HoldingState
    # null where nothing was ever asked for: unknown is not nothing.
    total: ExposureTotal | None
    markets: list[ExposureMarket] = Field(description="The largest stakes first.")
    checked_at: datetime | None = Field(
        description="When the address was last asked for; null for several, or if it never was."
    )
    missing: list[str]


class LinkedExposure(Shape):
    """What an address that may be the same owner's holds by itself."""

    address: Account
    kind: WalletKind | None
    confidence: Confidence
    state: HoldingState
    checked_at: datetime | None
    # null where nothing was ever asked for: unknown is not nothing.
    total: ExposureTotal | None


class WalletExposure(Shape):
    """What hangs on the payouts of the markets a wallet holds."""

    address: Account
    as_of: datetime
    min_confidence: Confidence
    own: ExposureBlock
    linked: list[LinkedExposure] = Field(
        description="Addresses linked at `min_confidence` or more, each apart."
    )
    together: ExposureBlock | None = Field(
        description="The address and those linked, as one owner's; null if none is linked."
    )
    caution: str
    notice: str | None
