"""What held for a contract in which blocks, folded from its own logs."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, UtcTimestamp
from models.data_enums import PeriodKind


class ContractPeriod(Base):
    """A parameter, implementation, role, administrator or whitelist member while it held.

    From the log that began it (inclusive) to the log that ended it (exclusive), by block and log
    index. What was set before the first indexed block and never changed since has no row.
    """

    __tablename__ = "contract_periods"
    __table_args__ = (Index(None, "kind", "name"), Index(None, "value"))

    chain_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    address: Mapped[bytes] = mapped_column(Address, primary_key=True)
    kind: Mapped[PeriodKind] = mapped_column(String(20), primary_key=True)
    # The parameter, the role (0x-hex where its name is not known) or the kind itself.
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    # What a parameter is of, where it is not of the whole contract: a currency or a role.
    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    # Whole numbers as decimal text, addresses with their checksum.
    value: Mapped[str] = mapped_column(String(80), primary_key=True)
    from_block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_log_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    from_at: Mapped[datetime] = mapped_column(UtcTimestamp)
    transaction_hash: Mapped[bytes] = mapped_column(Bytes32)
    # All null while it holds.
    to_block: Mapped[int | None] = mapped_column(BigInteger)
    to_log_index: Mapped[int | None] = mapped_column(Integer)
    to_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    ended_by: Mapped[bytes | None] = mapped_column(Bytes32)
