"""What the last check of the stored rows found."""

from datetime import datetime

from sqlalchemy import BigInteger, Float, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UtcTimestamp


class DataCheck(Base):
    """One invariant over all rows, as it was last checked.

    Each break is a row of the data issues, with the invariant's name as its source.
    """

    __tablename__ = "data_checks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    says: Mapped[str] = mapped_column(String(300))
    checked: Mapped[int] = mapped_column(BigInteger)
    broken: Mapped[int] = mapped_column(BigInteger)
    # What it needs lies before the first indexed block, in a gap, or is still to come.
    not_checkable: Mapped[int] = mapped_column(BigInteger)
    # Rows that differ, and may yet come to agree: one source follows the other by minutes.
    lagging: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    as_of: Mapped[datetime] = mapped_column(UtcTimestamp)
    seconds: Mapped[float] = mapped_column(Float)
