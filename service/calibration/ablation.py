"""Which parts of the dispute model earn a place: each is tried out of time and kept or left off.

docs/methodology.md, "Dispute model". Parts come in a fixed order, each beside those kept before.
A month is forecast by what was known a week before it; groups are never on both sides. As in
forecasts, proposers' histories count every earlier proposal, whether or not it trains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from service.calibration.ablation_blocks import BLOCKS, Block, Columns
from service.calibration.coefficients import fit_coefficients, shift_to_mean
from service.calibration.features import dispute_facts
from service.calibration.fitting import Recipe, fit_dispute
from service.calibration.logistic import Values, logit
from service.calibration.measures import Ranking, log_losses
from service.calibration.resampling import Resamples, interval
from service.calibration.rows import StudyRow, Target
from service.calibration.split import is_over
from service.risk.dispute_features import dispute_probability
from service.risk.log_odds import expits
from service.risk.text.dispute_readings import DisputeFacts
from service.risk.text.frozen_dispute import FrozenDispute

EMBARGO = timedelta(days=7)
LEAST_POSITIVES = 10
# With fewer held-out positives nothing is decided: the usual parts stay on, texts off.
DECIDING_POSITIVES = 20
# A part is kept if it lowers log loss in this share of the resamples of groups.
KEPT_SHARE = 0.9
_DRAWS = 2000
_SEED = 20260301


@dataclass(frozen=True, slots=True)
class Trial:
    """What a part did on the held-out rows. Gain: mean log loss saved a row."""

    name: str
    gain: float
    p05: float
    p95: float
    share_better: float
    auprc_before: float
    auprc_after: float
    kept: bool
    # Whether a shipped model could have it.
    can_ship: bool


@dataclass(frozen=True, slots=True, eq=False)
class Ablation:
    """The recipe that was chosen, the trials, and its held-out probabilities."""

    recipe: Recipe
    trials: tuple[Trial, ...]
    rows: tuple[StudyRow, ...]
    y: Values
    p: Values
    # Whether there were enough positives to choose; else the recipe is the usual one.
    decides: bool
    # The base rate's, for comparison.
    rate_alone: Values
    months: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Fold:
    month: datetime
    train: tuple[StudyRow, ...]
    # Labelled or not: the others make histories.
    test: tuple[StudyRow, ...]
    # Proposals of before the month that do not train, without their labels: histories count them,
    # those of before the embargo in the fit as well.
    history: tuple[StudyRow, ...]

    @property
    def shown(self) -> tuple[StudyRow, ...]:
        """What a model is fitted on."""
        return (*self.train, *(row for row in self.history if _is_early(row, self.month)))


def ablate(rows: Sequence[StudyRow], target: Target) -> Ablation | None:
    """Try every part; None where no month has enough labelled proposals before it."""
    folds = list(_folds(rows, target))
    if not folds:
        return None
    tested = [row for fold in folds for row in fold.test if row.labels.of(target) is not None]
    y = np.array([float(bool(row.labels.of(target))) for row in tested])
    resamples = Resamples.of([row.group for row in tested], draws=_DRAWS, seed=_SEED)
    decides = int(y.sum()) >= DECIDING_POSITIVES
    recipe = Recipe(terms=frozenset(), categories=False)
    forecaster = _Forecaster(folds, target)
    rate_alone = kept = forecaster.forecast(recipe)
    trials = []
    for block in BLOCKS:
        tried = block.change(recipe) if block.change else recipe
        p = forecaster.forecast(tried, block.columns)
        trial = _trial(block, y, kept, p, resamples)
        if not decides:
            trial = replace(trial, kept=block.usual)
        trials.append(trial)
        if trial.kept:
            recipe, kept = tried, p
    months = tuple(f"{fold.month:%Y-%m}" for fold in folds)
    return Ablation(recipe, tuple(trials), tuple(tested), y, kept, decides, rate_alone, months)


def _folds(rows: Sequence[StudyRow], target: Target) -> Sequence[_Fold]:
    ordered = sorted(rows, key=lambda row: (row.score_time, row.market_key))
    proposed = [row for row in ordered if row.proposed_at is not None]
    months = sorted({_month(row.score_time) for row in proposed})
    folds = []
    for month in months:
        test = tuple(row for row in proposed if _month(row.score_time) == month)
        tested = {row.group for row in test}
        train = tuple(
            row
            for row in ordered
            if _is_early(row, month) and row.group not in tested and is_over(row, month)
        )
        trained = {row.market_key for row in train}
        history = tuple(
            row.blinded()
            for row in proposed
            if row.score_time < month and row.market_key not in trained
        )
        positives = sum(bool(r.labels.of(target)) for r in train if r.proposed_at is not None)
        if positives >= LEAST_POSITIVES and any(r.labels.of(target) is not None for r in test):
            folds.append(_Fold(month, train, test, history))
    return folds


class _Forecaster:
    """Forecasts of every fold; a recipe is fitted once, however many columns are tried beside."""

    def __init__(self, folds: Sequence[_Fold], target: Target) -> None:
        self._folds, self._target = folds, target
        self._models: dict[tuple[int, Recipe], FrozenDispute] = {}
        self._train_facts = [dispute_facts(fold.shown)[: len(fold.train)] for fold in folds]
        self._test_facts = [
            dispute_facts([*fold.train, *fold.history, *fold.test])[-len(fold.test) :]
            for fold in folds
        ]

    def forecast(self, recipe: Recipe, columns: Columns | None = None) -> Values:
        """The probabilities of the labelled test rows, fold after fold."""
        found = []
        for number, fold in enumerate(self._folds):
            p = _predict(self._test_facts[number], self._model(number, recipe))
            if columns is not None:
                p = self._beside(number, recipe, p, columns)
            found.append(p[[row.labels.of(self._target) is not None for row in fold.test]])
        return np.concatenate(found)

    def _model(self, number: int, recipe: Recipe) -> FrozenDispute:
        key = (number, recipe)
        if key not in self._models:
            shown = self._folds[number].shown
            self._models[key] = fit_dispute(shown, self._target, recipe).model
        return self._models[key]

    def _beside(self, number: int, recipe: Recipe, p: Values, columns: Columns) -> Values:
        """The model's own log-odds as they are, and the new columns fitted beside them."""
        fold = self._folds[number]
        places = [
            i
            for i, row in enumerate(fold.train)
            if row.proposed_at is not None and row.labels.of(self._target) is not None
        ]
        known = [fold.train[i] for i in places]
        y = np.array([float(bool(row.labels.of(self._target))) for row in known])
        facts = [self._train_facts[number][i] for i in places]
        offset = logit(_predict(facts, self._model(number, recipe)))
        trained = columns_in_time(columns, known, fold.shown)
        tested = columns_in_time(columns, fold.test, (*fold.train, *fold.history))
        usual = trained.mean(axis=0)
        defaults = [0.0] * trained.shape[1]
        groups = [row.group for row in known]
        fitted = fit_coefficients(trained - usual, y, offset, defaults, groups)
        values = np.array(fitted.values)
        # The base rate stays the model's own: only the columns are on trial.
        shift = shift_to_mean(offset + (trained - usual) @ values, float(expits(offset).mean()))
        return expits(shift + logit(p) + (tested - usual) @ values)


def columns_in_time(
    columns: Columns, rows: Sequence[StudyRow], before: Sequence[StudyRow]
) -> Values:
    """The columns of the rows, with the proposals before them in their place in time."""
    proposed = {row.market_key: row for row in (*before, *rows) if row.proposed_at is not None}
    ordered = sorted(proposed.values(), key=lambda row: (row.score_time, row.market_key))
    places = {row.market_key: place for place, row in enumerate(ordered)}
    return columns(ordered)[[places[row.market_key] for row in rows]]


def _predict(facts: Sequence[DisputeFacts], model: FrozenDispute) -> Values:
    return np.array([dispute_probability(found, model) for found in facts])


def _trial(block: Block, y: Values, before: Values, after: Values, resamples: Resamples) -> Trial:
    saved = log_losses(y, before) - log_losses(y, after)
    drawn = resamples.means(saved, np.ones(len(y)))
    between = interval(drawn)
    share = float((drawn > 0).mean())
    return Trial(
        name=block.name,
        gain=float(saved.mean()),
        p05=between.p05 if between else float("nan"),
        p95=between.p95 if between else float("nan"),
        share_better=share,
        auprc_before=_area(y, before),
        auprc_after=_area(y, after),
        kept=block.change is not None and share >= KEPT_SHARE,
        can_ship=block.change is not None,
    )


def _area(y: Values, p: Values) -> float:
    areas = Ranking.of(y, p).areas(np.ones(len(y)))
    return float("nan") if areas is None else areas[0]


def _is_early(row: StudyRow, month: datetime) -> bool:
    """Whether a row lies before the embargo."""
    return row.score_time < month - EMBARGO


def _month(at: datetime) -> datetime:
    return datetime(at.year, at.month, 1, tzinfo=UTC)
