"""Wallets: what logs and readings say of them, and the links that are made of both."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, Index, Integer, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Document, RowId, UtcTimestamp
from models.log_fact import LogFact
from models.wallet_enums import CreationKind, LinkBasis, LinkKind, WalletKind


class WalletCreation(LogFact, Base):
    """``ProxyCreation``, ``WalletDeployed`` or ``TransactionRelayed``: a wallet's beginning."""

    __tablename__ = "wallet_creations"
    __table_args__ = (Index(None, "owner"), Index(None, "wallet"))

    kind: Mapped[CreationKind] = mapped_column(String(20))
    owner: Mapped[bytes] = mapped_column(Address)
    # None of a proxy, which follows from its owner.
    wallet: Mapped[bytes | None] = mapped_column(Address)
    wallet_id: Mapped[bytes | None] = mapped_column(Bytes32)
    # A deposit wallet's implementation or beacon; whom a relayed call was for.
    target: Mapped[bytes | None] = mapped_column(Address)
    succeeded: Mapped[bool] = mapped_column(Boolean)


class WalletReading(Base):
    """What a chain said of an address, from the first block it was asked at to the last."""

    __tablename__ = "wallet_readings"
    __table_args__ = (Index(None, "address", "chain_id", "last_block"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chain_id: Mapped[int] = mapped_column(Integer)
    address: Mapped[bytes] = mapped_column(Address)
    # Code of its own; an account that delegates to code (EIP-7702) has none.
    has_code: Mapped[bool] = mapped_column(Boolean)
    # Who may act for it, 0x-hex; None where it has no code or does not say.
    owners: Mapped[list[str] | None] = mapped_column(Document)
    # How many of them must agree.
    threshold: Mapped[int | None] = mapped_column(Integer)
    # Whether an account of the vote's chain had sent more transactions than anybody's own few
    # hundred; None where it was not asked, or has code.
    is_busy: Mapped[bool | None] = mapped_column(Boolean)
    first_block: Mapped[int] = mapped_column(BigInteger)
    last_block: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class Wallet(Base):
    """An address of somebody who proposed, disputed or voted, or a wallet that follows from it."""

    __tablename__ = "wallets"

    address: Mapped[bytes] = mapped_column(Address, primary_key=True)
    kind: Mapped[WalletKind] = mapped_column(String(20))
    # In which parts it was seen (WalletRole); empty for one that only follows from another.
    roles: Mapped[list[str]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class WalletLink(Base):
    """What is known of a link from a time on; the newest row of a link known by then counts.

    Links are statements about public evidence at a confidence, never about people.
    """

    __tablename__ = "wallet_links"
    __table_args__ = (
        Index(None, "from_address", "known_at"),
        Index(None, "to_address", "known_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # The one who controls or paid, and the one controlled or paid for.
    from_address: Mapped[bytes] = mapped_column(Address)
    to_address: Mapped[bytes] = mapped_column(Address)
    kind: Mapped[LinkKind] = mapped_column(String(10))
    basis: Mapped[LinkBasis] = mapped_column(String(20))
    confidence: Mapped[Decimal] = mapped_column(Numeric(4, 3))
    # Block times; valid_to is empty while it holds.
    valid_from: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    valid_to: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # Logs ({"chain_id", "block", "transaction", "log_index"}) or other grounds ({"ground"}).
    evidence: Mapped[list[dict[str, object]]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class WalletScan(Base):
    """Up to which block the factories' logs were searched for an account."""

    __tablename__ = "wallet_scans"

    chain_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    owner: Mapped[bytes] = mapped_column(Address, primary_key=True)
    next_block: Mapped[int] = mapped_column(BigInteger)
