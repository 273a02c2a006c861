"""Pairs that stand in the minority together more often than chance allows.

``lam`` is what two voters who know nothing of each other are expected to share, given how often
each is in the minority and how easy each request was to get wrong; both rates are shrunk, and a
request's rate leaves the two out that are judged by it. docs/methodology.md, "Standing blocs".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import pdtrc

from service.detection.minorities import Minorities

# Votes at the mean that a request's rate, and a voter's, are shrunk by.
REQUEST_PSEUDO_VOTES = 20.0
VOTER_PSEUDO_VOTES = 100.0
# No rate comes nearer to certainty.
MOST_RATE = 0.9
# Fewer shared minorities say nothing, however unlikely.
LEAST_SHARED = 3


@dataclass(frozen=True, slots=True)
class PairCounts:
    """(E, E), the diagonal empty: shared minorities, expected ones, Poisson tail."""

    shared: np.ndarray
    expected: np.ndarray
    p_value: np.ndarray


def count_pairs(found: Minorities, rows: Sequence[int] | None = None) -> PairCounts:
    """Shared minority answers of all pairs, or of these rows with all, against independence."""
    minority, present = found.minority, found.present
    count = len(minority)
    shared, expected = np.zeros((count, count)), np.zeros((count, count))
    if minority.size == 0:
        return PairCounts(shared, expected, np.ones((count, count)))
    heads, against = present.sum(axis=0), minority.sum(axis=0)
    mean = against.sum() / heads.sum()
    # (3, I): a request's rate when none, one or both of the pair are of its minority.
    left = np.maximum(heads - 2, 0) + REQUEST_PSEUDO_VOTES
    rates = (
        np.maximum(against[None, :] - np.arange(3)[:, None], 0) + REQUEST_PSEUDO_VOTES * mean
    ) / left[None, :]
    relative = _relative_rates(found, mean)[:, None]
    ones = minority.astype(np.intp)
    places = np.arange(minority.shape[1])
    for one in range(count) if rows is None else rows:
        columns = places[present[one]]
        rate = rates[ones[one, columns] + ones[:, columns], columns]
        both = present[:, columns] * np.minimum(MOST_RATE, relative[one] * rate)
        expected[one] = (both * np.minimum(MOST_RATE, relative * rate)).sum(axis=1)
        against_too = places[minority[one]]
        same = found.answers[:, against_too] == found.answers[one, against_too]
        shared[one] = (same & minority[:, against_too]).sum(axis=1)
    np.fill_diagonal(shared, 0)
    np.fill_diagonal(expected, 0)
    p_value = np.where(shared > 0, pdtrc(shared - 1, expected), 1.0)
    # A pair never asked the same question has nothing expected and nothing shared.
    return PairCounts(shared, expected, np.nan_to_num(p_value, nan=1.0))


def _relative_rates(found: Minorities, mean: float) -> np.ndarray:
    """(E,) how many times as often as others each voter is in the minority, shrunk towards 1."""
    heads, against = found.present.sum(axis=0), found.minority.sum(axis=0)
    others = np.maximum(heads[None, :] - found.present, 0) + REQUEST_PSEUDO_VOTES
    rate = (against[None, :] - found.minority + REQUEST_PSEUDO_VOTES * mean) / others
    pseudo = VOTER_PSEUDO_VOTES * mean
    relative: np.ndarray = (found.minority.sum(axis=1) + pseudo) / (
        (rate * found.present).sum(axis=1) + pseudo
    )
    return relative
