"""Why a score is what it is: evidence added one piece at a time, in a fixed order.

The contributions add up to the difference from the cell's own score exactly, because each is the
change its piece makes on top of those before it. docs/methodology.md, "Drivers".
"""

from collections.abc import Iterator, Sequence
from math import log

from service.risk.cells import Cell
from service.risk.driver_steps import Step, steps
from service.risk.inputs import MarketInputs
from service.risk.log_odds import expit
from service.risk.parameters import RiskParameters
from service.risk.result import Driver
from service.risk.situation import CALM, Situation
from service.risk.summary import mean_misresolved
from service.risk.text.features import Feature

_OPEN = 1e-12
# Below this a sum of features tells too little of the parts' scale.
_SMALL = 0.1


def explain(
    inputs: MarketInputs,
    cell: Cell,
    situation: Situation,
    means: tuple[float, float],
    parameters: RiskParameters,
) -> tuple[Driver, ...]:
    """The drivers, largest first; their contributions sum to the score minus the cell's.

    ``means`` are P(paid wrong) of the cell before any proposal, and of the market.
    """
    before, goal = means
    drivers = [_base_rate(cell, before)]
    if situation is CALM:
        return tuple(drivers)
    for step in steps(inputs, situation, parameters):
        after = (
            goal
            if step.situation == situation
            else mean_misresolved(cell, step.situation, parameters)
        )
        if step.features:
            drivers += _split(step.features, before, after)
        else:
            drivers.append(_driver(step, before, after))
        before = after
    return tuple(sorted(drivers, key=lambda d: -abs(d.contribution_p)))


def is_moved_by_fit(features: Sequence[Feature], drivers: Sequence[Driver]) -> bool:
    """Whether a reading whose coefficient was fitted, on disputes, moved the score."""
    fitted = {f.name for f in features if f.coef_source == "fitted"}
    return any(d.feature in fitted and d.contribution_logit for d in drivers)


def _driver(step: Step, before: float, after: float) -> Driver:
    return Driver(
        step.feature,
        step.value,
        step.unit,
        logit(after) - logit(before),
        after - before,
        step.evidence,
    )


def _split(features: Sequence[Feature], before: float, after: float) -> Iterator[Driver]:
    """One driver a feature: its part of the change in log-odds, by its part of their sum.

    What rounding of the sum leaves over goes to the largest.
    """
    moving = sorted((f for f in features if f.logit), key=lambda f: -abs(f.logit))
    total, change = sum(f.logit for f in moving), logit(after) - logit(before)
    scale = min(max(change / total, 0.0), 1.0) if abs(total) >= _SMALL else 0.0
    parts = [scale * f.logit for f in moving]
    parts[0] += change - sum(parts)
    start, reached = before, logit(before)
    for number, (feature, part) in enumerate(zip(moving, parts, strict=True), 1):
        reached += part
        end = after if number == len(moving) else expit(reached)
        evidence = tuple(f'{s.field}: "{s.words}"' for s in feature.spans) + feature.evidence
        yield Driver(feature.name, feature.value, feature.unit, part, end - start, evidence)
        start = end


def logit(p: float) -> float:
    """Log-odds, with p kept inside the open interval."""
    inside = min(max(p, _OPEN), 1 - _OPEN)
    return log(inside) - log(1 - inside)


def _base_rate(cell: Cell, mean: float) -> Driver:
    """Where the other drivers start from; it contributes nothing itself."""
    name = f"{cell.category} / {cell.stratum} / {cell.version}"
    counted = f"{cell.questions} finished questions of the cell, {cell.disputed} disputed"
    return Driver("base_rate", mean, "probability", 0.0, 0.0, (name, counted))
