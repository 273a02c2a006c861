"""One entry of a market's timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Detail = str | int | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """Where on which chain a fact can be looked up."""

    chain_id: int
    hash: bytes
    block_number: int
    log_index: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, in one plain sentence."""

    at: datetime
    # From when on we could know it; a score for an earlier time did not read it.
    known_at: datetime
    kind: str
    sentence: str
    source: str
    transaction: Transaction | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)
    # From a block that is not final: it may yet be taken back, and no score reads it.
    provisional: bool = False

    @property
    def key(self) -> tuple[int, int, int, int, str]:
        """The entry's place in the order: time, then chain order, then kind; stable over reads."""
        where = self.transaction
        position = (where.block_number, where.log_index) if where else (-1, -1)
        # Ethereum's blocks are not comparable with Polygon's; within a second Polygon comes first.
        chain = -where.chain_id if where else 0
        return (int(self.at.timestamp() * 1_000_000), chain, *position, self.kind)
