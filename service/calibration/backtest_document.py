"""The backtest as the JSON object of the public contract. docs/methodology.md, "Backtest"."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from service.calibration.alert_budget import BudgetRow
from service.calibration.backtest import Backtest, Split
from service.calibration.baselines import NAMES
from service.calibration.calibration_words import calibration_status
from service.calibration.comparison import Comparison, Gain
from service.calibration.evaluation import Evaluation, MoneyMeasures
from service.calibration.headline import first_lines, headline, verdict_rows
from service.calibration.misresolution import upper_bound
from service.calibration.model_defaults import CHOICES_SEEN_TO
from service.calibration.resampling import DRAWS, SEED, Interval
from service.calibration.strata import Part, Stratum

Document = dict[str, Any]


def backtest_document(backtest: Backtest, model_name: str, notices: tuple[str, ...]) -> Document:
    """Every figure of the report."""
    first, whole = first_lines(backtest), backtest.deciding
    return {
        "target": str(backtest.target),
        "model_name": model_name,
        "headline": first,
        "summary": first[0],
        "weaknesses": headline(backtest)[len(first) :],
        "verdict_rows": verdict_rows(backtest),
        **_stratum(whole, full=True),
        "calibration_status": calibration_status(backtest, whole),
        "bound": {"p95": upper_bound(whole.positives, whole.rows), "method": "Jeffreys"},
        # The figures above are of the verdict's rows, these of every row.
        "all_rows": _stratum(backtest.all, full=True)
        | {"calibration_status": calibration_status(backtest, backtest.all)},
        "rows_the_model_was_trained_for": None
        if backtest.trained_for is None
        else _stratum(backtest.trained_for, full=False),
        "fitted_once": None if backtest.once is None else _once(backtest.once),
        "split": _split(backtest.split),
        "by_recording": {
            kind: _stratum(stratum, full=False) for kind, stratum in backtest.by_recording.items()
        },
        "rows_without_price": backtest.rows_without_price,
        # A report is only made where they moved nothing.
        "leakage_check": "scores were the same with all futures shuffled and later rows removed",
        "intervals_are": f"90 %, cluster bootstrap over groups, {DRAWS} draws, seed {SEED}",
        "files": list(notices),
    }


def _once(once: Backtest) -> Document:
    """One split in time: fitted before it, tested on everything after."""
    return {
        "split": _split(once.split),
        "rows_are": verdict_rows(once),
        **_stratum(once.deciding, full=False),
        "calibration_status": calibration_status(once, once.deciding),
    }


def _stratum(stratum: Stratum, *, full: bool) -> Document:
    baselines: dict[str, Document] = {}
    for name, title in NAMES.items():
        found = stratum.baselines.get(name)
        if found is None:
            reason = stratum.missing.get(name, "could not be fitted on the training rows")
            baselines[name] = {"name": title, "unavailable": reason}
        else:
            baselines[name] = {"name": title, **_evaluation(found, full=False)}
        if name in stratum.parts:
            baselines[name]["compared_on"] = _part(stratum.parts[name])
    later = stratum.notifier
    return {
        "rows": stratum.rows,
        "positives": stratum.positives,
        "verdict": str(stratum.comparison.verdict),
        "verdict_reason": stratum.comparison.reason,
        "model": _evaluation(stratum.model, full=full),
        "baselines": baselines,
        "paired": _paired(stratum.comparison),
        **({} if later is None else {"notifier_after_the_answer": asdict(later)}),
        **({} if stratum.sweep is None else {"notifier_sweep": asdict(stratum.sweep)}),
    }


def _part(part: Part) -> Document:
    """The rows that baseline and model share, with the model's measures there."""
    return {
        "rows": part.rows,
        "positives": part.positives,
        "left_out_without_value": part.without_value,
        "left_out_not_forecast": part.not_forecast,
        "model": _evaluation(part.model, full=False),
    }


def _split(split: Split) -> Document:
    return {
        "mode": str(split.mode),
        "train_from": _instant(split.train_from),
        "train_to": _instant(split.train_to),
        "test_from": _instant(split.test_from),
        "test_to": _instant(split.test_to),
        "embargo_days": split.embargo_days,
        "folds": split.folds,
        "in_sample_rows": split.in_sample_rows,
        "left_out_earlier_than_training": split.left_out_earlier,
        "left_out_in_embargo": split.left_out_embargo,
        "left_out_of_split_groups": split.left_out_split_groups,
        "baselines_from": split.baselines_from,
        "rows_of_recordings_not_trained_on": split.unfamiliar_rows,
        "model_form_chosen_to": _instant(split.chosen_to),
        "choices_seen_to": _instant(CHOICES_SEEN_TO),
    }


def _evaluation(found: Evaluation, *, full: bool) -> Document:
    document: Document = {
        "log_loss": found.log_loss,
        "brier": found.brier,
        "auprc": found.auprc,
        "auroc": found.auroc,
        "slope": found.slope,
        "intercept": found.intercept,
        "mean_probability": found.mean_probability,
        "happened": found.happened,
        "intervals": {name: _interval(value) for name, value in found.intervals.items()},
        "below_minimum_sample": list(found.doubtful),
        "money_weighted": _money(found.money),
        "alert_budgets": [_budget(row) for row in found.budgets],
    }
    if full:
        document["reliability"] = [
            {"forecast": p.forecast, "happened": p.happened, "low": p.low, "high": p.high}
            for p in found.reliability
        ]
    return document


def _money(money: MoneyMeasures) -> Document:
    document: Document = {"rows": money.rows, "effective_rows": money.effective_rows}
    if money.refused is not None:
        return document | {"refused": money.refused}
    return document | {
        "log_loss": money.log_loss,
        "log_loss_interval": _interval(money.log_loss_interval),
        "brier": money.brier,
        "weight": "final volume",
    }


def _budget(row: BudgetRow) -> Document:
    return {
        "per_week": row.per_week,
        "alerts": row.alerts,
        "caught": row.caught,
        "precision": row.precision,
        "precision_interval": _interval(row.precision_interval),
        "recall": row.recall,
        "recall_interval": _interval(row.recall_interval),
        "money_recall": row.money_recall,
        "lead_hours": {
            "median": row.lead_hours_median,
            "p10": row.lead_hours_p10,
            "rows": row.lead_rows,
        },
    }


def _paired(comparison: Comparison) -> Document:
    return {
        name: {
            **_gain(gain),
            "auprc": _gain(comparison.auprc[name]) if name in comparison.auprc else None,
            "money_weighted": _gain(comparison.money[name]) if name in comparison.money else None,
        }
        for name, gain in comparison.log_loss.items()
    }


def _gain(gain: Gain) -> dict[str, object]:
    found = gain.interval
    return {
        "gain": gain.gain,
        "p05": None if found is None else found.p05,
        "p95": None if found is None else found.p95,
        "verdict": str(gain.verdict),
    }


def _interval(found: Interval | None) -> Mapping[str, float] | None:
    return None if found is None else {"p05": found.p05, "p95": found.p95}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
