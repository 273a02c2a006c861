"""Questions that are alike: groups of markets, and rounds of the vote.

docs/methodology.md, "Base rates". Every function takes one code a question; questions of one code
are one cluster.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.risk.draws import Values

Codes = npt.NDArray[np.int64]

ROUND_SECONDS = 172_800


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Which cluster each question is in: 0..``count`` - 1."""

    index: Codes
    count: int

    def sums(self, values: Values) -> Values:
        """Each cluster's sum of one value a question."""
        found: Values = np.bincount(
            self.index, weights=values.astype(np.float64), minlength=self.count
        ).astype(np.float64)
        return found


def cluster_by(codes: Codes) -> Clustering:
    """Clusters of equal codes, numbered from 0."""
    found, index = np.unique(codes, return_inverse=True)
    return Clustering(index.astype(np.int64), len(found))


def round_codes(groups: Codes, rounds: Codes) -> Codes:
    """One code a round of the vote (``rounds`` >= 0); where there was none (-1) the group's."""
    return np.where(rounds >= 0, -1 - rounds, groups)


def average_size(clustering: Clustering) -> float:
    """The size of the cluster of an average question, sum m^2 / sum m; 0 without questions."""
    sizes = np.bincount(clustering.index, minlength=clustering.count).astype(np.float64)
    return float((sizes**2).sum() / sizes.sum()) if sizes.size else 0.0


def likeness(outcomes: Values, clustering: Clustering) -> float | None:
    """The intra-cluster correlation of outcomes in 0..1 (one-way analysis of variance).

    None where it cannot be told: one cluster, or no cluster of two, or all outcomes equal.
    """
    n, k = len(outcomes), clustering.count
    if k < 2 or n <= k or float(np.ptp(outcomes)) == 0:  # noqa: PLR2004  # nothing to compare
        return None
    sizes = np.bincount(clustering.index, minlength=k).astype(np.float64)
    means = clustering.sums(outcomes) / sizes
    between = float((sizes * (means - outcomes.mean()) ** 2).sum()) / (k - 1)
    within = float(((outcomes - means[clustering.index]) ** 2).sum()) / (n - k)
    size = (n - float((sizes**2).sum()) / n) / (k - 1)
    total = between + (size - 1) * within
    return min(max((between - within) / total, 0.0), 1.0) if total > 0 else None


def design_effect(outcomes: Values, clustering: Clustering, least_positives: int) -> float:
    """1 + (m - 1) rho, at least 1: how many alike questions say no more than a single one.

    m is the mean size of a cluster. With fewer positives than ``least_positives`` rho cannot be
    told; it is then taken to be 1, and m to be the size of an average question's cluster.
    """
    if float(outcomes.sum()) < least_positives:
        return max(average_size(clustering), 1.0)
    rho = likeness(outcomes, clustering)
    return 1.0 if rho is None else 1 + (len(outcomes) / clustering.count - 1) * rho
