"""One predictor's measures on the test rows, each with its interval and the sample it needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.alert_budget import BudgetRow, alert_budgets
from service.calibration.logistic import Values
from service.calibration.measures import (
    CalibrationLine,
    Ranking,
    effective_rows,
    log_losses,
    squared_errors,
    weighted_mean,
)
from service.calibration.reliability import ReliabilityPoint, reliability
from service.calibration.resampling import Interval, Resamples, interval
from service.calibration.rows import StudyRow, Target

# docs/methodology.md, "Backtest".
SLOPE_POSITIVES = 20
# A rate asks for so many rows with a positive among them; fewer give a bound at most.
RATE_ROWS = 100
AREA_POSITIVES = 30
COMPARISON_POSITIVES = 50
# A money-weighted figure that fewer than this many rows' worth of weight decides is refused.
MONEY_ROWS = 30.0
# A slope takes an iteration of its own in each draw: a baseline's gets fewer of them.
_BASELINE_SLOPE_DRAWS = 300


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The test rows, their outcomes and their resamples; every predictor is measured on them."""

    rows: tuple[StudyRow, ...]
    target: Target
    y: Values
    # USD of final volume; 0 where unknown.
    money: Values
    resamples: Resamples

    @classmethod
    def of(cls, rows: Sequence[StudyRow], target: Target, draws: int) -> "HeldOut":
        """Of labelled rows."""
        return cls(
            tuple(rows),
            target,
            np.array([float(bool(row.labels.of(target))) for row in rows]),
            np.array([row.labels.weight_usd or 0.0 for row in rows]),
            Resamples.of([row.group for row in rows], draws=draws),
        )

    @property
    def positives(self) -> int:
        """Rows whose label is true."""
        return int(self.y.sum())


@dataclass(frozen=True, slots=True)
class MoneyMeasures:
    """Measures weighted by final volume, or why there are none."""

    rows: int
    effective_rows: float
    log_loss: float | None = None
    brier: float | None = None
    log_loss_interval: Interval | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """None: not defined on these rows. ``doubtful``: measures below their minimum sample."""

    log_loss: float
    brier: float
    auprc: float | None
    auroc: float | None
    slope: float | None
    intercept: float | None
    mean_probability: float
    # The share of the rows that were positive: what the mean probability should have been.
    happened: float
    intervals: dict[str, Interval]
    doubtful: tuple[str, ...]
    money: MoneyMeasures
    budgets: tuple[BudgetRow, ...]
    reliability: tuple[ReliabilityPoint, ...]
    precision_recall: tuple[tuple[float, float], ...]


def evaluate(test: HeldOut, p: Values, *, is_model: bool = False) -> Evaluation:
    """Measure a predictor's probabilities on the test rows; the model's reliability, too.

    The model's slope is drawn as often as everything else, since its status hangs on it.
    """
    ones = np.ones(len(p))
    losses, errors = log_losses(test.y, p), squared_errors(test.y, p)
    ranking = Ranking.of(test.y, p)
    calibration = CalibrationLine(test.y, p)
    areas, line = ranking.areas(ones), calibration.fit(ones)
    drawn: dict[str, Values] = {
        "log_loss": test.resamples.means(losses, ones),
        "brier": test.resamples.means(errors, ones),
        "happened": test.resamples.means(test.y, ones),
    }
    if areas is not None:
        found = test.resamples.repeat(ranking.areas, 2)
        drawn |= {"auprc": found[:, 0], "auroc": found[:, 1]}
    if line is not None:
        draws = None if is_model else _BASELINE_SLOPE_DRAWS
        fewer = Resamples(test.resamples.counts[:draws], test.resamples.group_of)
        found = fewer.repeat(calibration.fit, 2)
        drawn |= {"slope": found[:, 0], "intercept": found[:, 1]}
    intervals = {name: interval(values) for name, values in drawn.items()}
    return Evaluation(
        log_loss=float(losses.mean()),
        brier=float(errors.mean()),
        auprc=None if areas is None else areas[0],
        auroc=None if areas is None else areas[1],
        slope=None if line is None else line[0],
        intercept=None if line is None else line[1],
        mean_probability=float(p.mean()),
        happened=float(test.y.mean()),
        intervals={name: found for name, found in intervals.items() if found is not None},
        doubtful=_doubtful(test.positives),
        money=_money(test, losses, errors),
        budgets=alert_budgets(test.rows, test.target, p, test.resamples),
        reliability=reliability(test.y, p) if is_model else (),
        precision_recall=tuple(ranking.curve()) if test.positives else (),
    )


def _doubtful(positives: int) -> tuple[str, ...]:
    names: list[str] = []
    if positives < SLOPE_POSITIVES:
        names += ["slope", "intercept"]
    if positives < AREA_POSITIVES:
        names += ["auprc", "auroc"]
    return tuple(names)


def _money(test: HeldOut, losses: Values, errors: Values) -> MoneyMeasures:
    known, effective = int((test.money > 0).sum()), effective_rows(test.money)
    if effective < MONEY_ROWS:
        reason = f"{known} rows with a volume weigh like {effective:.1f}; {MONEY_ROWS:.0f} needed"
        return MoneyMeasures(known, effective, refused=reason)
    return MoneyMeasures(
        known,
        effective,
        weighted_mean(losses, test.money),
        weighted_mean(errors, test.money),
        interval(test.resamples.means(losses, test.money)),
    )
