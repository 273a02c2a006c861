"""The shapes of wallets and their links."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from models.wallet_enums import LinkBasis, LinkKind, WalletKind, WalletRole
from service.api.schemas import Account, Hex32
from service.api.shape import Shape

Confidence = Annotated[
    str,
    Field(
        pattern=r"^[01]\.\d{3}$",
        description="Between 0 and 1, our judgement of the evidence, not a measured frequency.",
        examples=["0.990"],
    ),
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
