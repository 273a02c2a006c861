"""Whether two voters open their votes closer together than crowds and habit explain.

Votes are opened in bursts: by machines in the first minutes of the phase, and whenever many are
reminded at once. So a gap is as wide as the crowd around it: everybody who opened within half an
hour of either of the two is counted as lying between them, and who opens in a crowd is close to
nobody. And gaps are held against those of the same two across rounds: machines that always take the
same few seconds are explained by that. Both must agree. docs/methodology.md, "Standing blocs".
"""

from collections.abc import Iterable

import numpy as np
from scipy.special import gammaincc

from service.detection.commit_timing import LEAST_ROUNDS, by_habit
from service.protocol.rounds import PHASE_SECONDS

# Who opens within so long of another may follow the same machine's clock, or the same reminder.
CROWD_SECONDS = 1_800.0
# With no more openers every gap is as wide as the round.
_LEAST_OPENERS = 5


def opening_p_values(
    opened_at: np.ndarray, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """The p-value of each pair that opened in enough common rounds; the others are left out.

    ``opened_at``: (E, K) seconds into the phase of the first opened vote of a round; NaN: none.
    """
    openers = (~np.isnan(opened_at)).sum(axis=0)
    before, until = _crowd_edges(opened_at)
    found: dict[tuple[int, int], float] = {}
    for one, other in pairs:
        both = np.flatnonzero(
            ~np.isnan(opened_at[one]) & ~np.isnan(opened_at[other]) & (openers >= _LEAST_OPENERS)
        )
        if len(both) < LEAST_ROUNDS:
            continue
        crowd = np.maximum(until[one, both], until[other, both]) - np.minimum(
            before[one, both], before[other, both]
        )
        clock = opened_at[:, both] / PHASE_SECONDS
        found[one, other] = max(_by_crowd(crowd, openers[both]), by_habit(clock[one], clock[other]))
    return found


def _crowd_edges(opened_at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(E, K) how many opened before an entity's half hours, and until their end."""
    before = np.zeros(opened_at.shape)
    until = np.zeros(opened_at.shape)
    for column in range(opened_at.shape[1]):
        times = opened_at[:, column]
        ordered = np.sort(times[~np.isnan(times)])
        before[:, column] = np.searchsorted(ordered, times - CROWD_SECONDS, side="left")
        until[:, column] = np.searchsorted(ordered, times + CROWD_SECONDS, side="right")
    return before, until


def _by_crowd(crowd: np.ndarray, openers: np.ndarray) -> float:
    """Gaps as wide as their crowds against any shift of one voter by the round's own clock.

    Under a uniform shift twice the shorter way between two places is uniform on 0..1; the crowd is
    at least as wide, so the Gamma tail of the sum of logarithms errs to the safe side.
    """
    gaps = np.minimum(1.0, 2 * crowd / openers)
    return float(gammaincc(len(gaps), -np.log(gaps).sum()))
