"""What a record could not have shown: groups planted into it, and how often they would be seen.

"Nothing found" means something only beside the number of joint pushes that would have been found.
Planted groups are judged by their counts alone, before shuffling, which costs a little more; timing
could help and is left out. docs/methodology.md, "What the search for blocs can see".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.detection.co_minority import LEAST_SHARED, count_pairs
from service.detection.groups import discoveries
from service.detection.minorities import find_minorities
from service.risk.signs.vote_matrix import ABSENT, majority_of

SIZES = (4, 6)
PUSHES = (3, 5, 7, 9, 11, 13, 16, 20, 25, 30, 40, 60, 80)
TRIALS = 20
# Share of the trials a group must be seen in.
POWER = 0.95
# Who votes less often than in this share of the requests pushes nothing together.
_ACTIVE = 0.5


@dataclass(frozen=True, slots=True)
class LeastPushes:
    """Joint pushes that a group of a size needs; None: no number tried would have shown it."""

    size: int
    pushes: int | None
    most_tried: int
    trials: int


def least_pushes(
    answers: np.ndarray, seed: int = 0, sizes: Sequence[int] = SIZES, trials: int = TRIALS
) -> list[LeastPushes]:
    """For each size the fewest of :data:`PUSHES` that are seen in 95 % of ``trials``."""
    rng = np.random.default_rng(seed)
    voted = (answers != ABSENT).sum(axis=1)
    able = np.flatnonzero((voted > 0) & (voted >= _ACTIVE * answers.shape[1]))
    possible = [pushes for pushes in PUSHES if pushes <= answers.shape[1]]
    found = []
    for size in sizes:
        needed: int | None = None
        low, high = 0, len(possible) - 1
        while size <= len(able) and low <= high:
            middle = (low + high) // 2
            seen = [_is_seen(answers, able, size, possible[middle], rng) for _ in range(trials)]
            if sum(seen) >= POWER * trials:
                needed, high = possible[middle], middle - 1
            else:
                low = middle + 1
        found.append(LeastPushes(size, needed, possible[-1] if possible else 0, trials))
    return found


def _is_seen(
    answers: np.ndarray,
    able: np.ndarray,
    size: int,
    pushes: int,
    rng: np.random.Generator,
) -> bool:
    """Whether more than half of a group planted at random would hang together."""
    members = np.sort(rng.choice(able, size=size, replace=False))
    columns = rng.choice(answers.shape[1], size=pushes, replace=False)
    planted = answers.copy()
    # The answer that most did not give; which one says nothing.
    pushed = np.where(majority_of(answers[:, columns]) == 0, 1, 0)
    block = planted[np.ix_(members, columns)]
    planted[np.ix_(members, columns)] = np.where(block == ABSENT, ABSENT, pushed[None, :])
    counts = count_pairs(find_minorities(planted), members.tolist())
    ones, others = np.triu_indices(size, 1)
    rows, columns = members[ones], members[others]
    p_values = np.where(
        counts.shared[rows, columns] >= LEAST_SHARED, counts.p_value[rows, columns], 1.0
    )
    count = len(answers)
    passed = discoveries(p_values, count * (count - 1) // 2)
    return _largest(size, ones[passed], others[passed]) * 2 > size


def _largest(size: int, ones: np.ndarray, others: np.ndarray) -> int:
    """How many members the largest connected part has."""
    part = np.arange(size)
    for one, other in zip(ones, others, strict=True):
        part[part == part[other]] = part[one]
    return int(np.bincount(part).max())
