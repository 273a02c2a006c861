"""Cells: the path model's rates by category, volume stratum and oracle version.

docs/methodology.md, "Cells".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp

import numpy as np

from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.draws import (
    HIGHEST_RATE,
    STREAM_AGAIN,
    STREAM_DISPUTED,
    Transitions,
    Values,
    base_transitions,
    frozen,
)
from service.risk.hierarchy import Counted, Leaf, RateTree, grow
from service.risk.inputs import CellCount
from service.risk.parameters import CellPriors, Prior, RiskParameters
from service.risk.path import first_disputed, second_disputed
from service.risk.result import Summary
from service.risk.situation import Situation

_TINY = 1e-300
_MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One cell's joint draws, shared by all its markets."""

    category: Category
    stratum: VolumeStratum
    version: OracleVersion
    transitions: Transitions
    # The cell's own finished questions; its parents' are not counted here.
    questions: int
    disputed: int
    disputed_again: int
    # Whether the cell's own counts carry weight of their own.
    measured: bool
    # Two cells of the same signature score alike (within 5 % of their rates).
    signature: tuple[int, ...]
    # Scores of situations many markets share; kept here so that they go when the cell goes.
    summaries: dict[tuple[Situation, RiskParameters], Summary] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class CellPosteriors:
    """All cells; each is worked out when a market first asks for it and then kept."""

    parameters: RiskParameters
    counts: tuple[CellCount, ...]
    disputed: RateTree
    again: RateTree
    _known: dict[Leaf, Cell] = field(default_factory=dict)

    def at(self, category: Category, stratum: VolumeStratum, version: OracleVersion) -> Cell:
        """The cell of a market."""
        leaf = (category, stratum, version)
        cell = self._known.get(leaf)
        if cell is None:
            cell = self._known[leaf] = self._make(leaf)
        return cell

    def _make(self, leaf: Leaf) -> Cell:
        category, stratum, version = leaf
        base = base_transitions(self.parameters, version)
        first, again = self.disputed.at(leaf), self.again.at(leaf)
        transitions = _at_second_rate(
            _at_rate(base, first, self.parameters.dispute_ratio[category]), again
        )
        own = [c for c in self.counts if (c.category, c.stratum, c.version) == leaf]
        questions, disputed = sum(c.questions for c in own), sum(c.disputed for c in own)
        return Cell(
            category,
            stratum,
            version,
            transitions,
            questions,
            disputed,
            sum(c.disputed_again for c in own),
            measured=_speaks(questions, disputed, self.parameters.cells),
            signature=_signature(first_disputed(transitions), second_disputed(transitions)),
        )


def build_cells(counts: Sequence[CellCount], parameters: RiskParameters) -> CellPosteriors:
    """Shrink the counts of finished questions into cells; older ones weigh less.

    The counts must cover whole periods or cells: a hand-picked set of cases is not a rate.
    """
    first: dict[Leaf, Counted] = {}
    again: dict[Leaf, Counted] = {}
    for count in counts:
        leaf = (count.category, count.stratum, count.version)
        weight = exp(-count.age_months * _MONTH_DAYS / parameters.cells.age_days)
        _add(first, leaf, weight * count.questions, weight * count.disputed)
        _add(again, leaf, weight * count.disputed, weight * count.disputed_again)
    ratios = _ratios(parameters)
    top = parameters.transitions["a1w"].n
    return CellPosteriors(
        parameters,
        tuple(counts),
        grow(
            first,
            (_prior_disputed(parameters, OracleVersion.MANAGED), top),
            lambda name: ratios.get(name, 1.0),
            parameters,
            STREAM_DISPUTED,
        ),
        grow(
            again,
            (_prior_again(parameters), parameters.cells.second_dispute_n),
            lambda _: 1.0,
            parameters,
            STREAM_AGAIN,
        ),
    )


def _add(sums: dict[Leaf, Counted], leaf: Leaf, questions: float, events: float) -> None:
    before = sums.get(leaf, (0.0, 0.0))
    sums[leaf] = (before[0] + questions, before[1] + events)


def _ratios(parameters: RiskParameters) -> dict[str, float]:
    """The dispute rate of each category and version over the rate the priors start from."""
    standard = _prior_disputed(parameters, OracleVersion.MANAGED)
    versions = {str(v): _prior_disputed(parameters, v) / standard for v in OracleVersion}
    return {str(c): ratio for c, ratio in parameters.dispute_ratio.items()} | versions


def _prior_disputed(parameters: RiskParameters, version: OracleVersion) -> float:
    """D1 at the prior means."""

    def mean(symbol: str) -> float:
        return parameters.prior(symbol, version).mean

    correct = 1 - mean("a1w") - mean("a1e")
    wrong = mean("a1w") * mean("d1w") + mean("a1e") * mean("d1e")
    return wrong + correct * mean("d1c")


def _prior_again(parameters: RiskParameters) -> float:
    """D2 at the prior means."""
    rows: dict[str, Prior] = dict(parameters.transitions)
    wrong = rows["a2w"].mean
    return wrong * rows["d2w"].mean + (1 - wrong) * rows["d2c"].mean


def _at_rate(base: Transitions, rate: Values | None, ratio: float) -> Transitions:
    """Scale a1w, a1e and d1c together: by the known ratio, or to the rate the data give."""
    if rate is None:
        a1w, a1e = _scaled(base.a1w, ratio), _scaled(base.a1e, ratio)
        return replace(base, a1w=a1w, a1e=a1e, d1c=_scaled(base.d1c, ratio))
    scale = rate / np.maximum(first_disputed(base), _TINY)
    a1w, a1e = _scaled(base.a1w, scale), _scaled(base.a1e, scale)
    # What wrong and early proposals leave of the rate falls to correct ones.
    left = (rate - a1w * base.d1w - a1e * base.d1e) / (1 - a1w - a1e)
    return replace(base, a1w=a1w, a1e=a1e, d1c=frozen(np.clip(left, 0, 1)))


def _at_second_rate(base: Transitions, rate: Values | None) -> Transitions:
    if rate is None:
        return base
    a2w = _scaled(base.a2w, rate / np.maximum(second_disputed(base), _TINY))
    left = (rate - a2w * base.d2w) / (1 - a2w)
    return replace(base, a2w=a2w, d2c=frozen(np.clip(left, 0, 1)))


def _scaled(values: Values, scale: Values | float) -> Values:
    return frozen(np.minimum(values * scale, HIGHEST_RATE))


def _speaks(questions: int, disputed: int, priors: CellPriors) -> bool:
    return questions >= priors.own_data_questions and disputed >= priors.own_data_disputes


def _signature(*rates: Values) -> tuple[int, ...]:
    """Mean and 90 % interval of the rates in steps of 5 %, for the digest of the inputs."""
    marks = [m for rate in rates for m in (float(rate.mean()), *np.percentile(rate, [5, 95]))]
    return tuple(round(20 * float(np.log(max(mark, 1e-12)))) for mark in marks)
