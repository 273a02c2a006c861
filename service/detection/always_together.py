"""Voters who have always answered alike, winning or losing: baselines, not findings.

Careful voters agree because they are right, so agreement alone makes nobody a pair: what is rare is
never to have differed where others did, and to have sealed or opened in step as well. A group that
always wins leaves no minority to count; only a change in it can be told. docs/methodology.md.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import pdtr

from service.detection.co_minority import REQUEST_PSEUDO_VOTES, VOTER_PSEUDO_VOTES
from service.detection.groups import combine_p, discoveries, stable_groups
from service.detection.in_step import step_p_values
from service.risk.signs.vote_matrix import ABSENT, VoteMatrix, majority_of

# Requests two must both have answered.
LEAST_TOGETHER = 20
# Of these the share they may have differed in.
MOST_APART = 0.02
# Who never differs must act in step as well: however rare agreement is, care explains it.
IN_STEP = 0.01
# Fewer voters are a pair, which a deviation says little of.
LEAST_MEMBERS = 3
_LEAST_P = 1e-300


@dataclass(frozen=True, slots=True)
class Baseline:
    """A group that always voted alike; ``together`` the columns two members or more answered."""

    members: tuple[int, ...]
    together: tuple[int, ...]
    # In how many of them somebody differed; how many differences chance would have made.
    apart: int
    expected_apart: float
    # The weakest link that holds the group: agreement and timing.
    p_value: float


def find_baselines(matrix: VoteMatrix, seed: int = 0) -> list[Baseline]:
    """Groups of three or more that never differed and sealed or opened their votes in step."""
    answers = matrix.answers
    shared, apart, expected = _agreement(answers)
    able = np.triu((shared >= LEAST_TOGETHER) & (apart <= MOST_APART * shared), 1)
    pairs = [(int(one), int(other)) for one, other in zip(*np.nonzero(able), strict=True)]
    timing = {pair: step.p_value for pair, step in step_p_values(matrix, pairs).items()}
    timed = [pair for pair in pairs if timing.get(pair, 1.0) <= IN_STEP]
    # Never having differed has the probability e^-expected; a few times, a little more.
    p_values = np.array(
        [combine_p(_poisson_below(apart[pair], expected[pair]), timing[pair]) for pair in timed]
    )
    count = len(answers)
    passed = discoveries(p_values, count * (count - 1) // 2)
    edges = {pair: p for pair, p, is_one in zip(timed, p_values, passed, strict=True) if is_one}
    weights = {pair: -np.log10(max(p, _LEAST_P)) for pair, p in edges.items()}
    groups = [_comparable(group, able | able.T, shared) for group in stable_groups(weights, seed)]
    found = [
        _baseline_of(group, answers, expected, edges)
        for group in groups
        if len(group) >= LEAST_MEMBERS and _held(group, edges)
    ]
    return sorted(found, key=lambda one: (-len(one.members), one.members))


def _comparable(group: tuple[int, ...], able: np.ndarray, shared: np.ndarray) -> tuple[int, ...]:
    """The group without the fewest, taken greedily, who leave every pair of the rest ``able``.

    One member who came when another left must not hide all the others. Who fails with most goes
    first; of two alike the one who answered least with the group.
    """
    kept = list(group)
    while True:
        part = np.ix_(kept, kept)
        failing = (~able[part]).sum(axis=1) - 1  # nobody is able with himself
        if not failing.any():
            return tuple(kept)
        del kept[int(np.lexsort((shared[part].sum(axis=1), -failing))[0])]


def _held(group: tuple[int, ...], edges: dict[tuple[int, int], float]) -> list[float]:
    """The p-values of the group's pairs that passed."""
    pairs = ((one, other) for n, one in enumerate(group) for other in group[n + 1 :])
    return [edges[pair] for pair in pairs if pair in edges]


def _agreement(answers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(E, E) requests both answered, those they differed in, and those expected to."""
    present = answers != ABSENT
    minority = present & (answers != majority_of(answers)[None, :])
    heads, against = present.sum(axis=0), minority.sum(axis=0)
    mean = against.sum() / max(heads.sum(), 1)
    rate = (against + REQUEST_PSEUDO_VOTES * mean) / (heads + REQUEST_PSEUDO_VOTES)
    pseudo = VOTER_PSEUDO_VOTES * mean
    relative = (minority.sum(axis=1) + pseudo) / np.maximum(
        (rate[None, :] * present).sum(axis=1) + pseudo, 1e-12
    )
    chance = np.minimum(0.9, relative[:, None] * rate[None, :]) * present
    here = present.astype(np.float64)
    shared = here @ here.T
    alike = sum(
        ((answers == kind).astype(np.float64) @ (answers == kind).astype(np.float64).T)
        for kind in np.unique(answers[present])
    )
    # One of the two in the minority and not the other.
    expected = chance @ (here - chance).T + (here - chance) @ chance.T
    return shared, shared - alike, expected


def _poisson_below(count: float, expected: float) -> float:
    """P(Poisson(expected) <= count)."""
    return float(pdtr(count, expected))


def _baseline_of(
    group: tuple[int, ...],
    answers: np.ndarray,
    expected: np.ndarray,
    edges: dict[tuple[int, int], float],
) -> Baseline:
    rows = answers[list(group)]
    here = rows != ABSENT
    together = np.flatnonzero(here.sum(axis=0) > 1)
    low = np.where(here, rows, np.iinfo(rows.dtype).max).min(axis=0)
    apart = int((rows.max(axis=0) != low)[together].sum())
    pairs = [(one, other) for n, one in enumerate(group) for other in group[n + 1 :]]
    return Baseline(
        group,
        tuple(together.tolist()),
        apart,
        float(sum(expected[pair] for pair in pairs)),
        max(_held(group, edges)),
    )
