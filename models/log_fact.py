"""What every row made from a log has."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from models.base import Address, Bytes32, UtcTimestamp
from models.chain import Block


class LogFact:
    """The identity every fact from a log shares."""

    @declared_attr
    def block_id(self) -> Mapped[int]:
        """The block that carries the log.

        It has an index of its own: the key begins with the log's place in its block, and each
        block that goes takes its rows with it.
        """
        return mapped_column(
            BigInteger().with_variant(Integer, "sqlite"),
            ForeignKey(Block.id, ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
            index=True,
        )

    log_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    transaction_hash: Mapped[bytes] = mapped_column(Bytes32)
    # The contract that emitted the log.
    address: Mapped[bytes] = mapped_column(Address)
    # Block time plus the chain's finality lag: a score for time T reads only known_at <= T.
    known_at: Mapped[datetime] = mapped_column(UtcTimestamp)
