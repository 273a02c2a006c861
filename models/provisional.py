"""What the newest blocks say before they are final: shown and flagged, never scored or fitted."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Bytes32, UtcTimestamp


class ProvisionalFact(Base):
    """A fact above the final head; all of a chain's are replaced each time the chain is read.

    In a table of its own, so that no reader of facts can take one for final by mistake.
    """

    __tablename__ = "provisional_facts"

    chain_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    block_hash: Mapped[bytes] = mapped_column(Bytes32)
    mined_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    read_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    # The fact's shape (a class of ``service.protocol``) and its words as JSON text.
    kind: Mapped[str] = mapped_column(String(40))
    fact: Mapped[str] = mapped_column(Text)
