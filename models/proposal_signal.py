"""What the market said of proposed answers while they could be disputed."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Document, Int256, RowId, UsdcAmount, UtcTimestamp
from models.market import Market
from models.signal_enums import AnswerKind

_Price = Numeric(10, 6)


class ProposalSignal(Base):
    """One market's verdict on the answer proposed for it; a row a change."""

    __tablename__ = "proposal_signals"
    __table_args__ = (Index(None, "market_id", "known_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey(Market.id, ondelete="CASCADE"))
    # The request the answer was proposed for; None where Polymarket's feed alone tells of it.
    request_timestamp: Mapped[int | None] = mapped_column(BigInteger)
    proposed_price: Mapped[int] = mapped_column(Int256)
    answer: Mapped[AnswerKind] = mapped_column(String(20))
    # Micro-USDC that stand in the books, and were traded, against it; None: not known.
    standing_stake: Mapped[int | None] = mapped_column(UsdcAmount)
    traded_stake: Mapped[int | None] = mapped_column(UsdcAmount)
    # How far the executable price is from what the answer pays, 0 to 1.
    gap: Mapped[Decimal | None] = mapped_column(_Price)
    implied: Mapped[Decimal | None] = mapped_column(_Price)
    # Every reading with its depth, its instant and why it is missing, as the API prints it.
    document: Mapped[dict[str, object]] = mapped_column(Document)
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
