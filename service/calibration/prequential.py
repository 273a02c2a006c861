"""The calibration line: what the fit's own forecasts of earlier months say of the next one.

docs/methodology.md, "Calibration line". A month's proposals are forecast from the rows an embargo
before it, as in the backtest; how steep the outcomes lie to those forecasts, held near 1, is how
far the next forecasts are believed. Only rows of the fit itself are looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.coefficients import fit_coefficients
from service.calibration.features import dispute_facts
from service.calibration.fitting import Fit, Line, Recipe, fit_dispute
from service.calibration.logistic import Values, logit
from service.calibration.model_defaults import LINE_POSITIVES, LINE_PRIOR_SD
from service.calibration.rows import StudyRow, Target
from service.calibration.split import Fold, month_folds
from service.risk.dispute_features import dispute_deviation, dispute_probability
from service.risk.dispute_readings import DisputeFacts


@dataclass(frozen=True, slots=True, eq=False)
class _Forecast:
    """A month's labelled proposals, forecast from earlier rows: log-odds, and their deviation."""

    month: str
    groups: tuple[str, ...]
    y: Values
    eta: Values
    # From the usual question's log-odds of that time.
    deviation: Values


def fit_calibrated(rows: Sequence[StudyRow], target: Target, recipe: Recipe | None = None) -> Fit:
    """The dispute model with the line that its forecasts of earlier months earned."""
    return fit_dispute(rows, target, recipe, earned_line(rows, target, recipe))


def earned_line(rows: Sequence[StudyRow], target: Target, recipe: Recipe | None = None) -> Line:
    """Logit P = forecast + intercept + (slope - 1) deviation, slope ~ Normal(1, 0.3).

    Without 20 positives among the forecast proposals the slope stays 1.
    """
    found = tuple(_forecasts(rows, target, recipe))
    y = np.concatenate([month.y for month in found]) if found else np.zeros(0)
    tried = Line(rows=len(y), positives=int(y.sum()), months=tuple(month.month for month in found))
    if tried.positives < LINE_POSITIVES:
        return tried
    # In units of the prior's deviation, so that the coefficient's own prior is Normal(0, 1).
    column = LINE_PRIOR_SD * np.concatenate([month.deviation for month in found])[:, None]
    eta = np.concatenate([month.eta for month in found])
    groups = [group for month in found for group in month.groups]
    fitted = fit_coefficients(column, y, eta, [0.0], groups)
    return Line(
        slope=1.0 + LINE_PRIOR_SD * fitted.values[0],
        sd=LINE_PRIOR_SD * fitted.sds[0],
        intercept=fitted.intercept,
        rows=tried.rows,
        positives=tried.positives,
        months=tried.months,
    )


def _forecasts(
    rows: Sequence[StudyRow], target: Target, recipe: Recipe | None
) -> Iterator[_Forecast]:
    """Of each month that has proposals. Rows without a proposal know a category and no reading."""
    known: dict[str, DisputeFacts] = {}
    for fold in month_folds(rows, target):
        proposed = [row for row in fold.test if row.proposed_at is not None]
        if proposed:
            # A row's facts count strictly earlier rows alone, whichever come later.
            known = known or dict(
                zip((row.market_key for row in rows), dispute_facts(rows), strict=True)
            )
            yield _forecast(fold, proposed, [known[r.market_key] for r in proposed], target, recipe)


def _forecast(
    fold: Fold,
    proposed: Sequence[StudyRow],
    facts: Sequence[DisputeFacts],
    target: Target,
    recipe: Recipe | None,
) -> _Forecast:
    model = fit_dispute(fold.shown, target, recipe).model
    return _Forecast(
        month=f"{proposed[0].score_time:%Y-%m}",
        groups=tuple(row.group for row in proposed),
        y=np.array([float(bool(row.labels.of(target))) for row in proposed]),
        eta=logit(np.array([dispute_probability(found, model) for found in facts])),
        deviation=np.array([dispute_deviation(found, model) for found in facts]),
    )
