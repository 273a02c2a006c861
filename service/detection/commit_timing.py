"""Whether two voters seal their votes closer together than chance and habit explain.

Two tests must agree. Gaps against circular shifts inside the phase, by the round's own clock (the
place among all who sealed): the rush before an end makes nobody a pair. And gaps against those of
the same two across rounds: a shared hour of the day makes nobody one.
docs/methodology.md, "Standing blocs".
"""

from collections.abc import Iterable
from math import lgamma

import numpy as np
from scipy.special import gammaincc, ndtr
from scipy.stats import rankdata

from service.protocol.rounds import PHASE_SECONDS

# No gap is told from another below the time of a block, as a share of half the phase.
_BLOCK = 2 * 12 / PHASE_SECONDS
# Rounds both sealed in, below which times say nothing.
LEAST_ROUNDS = 5


def round_places(sealed_at: np.ndarray) -> np.ndarray:
    """(E, K) places in 0..1 among those who sealed in a round, ties in the middle; NaN: absent."""
    places = np.full(sealed_at.shape, np.nan)
    for column in range(sealed_at.shape[1]):
        sealed = np.flatnonzero(~np.isnan(sealed_at[:, column]))
        if len(sealed):
            places[sealed, column] = (rankdata(sealed_at[sealed, column]) - 0.5) / len(sealed)
    return places


def timing_p_values(
    sealed_at: np.ndarray, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """The p-value of each pair that sealed in enough common rounds; the others are left out."""
    places = round_places(sealed_at)
    sealers = (~np.isnan(sealed_at)).sum(axis=0)
    found: dict[tuple[int, int], float] = {}
    for one, other in pairs:
        # Two who are alone have no others to be close beside.
        both = np.flatnonzero(
            ~np.isnan(places[one]) & ~np.isnan(places[other]) & (sealers > 2)  # noqa: PLR2004
        )
        if len(both) >= LEAST_ROUNDS:
            by_shift = _by_shift(places[one, both], places[other, both], 1 / sealers[both])
            clock = sealed_at[:, both] / PHASE_SECONDS
            found[one, other] = max(by_shift, by_habit(clock[one], clock[other]))
    return found


def _gaps(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Round a circle of length 1, as shares of the longest there is."""
    apart = np.abs(ones - others)
    gaps: np.ndarray = 2 * np.minimum(apart, 1 - apart)
    return gaps


def _by_shift(ones: np.ndarray, others: np.ndarray, floor: np.ndarray) -> float:
    """Gaps by the round's own clock against any shift; a gap is no smaller than a place.

    Under a uniform shift a gap is uniform on 0..1, so the sum of n logarithms is Gamma(n).
    """
    met = -np.log(np.maximum(_gaps(ones, others), floor)).sum()
    return float(gammaincc(len(ones), met))


def by_habit(ones: np.ndarray, others: np.ndarray) -> float:
    """Gaps by the clock on the wall in the same round against those across rounds; 0..1 a phase.

    By Hoeffding's moments of a sum over a random matching of the rounds, taken as normal.
    """
    count = len(ones)
    closeness = -np.log(np.maximum(_gaps(ones[:, None], others[None, :]), _BLOCK))
    across = closeness.mean(axis=0)[None, :] + closeness.mean(axis=1)[:, None]
    centred = closeness - across + closeness.mean()
    spread = np.sqrt((centred**2).sum() / (count - 1))
    if spread <= 0:
        return 1.0
    score = (closeness.trace() - closeness.sum() / count) / spread
    # So few rounds have no more than n! matchings.
    return max(float(ndtr(-score)), float(np.exp(-lgamma(count + 1))))
