"""Who was in the minority where, shuffled with every voter's and every request's count kept.

Two rows trade the requests that only one of them was in the minority of and both voted on: the
curveball walk, whose long run is uniform over all such tables. A vote never given stays so.
Source: Strona et al. 2014, "A fast and unbiased procedure to randomize ecological binary matrices";
docs/methodology.md, "Standing blocs".
"""

from collections.abc import Iterator

import numpy as np

# Sweeps before the first table counts; in a sweep each row trades once.
BURN_IN = 20


def shuffled(
    minority: np.ndarray, present: np.ndarray, draws: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """``draws`` tables like ``minority`` (E, I), bool; the array is used again by the next one."""
    table = minority.copy()
    # Rows without a minority vote have nothing to trade away.
    able = np.flatnonzero(minority.any(axis=1))
    for draw in range(BURN_IN + draws):
        _sweep(table, present, able, rng)
        if draw >= BURN_IN:
            yield table


def _sweep(
    table: np.ndarray, present: np.ndarray, able: np.ndarray, rng: np.random.Generator
) -> None:
    order = rng.permutation(able)
    half = len(order) // 2
    ones, others = order[:half], order[half : 2 * half]
    first, second = table[ones], table[others]
    pool = (first != second) & present[ones] & present[others]
    pair, column = np.nonzero(pool)
    if len(pair) == 0:
        return
    # Of its pool the first row gets as many as it had, whichever they are.
    wanted = (first & pool).sum(axis=1)
    keyed = np.argsort(pair + rng.random(len(pair)), kind="stable")
    starts = np.searchsorted(pair, np.arange(half))
    rank = np.empty(len(pair), dtype=np.intp)
    rank[keyed] = np.arange(len(pair)) - starts[pair]
    is_first = rank < wanted[pair]
    table[ones[pair], column] = is_first
    table[others[pair], column] = ~is_first
