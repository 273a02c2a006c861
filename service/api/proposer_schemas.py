"""The shapes of what an address did on the oracle."""

from datetime import datetime

from pydantic import Field

from models.enums import Support
from service.api.attack_schemas import SignTransaction
from service.api.schemas import Account, Hex32, Interval, RawPrice
from service.api.shape import Shape
from service.api.wallet_schemas import LinkedWallet, WalletLinkLine


class DisputeTally(Shape):
    """Disputes by how they ended."""

    total: int
    disputer_won: int = Field(description="Settled at another price than was proposed.")
    proposer_won: int = Field(description="Settled at the price that was proposed.")
    unsettled: int = Field(description="No settlement of the disputed request is stored.")


class WrongAnswers(Shape):
    """Markets that paid what the entity had proposed, by settled truth labels."""

    labelled: int = Field(description="With a settled label: the only ones anything is known of.")
    paid_wrong: int
    share: Interval | None = Field(
        description="Of the labelled ones, 90 % by Jeffreys; null without any. Labels are made of "
        "suspicious markets first, so it is no rate of all proposals."
    )
    support: Support
    reason: str | None = Field(description="Why there is no share.")


class DisputeLine(Shape):
    """One dispute the entity was part of."""

    role: str = Field(description="proposer, disputer, or both.")
    proposer: Account
    disputer: Account
    disputed_at: datetime
    market: Hex32 | None = Field(description="Condition id, where the catalogue has the market.")
    title: str | None
    proposed_price: RawPrice
    settled_price: RawPrice | None
    chain_id: int
    transaction: Hex32
    log_index: int
    link: str | None


class EntitySign(Shape):
    """A sign that stands about the entity; a pattern in public logs, no finding."""

    signal: str
    log_lr: float
    words: str
    value: float | None
    unit: str
    support: Support
    known_at: datetime
    model_version: str
    evidence: list[SignTransaction]


class ProposerDetail(Shape):
    """What an address and those surely of the same owner did on the oracle."""

    address: Account
    as_of: datetime
    entity_id: Account = Field(description="The least address of the entity.")
    addresses: list[Account] = Field(description="Merged by OWN links of 0.95 and more.")
    linked: list[LinkedWallet] = Field(description="Over OWN links, less sure ones too.")
    links: list[WalletLinkLine]
    proposals: int = Field(description="Stored proposals of any question, official or not.")
    proposals_disputed: DisputeTally = Field(description="Its proposals that others disputed.")
    disputes: DisputeTally = Field(description="Its disputes of others' proposals.")
    self_disputes: int = Field(description="Of its own proposals; in neither of the above.")
    wrong_answers: WrongAnswers
    recent_disputes: list[DisputeLine] = Field(description="The newest 50.")
    rings: list[EntitySign] = Field(description="Rings it is a member of.")
    signs: list[EntitySign] = Field(description="All else that stands about the entity.")
    exposure: str = Field(description="Where its positions are.", examples=["/v1/wallets/0x…"])
    missing: list[str]
    caution: str
    notice: str | None
