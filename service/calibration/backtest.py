"""The backtest: a model's and the baselines' probabilities on rows they were not fitted on.

docs/methodology.md, "Backtest".
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from service.calibration.baselines import (
    PARTIAL,
    Baselines,
    fit_baselines,
    forecast_late,
    has_value,
)
from service.calibration.leakage import blind_scores
from service.calibration.logistic import Values
from service.calibration.protocols import DisputeModel
from service.calibration.resampling import DRAWS
from service.calibration.rows import StudyRow, Target
from service.calibration.split import (
    EMBARGO,
    Fold,
    demand_labels,
    frozen_split,
    rolling_folds,
)
from service.calibration.strata import Forecasts, Stratum, joined, measure_stratum, only
from service.errors import UsageError

# Without training rows the baselines learn from this first share of the test's span.
_WARM_UP = 0.4


class Mode(StrEnum):
    """How training and test rows were parted."""

    FROZEN = "frozen"
    IN_SAMPLE = "in-sample"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Split:
    """What was trained on and tested on, and what was left out."""

    mode: Mode
    train_from: datetime | None
    train_to: datetime | None
    test_from: datetime
    test_to: datetime
    embargo_days: int
    folds: int
    # Rows the model was fitted on that are in the test all the same.
    in_sample_rows: int
    left_out_earlier: int
    left_out_split_groups: int
    # Later rows inside the embargo of a frozen model.
    left_out_embargo: int
    # Test rows of a recording that no training row was of.
    unfamiliar_rows: int
    # Where the baselines were fitted: "model file", "training rows", "warm-up".
    baselines_from: str
    # The last row seen when the model's form was chosen, which a refit does not undo.
    chosen_to: datetime | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """The test rows: all, those at proposal time, and those of each recording."""

    target: Target
    split: Split
    recordings: tuple[str, ...]
    # Rows whose proposed answer has no price: B3 and B5 have a rate for them.
    rows_without_price: int
    all: Stratum
    # Rows with a proposal time; None where there is none. The same object as ``all`` where all are.
    at_proposal: Stratum | None
    # Of these, the rows whose recording the model had been trained on; None where that is all.
    trained_for: Stratum | None
    # Empty where there is one recording only.
    by_recording: Mapping[str, Stratum]
    # What else the report's reader must know first.
    remarks: tuple[str, ...] = ()
    # A rolling refit's other reading: one model, fitted before a day and tested on what followed.
    once: "Backtest | None" = None

    @property
    def deciding(self) -> Stratum:
        """What the verdict is about: the rows at proposal time, without any all rows."""
        return self.all if self.at_proposal is None else self.at_proposal


Advance = Callable[[], object]


def backtest_frozen(
    rows: Sequence[StudyRow],
    target: Target,
    model: DisputeModel,
    kept: Baselines | None,
    *,
    draws: int = DRAWS,
) -> Backtest:
    """Score the rows later than the model's training range with the model as it is.

    ``kept`` are the baselines fitted with the model; else they are fitted on the rows of its
    range, and without those on the first rows of the test, which then leave it.
    """
    demand_labels(rows, target)
    found = frozen_split(rows, target, model.trained_from, model.trained_to)
    test, source, baselines = found.test, "model file", kept
    if baselines is None:
        source, (train, test) = "training rows", (found.train, found.test)
        if not any(row.labels.of(target) for row in train):
            source, (train, test) = "warm-up", _warm_up(found.test)
        baselines = fit_baselines(train, target)
    if not test:
        raise UsageError(
            f"--target {target}: no labelled row is left to test on. Give rows later than "
            f"{model.trained_to or 'the first of them'}, or --refit."
        )
    split = Split(
        Mode.IN_SAMPLE if found.is_in_sample else Mode.FROZEN,
        model.trained_from,
        model.trained_to,
        test[0].score_time,
        test[-1].score_time,
        embargo_days=found.embargo_days,
        folds=1,
        in_sample_rows=len(test) if found.is_in_sample else 0,
        left_out_earlier=found.earlier,
        left_out_split_groups=found.split_groups,
        left_out_embargo=found.embargoed,
        unfamiliar_rows=0,
        baselines_from=source,
        chosen_to=model.trained_to,
    )
    forecasts = Forecasts(
        tuple(test),
        forecast(model, test, rows),
        _with_partial(baselines.predict(test), found.train, test, target),
        np.ones(len(test), dtype=bool),
    )
    return _measured(target, split, forecasts, draws)


def backtest_rolling(
    rows: Sequence[StudyRow],
    target: Target,
    model: DisputeModel,
    advance: Advance = lambda: None,
    *,
    draws: int = DRAWS,
) -> Backtest:
    """Fit the model and the baselines again before each month of the rows, and score the month."""
    demand_labels(rows, target)
    folds: list[Fold] = []
    parts: list[Forecasts] = []
    for fold in rolling_folds(rows, target):
        fitted = model.fit(fold.shown, target)
        baselines = fit_baselines(fold.train, target)
        parts.append(
            Forecasts(
                fold.test,
                forecast(fitted, fold.test, rows),
                baselines.predict(fold.test),
                _trained_for(fold),
            )
        )
        folds.append(fold)
        advance()
    if not folds:
        raise UsageError(
            f"--target {target}: no month has enough positives before it to fit on. Give more data."
        )
    forecasts = joined(parts)
    split = Split(
        Mode.ROLLING,
        min(fold.train[0].score_time for fold in folds),
        max(fold.train[-1].score_time for fold in folds),
        forecasts.rows[0].score_time,
        forecasts.rows[-1].score_time,
        embargo_days=EMBARGO.days,
        folds=len(folds),
        in_sample_rows=0,
        left_out_earlier=0,
        left_out_split_groups=sum(fold.split_groups for fold in folds),
        left_out_embargo=0,
        unfamiliar_rows=int((~forecasts.trained_for).sum()),
        baselines_from="training rows",
        chosen_to=model.trained_to,
    )
    return _measured(target, split, forecasts, draws)


def _trained_for(fold: Fold) -> NDArray[np.bool_]:
    known = {row.recorded_as for row in fold.train}
    return np.array([row.recorded_as in known for row in fold.test])


def forecast(model: DisputeModel, test: Sequence[StudyRow], study: Sequence[StudyRow]) -> Values:
    """The model's probabilities of the test rows, with the study's earlier proposals as history.

    Raises LookedAhead where a score changes with what came after it.
    """
    chosen = {row.market_key for row in test}
    last = max(row.score_time for row in test)
    history = [
        row
        for row in study
        if row.proposed_at is not None and row.score_time < last and row.market_key not in chosen
    ]
    return blind_scores(model, test, history)


def _measured(target: Target, split: Split, forecasts: Forecasts, draws: int) -> Backtest:
    rows = forecasts.rows
    known: dict[bytes, Stratum] = {}

    def of(chosen: NDArray[np.bool_]) -> Stratum:
        """A set of rows is measured once, however many names it has."""
        key = chosen.tobytes()
        if key not in known:
            known[key] = measure_stratum(
                target,
                only(forecasts, chosen),
                draws,
                in_sample=split.mode is Mode.IN_SAMPLE,
            )
        return known[key]

    kinds = sorted({row.recorded_as for row in rows})
    proposed = np.array([row.proposed_at is not None for row in rows])
    trained_for = proposed & forecasts.trained_for
    some, fewer = bool(trained_for.any()), bool((trained_for != proposed).any())
    return Backtest(
        target,
        split,
        tuple(kinds),
        sum(row.price_of_proposed is None for row in rows),
        of(np.ones(len(rows), dtype=bool)),
        of(proposed) if proposed.any() else None,
        of(trained_for) if some and fewer else None,
        {
            kind: of(np.array([row.recorded_as == kind for row in rows]))
            for kind in kinds
            if len(kinds) > 1
        },
    )


def _with_partial(
    predicted: Mapping[str, Values],
    train: Sequence[StudyRow],
    test: Sequence[StudyRow],
    target: Target,
) -> dict[str, Values]:
    """The forecasts with those of the baselines that some rows have and nothing was kept of.

    They are calibrated on the model's training rows where these have values, else on the first of
    the test rows that do, which they then do not forecast.
    """
    found = dict(predicted)
    for name in PARTIAL:
        if name in found:
            continue
        p = forecast_late(train, test, target, name)
        if p is None:
            first, later = _warm_up(tuple(itertools.compress(test, has_value(test, name))))
            p = forecast_late(first, test, target, name)
            if p is not None:
                forecast_keys = {row.market_key for row in later}
                p[[row.market_key not in forecast_keys for row in test]] = np.nan
        if p is not None:
            found[name] = p
    return found


def _warm_up(rows: Sequence[StudyRow]) -> tuple[tuple[StudyRow, ...], tuple[StudyRow, ...]]:
    """The rows before a moment and those after it whose group began after it."""
    if not rows:
        return (), ()
    first, last = rows[0].score_time, rows[-1].score_time
    moment = first + (last - first) * _WARM_UP
    train = tuple(row for row in rows if row.score_time <= moment)
    known = {row.group for row in train}
    return train, tuple(row for row in rows if row.score_time > moment and row.group not in known)
