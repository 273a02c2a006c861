"""Groups that stand in the minority together: the whole search, from a vote matrix to groups.

Pairs by surprise and by timing, false discoveries held down over all pairs, each edge confirmed by
shuffling, communities kept that every start finds. docs/methodology.md, "Standing blocs".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincinv

from service.detection.co_minority import LEAST_SHARED, PairCounts, count_pairs
from service.detection.curveball import shuffled
from service.detection.groups import Pair, combine_p, discoveries, stable_groups
from service.detection.in_step import Step, step_p_values
from service.detection.minorities import Minorities, find_minorities
from service.risk.signs.vote_matrix import VoteMatrix

DRAWS = 999
# An edge is kept where shuffling reaches it no more often than this.
CONFIRMED = 0.002
# A pair alone must also act in step.
IN_STEP = 0.01
# Both ends of the interval printed beside a count.
_TAIL = 0.05
_LEAST_P = 1e-300


@dataclass(frozen=True, slots=True)
class Edge:
    """Two voters in the minority together more often than chance allows."""

    pair: Pair
    shared: int
    expected: float
    p_counts: float
    # None: too few rounds in common.
    step: Step | None
    # Both, at the price of having looked twice.
    p_value: float
    # Share of shuffled tables that show as much.
    p_shuffled: float

    @property
    def p_timing(self) -> float | None:
        """Of sealing or opening so close together by chance."""
        return None if self.step is None else self.step.p_value


@dataclass(frozen=True, slots=True)
class Group:
    """A group; ``joint`` requests in which two members or more pushed one minority answer."""

    members: tuple[int, ...]
    # Columns of the vote matrix.
    joint: tuple[int, ...]
    # Pairs' pushes in all, and how many chance would make.
    shared: int
    expected: float
    # How often shuffled tables reach as many.
    p_value: float
    # 90 % interval of the rate of joint pushes, as a count over this record.
    low: float
    high: float
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class CoVoting:
    """What a search found, and in how much it looked."""

    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]
    entities: int
    pairs: int
    informative: int


def find_groups(matrix: VoteMatrix, seed: int = 0, draws: int = DRAWS) -> CoVoting:
    """The groups of a record; the same record and seed give the same groups."""
    found = find_minorities(matrix.answers)
    counts = count_pairs(found)
    candidates = candidate_edges(matrix, counts)
    count = len(matrix.entities)
    pairs = count * (count - 1) // 2
    if not candidates:
        return CoVoting((), (), count, pairs, len(found.columns))
    rng = np.random.default_rng(seed)
    # Of each shuffled table only the rows that anything is asked of.
    rows = np.unique([edge.pair for edge in candidates])
    tables = [table[rows] for table in shuffled(found.minority, found.present, draws, rng)]
    edges = [edge for edge in _shuffle(candidates, rows, tables) if _is_confirmed(edge)]
    weights = {edge.pair: -np.log10(max(edge.p_value, _LEAST_P)) for edge in edges}
    groups = [
        _group_of(members, edges, (found, counts), (rows, tables))
        for members in stable_groups(weights, seed)
    ]
    kept = tuple(group for group in groups if group.p_value <= CONFIRMED and _is_told(group))
    return CoVoting(kept, tuple(edges), count, pairs, len(found.columns))


def _is_told(group: Group) -> bool:
    """Two who are merely careless meet in the minority too: a pair must act in step as well."""
    in_step = any(edge.p_timing is not None and edge.p_timing <= IN_STEP for edge in group.edges)
    return len(group.members) > 2 or in_step  # noqa: PLR2004  # a pair is two


def candidate_edges(matrix: VoteMatrix, counts: PairCounts) -> list[Edge]:
    """Pairs that pass the false discovery rate over all pairs, not confirmed yet."""
    ones, others = np.nonzero(np.triu(counts.shared, 1) >= LEAST_SHARED)
    places = list(zip(ones.tolist(), others.tolist(), strict=True))
    timing = step_p_values(matrix, places)
    edges = []
    for pair in places:
        p_counts, step = float(counts.p_value[pair]), timing.get(pair)
        edges.append(
            Edge(
                pair,
                int(counts.shared[pair]),
                float(counts.expected[pair]),
                p_counts,
                step,
                _both(p_counts, None if step is None else step.p_value),
                1.0,
            )
        )
    count = len(matrix.entities)
    passed = discoveries(np.array([edge.p_value for edge in edges]), count * (count - 1) // 2)
    return [edge for edge, is_one in zip(edges, passed, strict=True) if is_one]


def _both(p_counts: float, p_timing: float | None) -> float:
    """Counts alone or with the timing, whichever says more, paid for by the factor of two."""
    if p_timing is None:
        return p_counts
    return min(1.0, 2 * min(p_counts, combine_p(p_counts, p_timing)))


def _shuffle(edges: Sequence[Edge], rows: np.ndarray, tables: Sequence[np.ndarray]) -> list[Edge]:
    ones, others = np.searchsorted(rows, np.array([edge.pair for edge in edges]).T)
    shared = np.array([edge.shared for edge in edges])
    reached = np.zeros(len(edges), dtype=np.int64)
    for table in tables:
        reached += (table[ones] & table[others]).sum(axis=1) >= shared
    p_values = (1 + reached) / (1 + len(tables))
    return [replace(edge, p_shuffled=float(p)) for edge, p in zip(edges, p_values, strict=True)]


def _is_confirmed(edge: Edge) -> bool:
    if edge.p_shuffled <= CONFIRMED:
        return True
    return edge.p_timing is not None and combine_p(edge.p_shuffled, edge.p_timing) <= CONFIRMED


def _group_of(
    members: tuple[int, ...],
    edges: Sequence[Edge],
    judged: tuple[Minorities, PairCounts],
    kept: tuple[np.ndarray, Sequence[np.ndarray]],
) -> Group:
    found, counts = judged
    rows = np.array(members)
    of_table, tables = np.searchsorted(kept[0], rows), kept[1]
    joint = _joint(found, rows)
    pushed = _pairs_pushing(found.minority[rows])
    shuffled_pushes = np.array([_pairs_pushing(table[of_table]) for table in tables])
    between = np.ix_(rows, rows)
    size = len(joint)
    return Group(
        members,
        tuple(int(found.columns[place]) for place in joint),
        int(counts.shared[between].sum() / 2),
        float(counts.expected[between].sum() / 2),
        float((1 + (shuffled_pushes >= pushed).sum()) / (1 + len(tables))),
        float(gammaincinv(size, _TAIL)) if size else 0.0,
        float(gammaincinv(size + 1, 1 - _TAIL)),
        tuple(edge for edge in edges if set(edge.pair) <= set(members)),
    )


def _joint(found: Minorities, rows: np.ndarray) -> np.ndarray:
    """Informative requests in which two of these or more gave one and the same minority answer."""
    minority, answers = found.minority[rows], found.answers[rows]
    kinds = np.unique(answers[minority])
    together = [((answers == kind) & minority).sum(axis=0) for kind in kinds]
    if not together:
        return np.zeros(0, dtype=np.intp)
    return np.flatnonzero(np.max(together, axis=0) > 1)


def _pairs_pushing(minority: np.ndarray) -> int:
    heads = minority.sum(axis=0)
    return int((heads * (heads - 1) // 2).sum())
