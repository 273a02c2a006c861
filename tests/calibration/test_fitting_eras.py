"""Fit and forecast are one model: on rows of any era, and where the proposer is not known."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import numpy as np
import pytest

from models.enums import Category
from service.calibration.bag_of_words import fit_words
from service.calibration.dispute_model import FrozenDisputeModel
from service.calibration.fitting import Fit, Recipe, fit_dispute
from service.calibration.model_card import to_card
from service.calibration.model_defaults import ERAS, PRIOR_RATES
from service.calibration.rows import Labels, StudyRow, Target
from service.risk.text.dispute_readings import UNFAMILIAR
from service.risk.text.frozen_dispute import SHIPPED_TARGETS, shipped_text
from tests.calibration.study_rows import row
from tests.calibration.test_fitting import newcomers

BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
NEWEST = ERAS[-1]


def forecast_mean(fit: Fit, rows: list[StudyRow]) -> float:
    return float(FrozenDisputeModel(fit.model).predict(rows).mean())


@pytest.mark.parametrize("days_later", [0, 200, 380, 900])
def test_a_fit_forecasts_the_rate_of_its_own_rows_in_whatever_eras_they_lie(
    days_later: int,
) -> None:
    """Before any, around the first, around the second, and all in the newest."""
    later = timedelta(days=days_later)
    rows = [replace(r, score_time=r.score_time + later) for r in newcomers(1500, days=150)]
    fit = fit_dispute(rows, Target.DISPUTED)
    assert forecast_mean(fit, rows) == pytest.approx(fit.base_rates[0], rel=1e-4)


def test_the_published_rate_is_moved_to_the_rows_own_era() -> None:
    """1.3 % is of 2025: 300 undisputed rows of the newest era must not say more than it does."""
    prior = PRIOR_RATES[Target.DISPUTED]
    for begins, factor in ((BEFORE, 1.0), (NEWEST.begins, float(np.exp(NEWEST.log_odds)))):
        rows = [row(i, score_time=begins + timedelta(hours=i)) for i in range(300)]
        fit = fit_dispute(rows, Target.DISPUTED)
        assert fit.base_rates[0] == pytest.approx(prior.mean * factor * prior.n / (300 + prior.n))


def of_two_eras(rate: float) -> list[StudyRow]:
    """Politics before any era, sports in the newest, disputed as its era alone would have it."""
    made: list[StudyRow] = []
    for begins, category, word, share in (
        (BEFORE, Category.POLITICS, "yonder", rate),
        (NEWEST.begins, Category.SPORTS, "hither", rate * np.exp(NEWEST.log_odds)),
    ):
        for i in range(1000):
            disputed = int((i + 1) * share) > int(i * share)
            made.append(
                row(
                    len(made),
                    score_time=begins + timedelta(hours=i),
                    category=category,
                    rules=f"Resolves {word}.",
                    labels=Labels(disputed=disputed),
                )
            )
    return made


def test_what_its_era_explains_is_not_told_again_by_a_category() -> None:
    fit = fit_dispute(of_two_eras(0.1), Target.DISPUTED)
    assert fit.model.categories[Category.POLITICS] == pytest.approx(0, abs=0.03)
    assert fit.model.categories[Category.SPORTS] == pytest.approx(0, abs=0.03)


def test_what_its_era_explains_is_not_told_again_by_words() -> None:
    rows = [replace(r, category=Category.OTHER) for r in of_two_eras(0.2)]
    together = [replace(r, score_time=BEFORE) for r in rows]
    assert fit_words(together, Target.DISPUTED)["yonder"] > 0.2
    assert abs(fit_words(rows, Target.DISPUTED).get("yonder", 0.0)) < 0.05


def test_unknown_proposers_are_fitted_as_they_are_forecast() -> None:
    """Half of the proposers are hidden at random: such rows are like all others."""
    rng = np.random.default_rng(1)
    rows = newcomers(3000, days=150)
    whole = fit_dispute(rows, Target.DISPUTED)
    rows = [replace(r, proposer=None) if rng.random() < 0.5 else r for r in rows]
    fit = fit_dispute(rows, Target.DISPUTED)
    assert forecast_mean(fit, rows) == pytest.approx(fit.base_rates[0], rel=1e-3)
    unknown = [r for r in rows if r.proposer is None]
    assert forecast_mean(fit, unknown) == pytest.approx(fit.base_rates[0], rel=0.05)
    found, expected = (
        next(t.coefficient for t in f.model.terms if t.name == UNFAMILIAR) for f in (fit, whole)
    )
    assert found == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("target", SHIPPED_TARGETS)
def test_a_shipped_card_is_what_its_file_says(target: str) -> None:
    card = files("service.risk").joinpath(f"models/{target}.md").read_text("utf-8")
    assert card == to_card(json.loads(shipped_text(target)))
    assert "Its newest row is of 2025-06-05." in card


def test_words_are_counted_against_a_usual_question_in_the_fit_as_in_forecasts() -> None:
    """Else the model's mean would lie below or above the rows' own by what words usually add."""
    rows = [
        replace(r, rules="Resolves yonder." if n % 3 else "Resolves hither.")
        for n, r in enumerate(of_two_eras(0.2)[:1000])
    ]
    rows = [
        replace(r, labels=Labels(disputed=n % 3 != 0 and n % 4 == 0)) for n, r in enumerate(rows)
    ]
    fit = fit_dispute(rows, Target.DISPUTED, Recipe(words=True))
    assert abs(fit.model.words_usual) > 0.05
    assert forecast_mean(fit, rows) == pytest.approx(fit.base_rates[0], rel=1e-4)
