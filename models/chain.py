"""What is known of the chains themselves: contracts, blocks, progress."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Document, RowId, UtcTimestamp
from models.data_enums import DataIssueKind
from models.enums import ContractKind, IndexMode, LookUpKind


class Contract(Base):
    """One line of the versioned address book: which address plays which role, in which blocks."""

    __tablename__ = "contracts"
    __table_args__ = (UniqueConstraint("chain_id", "address", "kind", "from_block"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chain_id: Mapped[int] = mapped_column(Integer)
    address: Mapped[bytes] = mapped_column(Address)
    kind: Mapped[ContractKind] = mapped_column(String(40))
    from_block: Mapped[int] = mapped_column(BigInteger)
    to_block: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[str | None] = mapped_column(String(20))
    # A key that posts clarifications for another creator, from a time on.
    posts_for: Mapped[bytes | None] = mapped_column(Address)
    from_time: Mapped[datetime | None] = mapped_column(UtcTimestamp)


class Block(Base):
    """A block that carries facts. Deleting it deletes them: that is how a reorg is undone."""

    __tablename__ = "blocks"
    __table_args__ = (
        UniqueConstraint("chain_id", "hash"),
        UniqueConstraint("chain_id", "number"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chain_id: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(Bytes32)
    parent_hash: Mapped[bytes] = mapped_column(Bytes32)
    mined_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class Cursor(Base):
    """How far a reader has come on a chain; moves in the same transaction as the facts it read."""

    __tablename__ = "cursors"

    chain_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    reader: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_block: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(UtcTimestamp)


class IndexedRange(Base):
    """A closed range of blocks all of whose logs were read; a single block looked up is none.

    ``full`` is everything, ``lazy`` at least what the lazy mode reads: the first is among the last.
    """

    __tablename__ = "indexed_ranges"
    __table_args__ = (Index(None, "chain_id", "mode", "first_block"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chain_id: Mapped[int] = mapped_column(Integer)
    mode: Mapped[IndexMode] = mapped_column(String(10))
    first_block: Mapped[int] = mapped_column(BigInteger)
    last_block: Mapped[int] = mapped_column(BigInteger)


class DataIssue(Base):
    """A record that could not become a fact, with the reason and enough of it to look again."""

    __tablename__ = "data_issues"
    __table_args__ = (UniqueConstraint("kind", "key"), Index(None, "known_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[DataIssueKind] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(500))
    evidence: Mapped[dict[str, object] | None] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    block_id: Mapped[int | None] = mapped_column(
        ForeignKey("blocks.id", ondelete="CASCADE"), index=True
    )


class LookUp(Base):
    """A look-up of what was not indexed of a disputed request, so that it is made once.

    Of its beginning (``next_block`` empty), or of its settlement up to ``next_block``.
    """

    __tablename__ = "look_ups"

    chain_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    # The oracle, the adapter, and the request's own time and text.
    oracle: Mapped[bytes] = mapped_column(Address, primary_key=True)
    requester: Mapped[bytes] = mapped_column(Address, primary_key=True)
    ancillary_hash: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    request_timestamp: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )
    kind: Mapped[LookUpKind] = mapped_column(String(20), primary_key=True)
    next_block: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(UtcTimestamp)
