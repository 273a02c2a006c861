"""The backtest's figures as rows of text, for the terminal and the HTML report alike.

A figure's second line is its 90 % interval.
"""

from collections.abc import Iterator, Mapping

from service.calibration.backtest import Backtest
from service.calibration.baselines import NAMES
from service.calibration.comparison import Gain
from service.calibration.evaluation import Evaluation
from service.calibration.resampling import Interval
from service.calibration.strata import Stratum

HEADINGS = (
    "predictor",
    "log loss",
    "Brier",
    "AUPRC",
    "AUROC",
    "slope",
    "gain in log loss",
    "gain in AUPRC",
    "gain by money",
)


def backtest_strata(backtest: Backtest) -> list[tuple[str, Stratum]]:
    """The sets of rows that are told, the verdict's first; each is told once."""
    named = [
        ("Rows at proposal time", backtest.at_proposal),
        ("Of these, rows the model was trained for", backtest.trained_for),
        ("All rows", backtest.all),
        *((f"Rows of {kind} recordings", found) for kind, found in backtest.by_recording.items()),
    ]
    told: list[tuple[str, Stratum]] = []
    for title, found in named:
        if found is not None and not any(found is other for _, other in told):
            told.append((title, found))
    return told


def measure_rows(stratum: Stratum) -> Iterator[tuple[str, ...]]:
    """One row a predictor, the model first; an uncomputable baseline says why."""
    yield ("model", *_measures(stratum.model), "", "", "")
    for name, title in NAMES.items():
        found = stratum.baselines.get(name)
        if found is None:
            # Why is among the weaknesses, before the tables.
            yield (f"{name} {title}", "unavailable", *[""] * (len(HEADINGS) - 2))
            continue
        part = stratum.parts.get(name)
        on = "" if part is None else f"\non {part.rows} rows, {part.positives} positives"
        yield (
            f"{name} {title}{on}",
            *_measures(found),
            _gain(stratum.comparison.log_loss, name),
            _gain(stratum.comparison.auprc, name),
            _gain(stratum.comparison.money, name),
        )
        if part is not None:
            yield (f"model{on}", *_measures(part.model), "", "", "")


BUDGET_HEADINGS = (
    "predictor",
    "alerts a week",
    "alerts",
    "precision",
    "recall",
    "money recall",
    "median lead, h",
)


def budget_rows(stratum: Stratum) -> Iterator[tuple[str, ...]]:
    """Precision and recall at each alert budget."""
    for name, found in _alerting(stratum):
        for row in found.budgets:
            yield (
                name,
                str(row.per_week),
                str(row.alerts),
                _number(row.precision, row.precision_interval, 3),
                _number(row.recall, row.recall_interval, 3),
                _number(row.money_recall, None, 3),
                _number(row.lead_hours_median, None, 1),
            )


SWEEP_HEADINGS = ("B2 at a margin of", "pages", "caught", "precision", "recall", "model's caught")


def sweep_rows(stratum: Stratum) -> Iterator[tuple[str, ...]]:
    """The notifier's rule at other prices; none where no row has what it reads."""
    for step in () if stratum.sweep is None else stratum.sweep.steps:
        yield (
            f"{step.margin:g}",
            str(step.pages),
            str(step.caught),
            _number(step.precision, None, 3),
            _number(step.recall, None, 3),
            str(step.caught_by_model),
        )


def _alerting(stratum: Stratum) -> Iterator[tuple[str, Evaluation]]:
    """Each predictor; beside a baseline that lacks rows the model on the rows it has."""
    yield "model", stratum.model
    for name, found in stratum.baselines.items():
        part = stratum.parts.get(name)
        if part is None:
            yield name, found
        else:
            yield f"{name} on {part.rows} rows", found
            yield f"model on {part.rows} rows", part.model


def _measures(found: Evaluation) -> Iterator[str]:
    for name, value, digits in (
        ("log_loss", found.log_loss, 4),
        ("brier", found.brier, 4),
        ("auprc", found.auprc, 3),
        ("auroc", found.auroc, 3),
        ("slope", found.slope, 2),
    ):
        yield _number(value, found.intervals.get(name), digits)


def _gain(gains: Mapping[str, Gain], name: str) -> str:
    gain = gains.get(name)
    if gain is None:
        return "-"
    return f"{_number(gain.gain, gain.interval, 4)}\n{gain.verdict}"


def _number(value: float | None, found: Interval | None, digits: int) -> str:
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    return text if found is None else f"{text}\n{found.p05:.{digits}f}..{found.p95:.{digits}f}"
