"""What getters of contracts said, while they said the same."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, RowId, UtcTimestamp


class ParameterReading(Base):
    """One value of one getter, from the first block it was read at to the last."""

    __tablename__ = "parameter_readings"
    __table_args__ = (Index(None, "chain_id", "address", "name", "last_block"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    chain_id: Mapped[int] = mapped_column(Integer)
    address: Mapped[bytes] = mapped_column(Address)
    name: Mapped[str] = mapped_column(String(40))
    # A whole number as decimal text, an address as 0x-hex.
    value: Mapped[str] = mapped_column(String(80))
    first_block: Mapped[int] = mapped_column(BigInteger)
    last_block: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
