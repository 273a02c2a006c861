"""Forecasts of test rows, and the measures of a set of them: model, baselines, comparison.

docs/methodology.md, "Backtest".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.baseline_reasons import why_missing
from service.calibration.baselines import NAMES, PARTIAL, has_value
from service.calibration.comparison import Comparison, Gains, find_gains, judge, undecided
from service.calibration.evaluation import COMPARISON_POSITIVES, Evaluation, HeldOut, evaluate
from service.calibration.logistic import Values
from service.calibration.notifier_record import NotifierRecord, notifier_record
from service.calibration.notifier_sweep import NotifierSweep, sweep_notifier
from service.calibration.rows import StudyRow, Target

# Of a baseline on some of the rows: fewer give no measure at all.
_LEAST_ROWS = 2


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Probabilities of the test rows, in their order."""

    rows: tuple[StudyRow, ...]
    model: Values
    # Not a number where a baseline has no forecast of the row.
    baselines: Mapping[str, Values]
    # Whether the model had been trained on rows of the row's recording.
    trained_for: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows on which a baseline and the model are compared, where that is not all of them."""

    rows: int
    positives: int
    # The model on these rows.
    model: Evaluation
    # Left out: rows on which the baseline has no value; rows that have one and served to calibrate
    # it, or came before it was calibrated.
    without_value: int
    not_forecast: int


@dataclass(frozen=True, slots=True)
class Stratum:
    """The measures of one set of test rows."""

    rows: int
    positives: int
    model: Evaluation
    baselines: Mapping[str, Evaluation]
    comparison: Comparison
    # Baselines that forecast some of the rows only.
    parts: Mapping[str, Part]
    # Baselines that are not compared, and why.
    missing: Mapping[str, str]
    # What UMA's notifier did later; None where no verdict of it is stored.
    notifier: NotifierRecord | None
    # Its rule at other prices; None where no row has what it reads.
    sweep: NotifierSweep | None


def joined(parts: Sequence[Forecasts]) -> Forecasts:
    """The forecasts of several folds as one."""
    known = {name for part in parts for name in part.baselines}
    return Forecasts(
        tuple(row for part in parts for row in part.rows),
        np.concatenate([part.model for part in parts]),
        {
            name: np.concatenate(
                [part.baselines.get(name, np.full(len(part.rows), np.nan)) for part in parts]
            )
            for name in NAMES
            if name in known
        },
        np.concatenate([part.trained_for for part in parts]),
    )


def only(forecasts: Forecasts, chosen: NDArray[np.bool_]) -> Forecasts:
    """The forecasts of some rows."""
    return Forecasts(
        tuple(row for row, is_in in zip(forecasts.rows, chosen, strict=True) if is_in),
        forecasts.model[chosen],
        {name: p[chosen] for name, p in forecasts.baselines.items()},
        forecasts.trained_for[chosen],
    )


def measure_stratum(
    target: Target, forecasts: Forecasts, draws: int, *, in_sample: bool
) -> Stratum:
    """Model and baselines on the rows; a baseline that lacks some of them on those it has."""
    test = HeldOut.of(forecasts.rows, target, draws)
    whole = {name: p for name, p in forecasts.baselines.items() if not np.isnan(p).any()}
    evaluations = {name: evaluate(test, p) for name, p in whole.items()}
    gains = find_gains(test, forecasts.model, whole)
    parts: dict[str, Part] = {}
    for name, p in forecasts.baselines.items():
        has = ~np.isnan(p)
        if name in whole or has.sum() < _LEAST_ROWS:
            continue
        some = only(forecasts, has)
        held = HeldOut.of(some.rows, target, draws)
        evaluations[name] = evaluate(held, p[has])
        gains = gains.with_those_of(find_gains(held, some.model, {name: p[has]}))
        without = int((~has_value(forecasts.rows, name)).sum())
        parts[name] = Part(
            len(held.rows),
            held.positives,
            evaluate(held, some.model, is_model=True),
            without,
            len(test.rows) - len(held.rows) - without,
        )
    comparison = judge(_in_order(gains), test.positives, _few(parts))
    if in_sample:
        comparison = undecided(comparison, "the model was fitted on these rows")
    return Stratum(
        len(test.rows),
        test.positives,
        evaluate(test, forecasts.model, is_model=True),
        {name: evaluations[name] for name in NAMES if name in evaluations},
        comparison,
        parts,
        {name: why_missing(name, forecasts.rows) for name in PARTIAL if name not in evaluations},
        notifier_record(forecasts.rows, target, forecasts.model),
        sweep_notifier(forecasts.rows, target, forecasts.model),
    )


def _few(parts: Mapping[str, Part]) -> dict[str, int]:
    """Baselines whose own rows hold too few positives for a verdict, with their number."""
    return {
        name: part.positives
        for name, part in parts.items()
        if part.positives < COMPARISON_POSITIVES
    }


def _in_order(gains: Gains) -> Gains:
    log_loss, auprc, money = (
        {name: found[name] for name in NAMES if name in found}
        for found in (gains.log_loss, gains.auprc, gains.money)
    )
    return Gains(log_loss, auprc, money)
