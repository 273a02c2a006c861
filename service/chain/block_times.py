"""Finding blocks by their time: an event-based request bears its block's own second."""

from collections.abc import Callable

TimeOf = Callable[[int], int]


def blocks_at(timestamp: int, low: int, high: int, time_of: TimeOf) -> tuple[int, int] | None:
    """The first and last block of a closed range that bear a unix second; ``None`` if none does.

    ``time_of`` tells a block's unix time, which never falls from block to block. Asks about
    ``log2(high - low)`` blocks, twice.
    """
    first = first_block_from(timestamp, low, high, time_of)
    if first is None or time_of(first) != timestamp:
        return None
    after = first_block_from(timestamp + 1, first, high, time_of)
    return first, (high if after is None else after - 1)


def first_block_from(timestamp: int, low: int, high: int, time_of: TimeOf) -> int | None:
    """The first block of a closed range at or after a unix second; ``None`` if all are before."""
    if low > high or time_of(high) < timestamp:
        return None
    while low < high:
        middle = (low + high) // 2
        if time_of(middle) < timestamp:
            low = middle + 1
        else:
            high = middle
    return low
