"""From p-values of pairs to groups that do not depend on where the search began."""

from collections.abc import Iterable, Mapping

import networkx as nx
import numpy as np
from scipy.special import ndtr, ndtri

# Of the groups that chance makes, this share at most may be reported.
FALSE_DISCOVERIES = 0.05
LOUVAIN_SEEDS = 50
# Two belong together where so many of the runs say so.
STABLE = 0.8
# Below this a p-value is as good as 0, and has no finite score.
_LEAST_P = 1e-300

Pair = tuple[int, int]


def discoveries(p_values: np.ndarray, tests: int, rate: float = FALSE_DISCOVERIES) -> np.ndarray:
    """Which p-values pass Benjamini and Hochberg among ``tests``, those not listed being 1."""
    order = np.argsort(p_values, kind="stable")
    line = rate * np.arange(1, len(p_values) + 1) / max(tests, 1)
    below = np.flatnonzero(p_values[order] <= line)
    passed = np.zeros(len(p_values), dtype=bool)
    if len(below):
        passed[order[: below[-1] + 1]] = True
    return passed


def combine_p(first: float, second: float) -> float:
    """Stouffer's combination of two independent p-values, equal weights."""
    low, high = _LEAST_P, 1 - 1e-16
    scores = [-ndtri(min(max(p, low), high)) for p in (first, second)]
    return float(ndtr(-sum(scores) / np.sqrt(2)))


def stable_groups(edges: Mapping[Pair, float], seed: int = 0) -> list[tuple[int, ...]]:
    """Groups (two or more) whose members share a Louvain community in most of the runs.

    ``edges``: the weight of each pair, above 0. Largest first.
    """
    graph = nx.Graph()
    graph.add_weighted_edges_from((*pair, weight) for pair, weight in sorted(edges.items()))
    together: dict[Pair, int] = {}
    for run in range(LOUVAIN_SEEDS):
        for community in nx.community.louvain_communities(graph, seed=seed + run):
            for pair in _pairs_of(community):
                together[pair] = together.get(pair, 0) + 1
    kept = nx.Graph(
        pair for pair, times in sorted(together.items()) if times >= STABLE * LOUVAIN_SEEDS
    )
    groups = [tuple(sorted(group)) for group in nx.connected_components(kept)]
    return sorted(groups, key=lambda group: (-len(group), group))


def _pairs_of(members: Iterable[int]) -> Iterable[Pair]:
    ranked = sorted(members)
    return ((one, other) for place, one in enumerate(ranked) for other in ranked[place + 1 :])
