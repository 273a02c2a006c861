"""One rate over the tree of cells: all -> category -> category x volume -> oracle version.

docs/methodology.md, "Cells".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.draws import Values, frozen, recentre, stream
from service.risk.parameters import RiskParameters
from service.risk.shrinkage import Observed, kappa_weights, posterior, posterior_mean

Leaf = tuple[Category, VolumeStratum, OracleVersion]
Ratio = Callable[[str], float]
# Questions and events, weighed by age.
Counted = tuple[float, float]

_LEVELS = 3
_HIGHEST = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class RateTree:
    """What is known of one rate: counts by cell, and how alike the cells of a level are.

    Each question counts once: a level sees what lies in its node but not in the next one down, so
    that a cell's parent is made of its relatives and not of the cell itself.
    """

    # (questions, events) of the cells that have any questions.
    data: Mapping[Leaf, Counted]
    # The prior mean and its strength.
    top: tuple[float, float]
    # The known rate of a category or version over its parent's, by name.
    ratio: Ratio
    parameters: RiskParameters
    # Names the tree's random streams.
    number: int
    # Weights of the kap grid, for the levels known so far.
    weights: tuple[Values, ...] = ()

    def at(self, leaf: Leaf) -> Values | None:
        """Draws of a cell's rate; ``None`` while there are no data and the priors stand."""
        if not self.data:
            return None
        a, b = self._root(leaf)
        mean = a / (a + b)
        rng = stream(self.parameters, self.number)
        draws = recentre(rng.beta(a, b, self.parameters.draws), mean)
        for depth in range(1, _LEVELS + 1):
            step = self.ratio(leaf[depth - 1])
            mean, draws = min(mean * step, _HIGHEST), np.minimum(draws * step, _HIGHEST)
            child = self._ring(leaf, depth, mean)
            if child.exposure > 0:
                rng = stream(self.parameters, self.number + depth)
                weights = self.weights[depth - 1]
                mean, draws = posterior(child, weights, draws, self.parameters.cells, rng)
        return frozen(draws)

    def children(self, depth: int) -> list[Observed]:
        """The nodes of a level, each with all that lies in it, against what is outside it."""
        members = {leaf[:depth]: leaf for leaf in self.data}
        children = []
        for key, leaf in members.items():
            inside = [item for item in self.data.items() if item[0][:depth] == key]
            children.append(self._pool(inside, depth, self._expected(leaf, depth)))
        return children

    def _expected(self, leaf: Leaf, depth: int) -> float:
        """The rate a node's relatives lead to expect of it."""
        a, b = self._root(leaf)
        mean = a / (a + b)
        for level in range(1, depth + 1):
            mean = min(mean * self.ratio(leaf[level - 1]), _HIGHEST)
            if level == depth:
                break
            child = self._ring(leaf, level, mean)
            if child.exposure > 0:
                mean = posterior_mean(child, self.weights[level - 1], self.parameters.cells)
        return mean

    def _root(self, leaf: Leaf) -> tuple[float, float]:
        mean, n = self.top
        outside = self._ring(leaf, 0, mean)
        return outside.events + mean * n, outside.exposure - outside.events + (1 - mean) * n

    def _ring(self, leaf: Leaf, depth: int, mean: float) -> Observed:
        """What lies inside the node at ``depth`` and outside its child on the way to ``leaf``."""
        inside = [
            (other, counts)
            for other, counts in self.data.items()
            if other[:depth] == leaf[:depth]
            and (depth == _LEVELS or other[: depth + 1] != leaf[: depth + 1])
        ]
        return self._pool(inside, depth, mean)

    def _pool(self, items: Iterable[tuple[Leaf, Counted]], depth: int, mean: float) -> Observed:
        """Events, and questions weighted by the known rate of their kind below ``depth``."""
        total = exposure = 0.0
        for leaf, (questions, events) in items:
            total += events
            exposure += questions * prod(self.ratio(part) for part in leaf[depth:])
        return Observed(total, max(exposure, total), mean)


def grow(
    leaves: Mapping[Leaf, Counted],
    top: tuple[float, float],
    ratio: Ratio,
    parameters: RiskParameters,
    number: int,
) -> RateTree:
    """Fit the tree to (questions, events) of the leaves."""
    data = {leaf: counts for leaf, counts in sorted(leaves.items()) if counts[0] > 0}
    tree = RateTree(data, top, ratio, parameters, number)
    for depth in range(1, _LEVELS + 1):
        weights = kappa_weights(tree.children(depth), parameters.cells)
        tree = replace(tree, weights=(*tree.weights, weights))
    return tree
