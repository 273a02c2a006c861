"""Where two views of a chain part, and which view to believe: pure, fed with hashes.

A hash commits to everything below it, so two chains that agree on a block agree on all before it:
the last common block is found by searching, not by walking.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# A majority is clear from this many voices on.
MAJORITY = 2


@dataclass(frozen=True, slots=True)
class Agreed:
    """Everybody who was asked gives one hash."""

    block_hash: bytes


@dataclass(frozen=True, slots=True)
class Outvoted:
    """More than half give one hash, and at least two do; the others are named."""

    block_hash: bytes
    minority: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """No hash has a clear majority: nobody is believed."""


def sides_of(votes: Mapping[int, bytes]) -> dict[bytes, tuple[int, ...]]:
    """Who gives which hash."""
    voices: dict[bytes, list[int]] = defaultdict(list)
    for number in sorted(votes):
        voices[votes[number]].append(number)
    return {block_hash: tuple(numbers) for block_hash, numbers in voices.items()}


def weigh(votes: Mapping[int, bytes]) -> Agreed | Outvoted | Split:
    """What several voices, by number, say together of one block's hash; at least one must speak."""
    sides = sides_of(votes)
    block_hash, loudest = max(sides.items(), key=lambda side: len(side[1]))
    if len(sides) == 1:
        return Agreed(block_hash)
    if len(loudest) >= MAJORITY and 2 * len(loudest) > len(votes):
        return Outvoted(block_hash, tuple(n for n in sorted(votes) if votes[n] != block_hash))
    return Split()


def next_probe(count: int, same: Mapping[int, bool]) -> int | None:
    """Which of ``count`` blocks, oldest first, to compare next; ``None`` when the search is over.

    From the newest down in doubling steps until one is the same, then by halves in between: a fork
    of ``n`` blocks costs about ``2 log2 n`` comparisons, however long the chain is.
    """
    common = last_same(same)
    parted = min(
        (index for index, is_same in same.items() if not is_same and index > common), default=count
    )
    if parted - common <= 1:
        return None
    if common >= 0:
        return (common + parted) // 2
    return max(0, parted - (1 << len(same)))


def last_same(same: Mapping[int, bool]) -> int:
    """The index of the newest block found the same; -1 where none was."""
    return max((index for index, is_same in same.items() if is_same), default=-1)


def find_common(
    stored: Sequence[tuple[int, bytes]], hash_of: Callable[[int], bytes | None]
) -> int | None:
    """How many of the stored blocks (number and hash, oldest first) the other chain has.

    ``hash_of`` tells the other chain's hash at a number, ``None`` beyond its head. The result is an
    index: ``stored[:result]`` is common, and ``None`` stands for no common block at all.
    """
    same: dict[int, bool] = {}
    while (index := next_probe(len(stored), same)) is not None:
        number, block_hash = stored[index]
        same[index] = hash_of(number) == block_hash
    common = last_same(same)
    return None if common < 0 else common + 1
