"""Every base rate of a sample: targets by strata by weights, trends and breaks.

docs/methodology.md, "Base rates".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.enums import Support
from models.rate_enums import (
    RateMeasure,
    RateMethod,
    RateStatus,
    RateStratum,
    RateTarget,
    RateWeight,
)
from service.risk.rates.base_rates import (
    Labelled,
    common_design_effect,
    contested_bound,
    count_rate,
    misresolved_bound,
    weighted_rate,
)
from service.risk.rates.rate_estimate import RateEstimate, without_rate
from service.risk.rates.rate_parameters import RateParameters
from service.risk.rates.rate_sample import RateSample, month_name
from service.risk.rates.rate_trends import Fitted, PeriodCount, fit_slope, fit_trend

EVERYTHING = "all"
PER_DECILE = "per_volume_decile"
MONEY = (RateWeight.OPEN_INTEREST, RateWeight.VOLUME)
_NO_COST_BASIS = "what the losing side paid is not computed: no cost basis is stored"
_BEFORE_AFTER = "after against before, between neighbouring months; not causal"
_FEW_POSITIVES = 10


@dataclass(frozen=True, slots=True)
class RateRow:
    """One base rate, by what names it."""

    target: RateTarget
    weight: RateWeight
    stratum: RateStratum
    name: str
    measure: RateMeasure
    estimate: RateEstimate


def make_rows(sample: RateSample, parameters: RateParameters) -> Iterator[RateRow]:
    """All rows of a sample, in a fixed order; money rates always with every weight.

    Every row of a small sample says that it may be of chosen cases.
    """
    least = parameters.minimum.sample
    for row in _rows(sample, parameters):
        yield _of_chosen(row, least) if sample.size < least else row


def _rows(sample: RateSample, parameters: RateParameters) -> Iterator[RateRow]:
    for target in sample.labels:
        for stratum, name, within in _sets(sample):
            questions, places = sample.labelled(target, within)
            if not len(places) and stratum is not RateStratum.ALL:
                continue
            counted = count_rate(questions, parameters)
            yield RateRow(target, RateWeight.COUNT, stratum, name, RateMeasure.RATE, counted)
            for weight in MONEY:
                if weight in sample.weights:
                    weights = sample.weights[weight][places]
                    found = _supported(weighted_rate(questions, weights, parameters))
                    yield RateRow(target, weight, stratum, name, RateMeasure.RATE, found)
        yield _no_cost_basis(target, sample.size)
        yield from _month_rows(sample, target, parameters)
        yield from _decile_row(sample, target, parameters)
    yield from _unlabelled_rows(sample, parameters)


def _of_chosen(row: RateRow, least: int) -> RateRow:
    found = row.estimate
    warning = f"fewer than {least} stored questions: perhaps chosen cases, and no rate of all"
    reason = warning if found.reason is None else f"{found.reason}; {warning}"
    return replace(row, estimate=replace(found, reason=reason, support=Support.ASSUMED))


def _sets(sample: RateSample) -> Iterator[tuple[RateStratum, str, np.ndarray | None]]:
    yield RateStratum.ALL, EVERYTHING, None
    for stratum, strata in sample.strata.items():
        for code, name in enumerate(strata.names):
            yield stratum, name, strata.codes == code


def _supported(found: RateEstimate) -> RateEstimate:
    """A rate of the smaller part whose money is known is no measurement of the whole."""
    return replace(found, support=Support.MIXED) if found.missing > found.n > 0 else found


def _no_cost_basis(target: RateTarget, questions: int) -> RateRow:
    found = without_rate(RateStatus.MISSING, _NO_COST_BASIS, missing=questions)
    weight = RateWeight.LOSS_COST_BASIS
    return RateRow(target, weight, RateStratum.ALL, EVERYTHING, RateMeasure.RATE, found)


def _unlabelled_rows(sample: RateSample, parameters: RateParameters) -> Iterator[RateRow]:
    """Bounds of what only adjudication can tell, for the targets without labels."""
    flips = next(
        (t for t in (RateTarget.FLIPPED_OUTCOME, RateTarget.FLIPPED) if t in sample.labels), None
    )
    if RateTarget.DISPUTED not in sample.labels or flips is None:
        return
    for stratum, name, within in _sets(sample):
        if stratum not in {RateStratum.ALL, RateStratum.RECENT, RateStratum.CATEGORY}:
            continue
        disputed, disputed_at = sample.labelled(RateTarget.DISPUTED, within)
        if not len(disputed_at) and stratum is not RateStratum.ALL:
            continue
        flipped, flipped_at = sample.labelled(flips, within)
        for weight in (RateWeight.COUNT, *MONEY):
            if weight is RateWeight.COUNT:
                pair = count_rate(disputed, parameters), count_rate(flipped, parameters)
            elif weight in sample.weights:
                known = sample.weights[weight]
                pair = (
                    weighted_rate(disputed, known[disputed_at], parameters),
                    weighted_rate(flipped, known[flipped_at], parameters),
                )
            else:
                continue
            bounds = {
                RateTarget.CONTESTED: contested_bound(pair[0]),
                RateTarget.MISRESOLVED: misresolved_bound(*pair, parameters),
            }
            for target, found in bounds.items():
                if target not in sample.labels:
                    yield RateRow(target, weight, stratum, name, RateMeasure.RATE, found)


def _month_rows(
    sample: RateSample, target: RateTarget, parameters: RateParameters
) -> Iterator[RateRow]:
    """Each month's smoothed rate, and the odds ratio of each change of the rules."""
    questions, places = sample.labelled(target, sample.months >= 0)
    if not len(places):
        return
    effect = _effect(questions, parameters)
    periods = _periods(sample, questions, places, effect)
    trend = fit_trend(periods, parameters.trend)
    n, total = len(places), float(questions.outcomes.sum())
    last = {period.month: index for index, period in enumerate(periods)}
    for month, index in last.items():
        at = sample.months[places] == month
        positives = float(questions.outcomes[at].sum())
        found = _fitted(trend.rates[index], int(at.sum()), positives, effect)
        yield RateRow(
            target,
            RateWeight.COUNT,
            RateStratum.MONTH,
            month_name(month),
            RateMeasure.SMOOTHED_RATE,
            found,
        )
    for name, ratio in zip(sample.breaks, trend.odds_ratios, strict=True):
        if ratio is None:
            reason = "all questions lie on one side of it"
            found = without_rate(RateStatus.BOUND_ONLY, reason, n=n)
        elif total < _FEW_POSITIVES:
            reason = f"fewer than {_FEW_POSITIVES} positives"
            found = without_rate(RateStatus.BOUND_ONLY, reason, n=n)
        else:
            found = replace(_fitted(ratio, n, total, effect), reason=_BEFORE_AFTER)
        yield RateRow(
            target,
            RateWeight.COUNT,
            RateStratum.BREAK,
            name,
            RateMeasure.ODDS_RATIO,
            found,
        )


def _periods(
    sample: RateSample, questions: Labelled, places: np.ndarray, effect: float
) -> list[PeriodCount]:
    """Counts by month and era, divided by the design effect of all."""
    keys = sample.months[places].astype(np.int64) * 16 + sample.eras[places]
    found, index = np.unique(keys, return_inverse=True)
    n = np.bincount(index) / effect
    positives = np.bincount(index, weights=questions.outcomes) / effect
    return [
        PeriodCount(
            month=int(key) // 16,
            breaks=tuple(int(key) % 16 > i for i in range(len(sample.breaks))),
            n=float(n[place]),
            positives=float(positives[place]),
        )
        for place, key in enumerate(found)
    ]


def _decile_row(
    sample: RateSample, target: RateTarget, parameters: RateParameters
) -> Iterator[RateRow]:
    """Whether it happens where the money is: the odds ratio from one volume decile to the next."""
    strata = sample.strata.get(RateStratum.VOLUME_DECILE)
    if strata is None:
        return
    questions, places = sample.labelled(target, strata.codes >= 0)
    codes = strata.codes[places]
    positives = float(questions.outcomes.sum())
    if len(np.unique(codes)) < len(strata.names) or positives < _FEW_POSITIVES:
        reason = f"fewer than {_FEW_POSITIVES} positives, or a decile without questions"
        found = without_rate(RateStatus.BOUND_ONLY, reason, n=len(places))
    else:
        effect = _effect(questions, parameters)
        slope = fit_slope(
            np.arange(1.0, len(strata.names) + 1),
            np.bincount(codes) / effect,
            np.bincount(codes, weights=questions.outcomes) / effect,
        )
        found = _fitted(slope, len(places), positives, effect)
    yield RateRow(
        target,
        RateWeight.COUNT,
        RateStratum.TREND,
        PER_DECILE,
        RateMeasure.ODDS_RATIO,
        found,
    )


def _effect(questions: Labelled, parameters: RateParameters) -> float:
    return common_design_effect(questions, questions.cluster(), parameters)


def _fitted(value: Fitted, n: int, positives: float, effect: float) -> RateEstimate:
    return RateEstimate(
        status=RateStatus.ESTIMATED,
        method=RateMethod.LAPLACE,
        value=value.value,
        low=value.low,
        high=value.high,
        wilson=None,
        n=n,
        missing=0,
        positives=positives,
        clusters=0,
        n_eff=n / effect,
        design_effect=effect,
        largest_share=None,
        standard_error=None,
        reason=None,
    )
