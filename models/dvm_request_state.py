"""Requests of the vote as their facts leave them, one row each, joined to their questions."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Address, Base, Bytes32, Int256, UmaAmount, UtcTimestamp
from models.enums import LinkMethod


class DvmRequestState(Base):
    """One request of the vote, or one that a bridge announced and the vote is silent about."""

    __tablename__ = "dvm_request_states"
    __table_args__ = (
        Index(None, "question_id"),
        Index(None, "dvm_time"),
        Index(None, "last_round"),
    )

    # keccak256 of identifier, time and text: the bridge's parentRequestId.
    request_id: Mapped[bytes] = mapped_column(Bytes32, primary_key=True)
    identifier: Mapped[bytes] = mapped_column(Bytes32)
    # The proposal's time.
    dvm_time: Mapped[int] = mapped_column(BigInteger)
    # How its dispute was found; ``none`` for governance, strangers' requests and lost logs.
    link: Mapped[LinkMethod] = mapped_column(String(20))
    question_chain_id: Mapped[int | None] = mapped_column(Integer)
    adapter: Mapped[bytes | None] = mapped_column(Address)
    question_id: Mapped[bytes | None] = mapped_column(Bytes32)
    # What the vote's chain said; all null or 0 while it is silent.
    requester: Mapped[bytes | None] = mapped_column(Address)
    is_governance: Mapped[bool | None] = mapped_column()
    added_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    first_round: Mapped[int | None] = mapped_column(BigInteger)
    last_round: Mapped[int | None] = mapped_column(BigInteger)
    roll_count: Mapped[int] = mapped_column(Integer)
    is_deleted: Mapped[bool] = mapped_column()
    resolved_round: Mapped[int | None] = mapped_column(BigInteger)
    resolved_price: Mapped[int | None] = mapped_column(Int256)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcTimestamp)
    # The opened votes of the round that decided, or of the newest one that has any: how many
    # voters sealed and opened, their weight in wei, the price that leads and its weight.
    counted_round: Mapped[int | None] = mapped_column(BigInteger)
    committed: Mapped[int] = mapped_column(Integer)
    revealed: Mapped[int] = mapped_column(Integer)
    turnout: Mapped[int] = mapped_column(UmaAmount)
    leading_price: Mapped[int | None] = mapped_column(Int256)
    leading_weight: Mapped[int] = mapped_column(UmaAmount)
    # The answer as it left the vote's chain, and as it landed on the question's.
    left_price: Mapped[int | None] = mapped_column(Int256)
    landed_price: Mapped[int | None] = mapped_column(Int256)
