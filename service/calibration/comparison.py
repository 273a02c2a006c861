"""The model against each baseline on identical rows, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from service.calibration.evaluation import COMPARISON_POSITIVES, MONEY_ROWS, HeldOut
from service.calibration.logistic import Values
from service.calibration.measures import Ranking, effective_rows, log_losses
from service.calibration.resampling import Interval, interval


class Verdict(StrEnum):
    """Of the model against a baseline, or against all of them."""

    BETTER = "better"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better the model is than a baseline; below zero: worse."""

    gain: float
    interval: Interval | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """Gains by baseline; ``auprc`` lacks those without both classes."""

    log_loss: Mapping[str, Gain]
    auprc: Mapping[str, Gain]
    # Log loss weighted by final volume; empty where too few rows carry it.
    money: Mapping[str, Gain]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Gains:
    """Gains by baseline, before any verdict over all; see ``Comparison``."""

    log_loss: Mapping[str, Gain]
    auprc: Mapping[str, Gain]
    money: Mapping[str, Gain]

    def with_those_of(self, other: "Gains") -> "Gains":
        """Both, where the other's baselines were measured on other rows."""
        return Gains(
            {**self.log_loss, **other.log_loss},
            {**self.auprc, **other.auprc},
            {**self.money, **other.money},
        )


def find_gains(test: HeldOut, model: Values, baselines: Mapping[str, Values]) -> Gains:
    """Paired differences over the same draws of groups."""
    ones = np.ones(len(model))
    losses = log_losses(test.y, model)
    differences = {name: log_losses(test.y, p) - losses for name, p in baselines.items()}
    log_loss = {name: _mean_gain(test, found, ones) for name, found in differences.items()}
    auprc = _area_gains(test, model, baselines)
    has_money = effective_rows(test.money) >= MONEY_ROWS
    money = {
        name: _mean_gain(test, found, test.money)
        for name, found in differences.items()
        if has_money
    }
    return Gains(log_loss, auprc, money)


def judge(gains: Gains, positives: int, few: Mapping[str, int]) -> Comparison:
    """The verdict over all baselines.

    ``few``: those with a value on some rows only, and the positives there, too few for a verdict;
    they decide nothing, and the reason names them.
    """
    log_loss = {name: gain for name, gain in gains.log_loss.items() if name not in few}
    verdict, reason = _overall(log_loss, gains.auprc, positives)
    if few and positives >= COMPARISON_POSITIVES:
        named = ", ".join(f"{name} ({number})" for name, number in few.items())
        reason += f"; too few positives with a value of {named}"
    behind = [name for name, gain in gains.money.items() if gain.verdict is Verdict.WORSE]
    if behind:
        reason += "; weighted by final volume worse than " + ", ".join(behind)
    return Comparison(gains.log_loss, gains.auprc, gains.money, verdict, reason)


def undecided(comparison: Comparison, reason: str) -> Comparison:
    """The same gains without a verdict, where something forbids one."""

    def told(gains: Mapping[str, Gain]) -> dict[str, Gain]:
        return {name: replace(gain, verdict=Verdict.INCONCLUSIVE) for name, gain in gains.items()}

    return Comparison(
        told(comparison.log_loss),
        told(comparison.auprc),
        told(comparison.money),
        Verdict.INCONCLUSIVE,
        reason,
    )


def _mean_gain(test: HeldOut, differences: Values, weights: Values) -> Gain:
    mean = float((differences * weights).sum() / weights.sum())
    return _gain(mean, interval(test.resamples.means(differences, weights)), test.positives)


def _area_gains(test: HeldOut, model: Values, baselines: Mapping[str, Values]) -> dict[str, Gain]:
    own = Ranking.of(test.y, model)
    areas = own.areas(np.ones(len(model)))
    if areas is None:
        return {}
    drawn = test.resamples.repeat(own.areas, 2)[:, 0]
    gains = {}
    for name, p in baselines.items():
        other = Ranking.of(test.y, p)
        others = other.areas(np.ones(len(p)))
        if others is not None:
            between = interval(drawn - test.resamples.repeat(other.areas, 2)[:, 0])
            gains[name] = _gain(areas[0] - others[0], between, test.positives)
    return gains


def _gain(gain: float, found: Interval | None, positives: int) -> Gain:
    verdict = Verdict.INCONCLUSIVE
    if found is not None and positives >= COMPARISON_POSITIVES:
        if found.p05 > 0:
            verdict = Verdict.BETTER
        elif found.p95 < 0:
            verdict = Verdict.WORSE
    return Gain(gain, found, verdict)


def _overall(
    log_loss: Mapping[str, Gain], auprc: Mapping[str, Gain], positives: int
) -> tuple[Verdict, str]:
    """Better only where every baseline is beaten in log loss and none wins in AUPRC."""
    if positives < COMPARISON_POSITIVES:
        return (
            Verdict.INCONCLUSIVE,
            f"{positives} positives; a comparison needs {COMPARISON_POSITIVES}",
        )
    if not log_loss:
        return Verdict.INCONCLUSIVE, "no baseline could be computed"
    pairs = (("log loss", log_loss), ("AUPRC", auprc))
    lost = [
        f"{name} in {measure}"
        for measure, gains in pairs
        for name, gain in gains.items()
        if gain.verdict is Verdict.WORSE
    ]
    if lost:
        return Verdict.WORSE, "worse than " + ", ".join(lost)
    open_ones = [name for name, gain in log_loss.items() if gain.verdict is not Verdict.BETTER]
    if open_ones:
        return (
            Verdict.INCONCLUSIVE,
            "the 90 % interval of the gain in log loss holds 0 against " + ", ".join(open_ones),
        )
    return Verdict.BETTER, "better than every computable baseline in log loss, worse than none"
