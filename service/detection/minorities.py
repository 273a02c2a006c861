"""Requests that can show who stands together: those with a small minority.

Where all agree, agreeing says nothing; where many disagree, a minority is no group. Source of the
limits: docs/methodology.md, "Standing blocs".
"""

from dataclasses import dataclass

import numpy as np

from service.risk.signs.vote_matrix import ABSENT, majority_of

# The largest share of the heads that still is a small minority, and the fewest of them.
MOST_MINORITY = 0.15
LEAST_MINORITY = 2


@dataclass(frozen=True, slots=True)
class Minorities:
    """I informative requests of a vote matrix; E entities."""

    # (I,) which columns of the vote matrix.
    columns: np.ndarray
    # (E, I) bool: voted; voted otherwise than most.
    present: np.ndarray
    minority: np.ndarray
    # (E, I) int16 answers, -1 where absent.
    answers: np.ndarray


def find_minorities(answers: np.ndarray) -> Minorities:
    """The informative requests of (E, R) answers."""
    present = answers != ABSENT
    minority = present & (answers != majority_of(answers)[None, :])
    heads, against = present.sum(axis=0), minority.sum(axis=0)
    share = against / np.maximum(heads, 1)
    columns = np.flatnonzero((against >= LEAST_MINORITY) & (share <= MOST_MINORITY))
    return Minorities(
        columns, present[:, columns], minority[:, columns], answers[:, columns].astype(np.int16)
    )
