"""Where a log stands on its chain."""

from dataclasses import dataclass
from datetime import datetime

# A log's order on its chain: block number, log index.
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """A block as far as facts need it."""

    chain_id: int
    number: int
    hash: bytes
    parent_hash: bytes
    mined_at: datetime


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a log stands: its identity (chain, block hash, log index) and its order."""

    chain_id: int
    block_number: int
    block_hash: bytes
    log_index: int
    transaction_hash: bytes
    # The contract that emitted it.
    address: bytes

    @property
    def place(self) -> Place:
        """The log's order on its chain."""
        return self.block_number, self.log_index
