"""What the contracts' logs say of the contracts themselves."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document, RawBytes
from models.log_fact import LogFact


class ContractChange(LogFact, Base):
    """A role, parameter, upgrade, whitelist entry or governance step, with its words by name."""

    __tablename__ = "contract_changes"
    __table_args__ = (Index(None, "name"), Index(None, "subject"), Index(None, "address", "name"))

    # The event's name in the contract's source.
    name: Mapped[str] = mapped_column(String(60))
    # The 32-byte id or 20-byte address it is about, where it is about one thing.
    subject: Mapped[bytes | None] = mapped_column(RawBytes(32))
    # Whole numbers as decimal text, bytes as 0x-hex, addresses with their checksum.
    words: Mapped[dict[str, object]] = mapped_column(Document)
