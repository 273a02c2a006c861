"""Trades read lately, whoever's they are: what a proposal learned of now may ask for.

A proposal is known some seconds after its block, and its market's trades are wanted from a little
before it. Without this each new proposal would have the exchanges' last logs read once more.
"""

from collections import deque
from collections.abc import Collection, Sequence

from service.protocol.fills import Fill

# Ten minutes of Polygon's blocks, and never more than some 30 MB.
BLOCKS = 400
MOST = 50_000
# How far back trades are read for a market learned of late: two hours, as long as most answers
# can be challenged.
LOOK_BACK_BLOCKS = 4_800


class RecentFills:
    """The fills of the newest blocks read, in memory; a gap or a rewind empties it."""

    def __init__(self, blocks: int = BLOCKS, most: int = MOST) -> None:
        """Empty at first."""
        self._blocks = blocks
        self._most = most
        self._fills: deque[Fill] = deque()
        self._first = self._next = 0
        # Blocks that may be read once more for markets learned of late.
        self.allowance = LOOK_BACK_BLOCKS

    def first_block(self, cursor: int) -> int:
        """From which block up to a cursor all fills are here; the cursor itself if none are."""
        return self._first if self._next == cursor else cursor

    def add(self, first: int, following: int, fills: Sequence[Fill]) -> None:
        """Append what a range of blocks held, ``following`` the block after it."""
        if self._next != first:
            self._fills.clear()
            self._first = first
        self._fills.extend(fills)
        self._next = following
        self.allowance = min(LOOK_BACK_BLOCKS, self.allowance + following - first)
        self._first = max(self._first, following - self._blocks)
        while self._fills and (
            self._fills[0].at.block_number < self._first or len(self._fills) > self._most
        ):
            self._first = max(self._first, self._fills.popleft().at.block_number + 1)
        # What is left of a block that was cut through is not whole.
        while self._fills and self._fills[0].at.block_number < self._first:
            self._fills.popleft()

    def list(self, tokens: Collection[int], first: int) -> list[Fill]:
        """The fills of these tokens from a block on."""
        return [f for f in self._fills if f.at.block_number >= first and f.token_id in tokens]

    def forget(self) -> None:
        """Drop everything."""
        self._fills.clear()
        self._first = self._next = 0
