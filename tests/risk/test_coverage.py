"""90 % intervals hold the truth nine times in ten, where the truth is drawn as the model believes.

A pass says that the code does what it claims under its own assumptions, and nothing of the world.
"""

from dataclasses import fields

import numpy as np

from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.cells import build_cells
from service.risk.draws import Transitions, base_transitions
from service.risk.inputs import CellCount
from service.risk.path import first_disputed, from_first, second_disputed
from service.risk.situation import Situation
from service.risk.summary import summarise
from tests.risk.scenes import PARAMETERS

MANAGED = OracleVersion.MANAGED
TREES, QUESTIONS = 8, (500, 5_000, 50_000)


def test_intervals_of_scores_and_rates_hold_the_truth_nine_times_in_ten() -> None:
    rng = np.random.default_rng(20)
    base = base_transitions(PARAMETERS, MANAGED)
    scores, rates = [], []
    for _ in range(TREES):
        truths = {
            (category, stratum): _a_truth(base, PARAMETERS.dispute_ratio[category], rng)
            for category in Category
            for stratum in VolumeStratum
        }
        cells = build_cells([_counted(leaf, t, rng) for leaf, t in truths.items()], PARAMETERS)
        for (category, stratum), truth in truths.items():
            cell = cells.at(category, stratum, MANAGED)
            p = summarise(cell, Situation(), PARAMETERS).p_misresolved
            scores.append(p.p05 <= _score(truth) <= p.p95)
            low, high = np.percentile(first_disputed(cell.transitions), [5, 95])
            rates.append(bool(low <= first_disputed(truth)[0] <= high))
    assert len(scores) == TREES * len(Category) * len(VolumeStratum)
    assert 0.87 <= np.mean(rates) <= 0.93, np.mean(rates)
    assert 0.87 <= np.mean(scores) <= 0.93, np.mean(scores)


def _a_truth(base: Transitions, ratio: float, rng: np.random.Generator) -> Transitions:
    """One joint draw of all transitions; the cell's dispute rate spreads around what is known."""
    number = rng.integers(PARAMETERS.draws)
    one = {f.name: getattr(base, f.name)[[number]] for f in fields(Transitions)}
    scale = ratio * rng.gamma(SHAPE, 1 / SHAPE)
    return Transitions(**one | {name: one[name] * scale for name in ("a1w", "a1e", "d1c")})


# Within the tree's own belief of how far relatives differ.
SHAPE = 4.0


def _counted(
    leaf: tuple[Category, VolumeStratum], truth: Transitions, rng: np.random.Generator
) -> CellCount:
    questions = int(rng.choice(QUESTIONS))
    disputed = int(rng.binomial(questions, first_disputed(truth)[0]))
    again = int(rng.binomial(disputed, second_disputed(truth)[0]))
    return CellCount(*leaf, MANAGED, questions, disputed, again)


def _score(truth: Transitions) -> float:
    """P(paid out wrong) of a calm market at these rates."""
    path = from_first(truth)
    t = truth
    undone = np.stack([t.om_u, t.om_u, t.om_v, t.om_v, np.zeros(1), t.om_u])
    net = (path.wrong * (1 - undone)).sum(axis=0) + t.om0 * (1 - path.total)
    return float(net[0])
