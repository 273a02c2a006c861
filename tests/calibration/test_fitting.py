"""Fits of the dispute model on made rows: what is freed, what is shrunk, what is switched off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.enums import Category
from service.calibration.ablation import EMBARGO, ablate, columns_in_time
from service.calibration.ablation_blocks import BLOCKS
from service.calibration.bag_of_words import fit_words
from service.calibration.coefficients import fit_coefficients, shift_to_mean
from service.calibration.dispute_model import FrozenDisputeModel, load
from service.calibration.features import dispute_facts
from service.calibration.fitting import Recipe, fit_dispute
from service.calibration.leakage import blind_scores
from service.calibration.model_defaults import DEFAULTS, PRIOR_RATES
from service.calibration.rows import Labels, StudyRow, Target, TimeBasis
from service.errors import UsageError
from service.risk.dispute_features import WORDS, counting_features, dispute_probability
from service.risk.log_odds import expits
from service.risk.text.dispute_readings import CANDLE_OPEN, UNFAMILIAR, DisputeFacts
from service.risk.text.features import FEATURE_CAP
from service.risk.text.frozen_dispute import FrozenDispute, shipped_dispute_model
from tests.calibration.study_rows import START, row


def newcomers(count: int, *, days: int = 100, seed: int = 3) -> list[StudyRow]:
    """Rows of a few familiar proposers and many new ones, whose answers are disputed more."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        is_new = bool(rng.random() < 0.2)
        category = Category.POLITICS if rng.random() < 0.3 else Category.SPORTS
        chance = 0.25 if is_new else 0.01 if category is Category.SPORTS else 0.04
        made.append(
            row(
                number,
                score_time=START + timedelta(minutes=number * days * 1440 / count),
                proposer=f"new{number}" if is_new else f"known{number % 8}",
                category=category,
                labels=Labels(disputed=bool(rng.random() < chance)),
            )
        )
    return made


def test_a_fit_learns_who_is_new_and_keeps_what_it_cannot_learn() -> None:
    fit = fit_dispute(newcomers(1500), Target.DISPUTED)
    terms = {term.name: term for term in fit.model.terms}
    assert terms[UNFAMILIAR].source == "fitted"
    assert terms[UNFAMILIAR].sd is not None
    assert terms[UNFAMILIAR].coefficient > 0.7
    # No candle among the rows: nothing was seen of it, so its default stays.
    assert terms[CANDLE_OPEN].source == "default"
    assert terms[CANDLE_OPEN].coefficient == DEFAULTS[CANDLE_OPEN].coefficient
    assert terms[CANDLE_OPEN].sd is None
    assert fit.model.categories[Category.POLITICS] > 0 > fit.model.categories[Category.SPORTS]


def test_coefficients_are_freed_one_for_ten_positives() -> None:
    rng = np.random.default_rng(1)
    columns, groups = rng.normal(size=(400, 3)), [str(i) for i in range(400)]
    y = np.zeros(400)
    y[:29] = 1
    few = fit_coefficients(columns, y, np.zeros(400), [0.5, 0.5, 0.5], groups)
    assert few.freed == (True, True, False)
    assert few.values[2] == 0.5
    assert np.isnan(few.sds[2])


def test_a_coefficient_stops_at_the_cap_of_its_effect() -> None:
    x = np.repeat([0.0, 1.0], 200)[:, None]
    y = x[:, 0].copy()
    fitted = fit_coefficients(x, y, np.zeros(400), [2.5], [str(i) for i in range(400)])
    assert fitted.values[0] == pytest.approx(FEATURE_CAP)


def test_siblings_that_repeat_each_other_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    x = np.repeat(rng.normal(size=40), 10)[:, None]
    y = np.repeat((rng.random(40) < 0.3).astype(float), 10)
    alone = fit_coefficients(x, y, np.zeros(400), [0.0], [str(i) for i in range(400)])
    together = fit_coefficients(x, y, np.zeros(400), [0.0], [str(i // 10) for i in range(400)])
    assert together.values == alone.values
    assert together.sds[0] > 1.5 * alone.sds[0]


def test_the_base_rate_is_the_data_s_under_the_published_prior() -> None:
    rows = newcomers(1500)
    fit = fit_dispute(rows, Target.DISPUTED)
    positives = sum(bool(r.labels.disputed) for r in rows)
    prior = PRIOR_RATES[Target.DISPUTED]
    expected = (positives + prior.mean * prior.n) / (len(rows) + prior.n)
    assert FrozenDisputeModel(fit.model).predict(rows).mean() == pytest.approx(expected, rel=1e-3)
    eta = np.array([-3.0, 0.0, 2.0])
    assert float(expits(eta + shift_to_mean(eta, 0.1)).mean()) == pytest.approx(0.1)


def test_frozen_and_live_evaluation_are_one_number() -> None:
    rows = newcomers(200)
    frozen = shipped_dispute_model()
    predicted = load("shipped").predict(rows)
    facts = dispute_facts(rows)
    assert predicted.tolist() == [dispute_probability(found, frozen) for found in facts]


def test_no_prediction_moves_with_what_comes_later() -> None:
    rows = newcomers(300)
    model = FrozenDisputeModel(fit_dispute(rows[:200], Target.DISPUTED).model)
    # Raises where a score moves with shuffled labels or without the later rows.
    scores = blind_scores(model, rows[100:], rows[:100])
    assert scores.tolist() == model.predict(rows)[100:].tolist()


def test_proposals_of_one_instant_know_nothing_of_each_other() -> None:
    twins = [row(i, score_time=START, proposer="a") for i in range(2)]
    later = row(3, proposer="a")
    counts = [(f.by_proposer, f.by_anybody) for f in dispute_facts([later, *twins])]
    assert counts == [(2, 2), (0, 0), (0, 0)]


def test_a_question_without_a_proposal_knows_no_history_and_no_earliness() -> None:
    listing = row(1, time_basis=TimeBasis.SETTLEMENT, proposer="a")
    found = dispute_facts([row(0, proposer="a"), listing])[1]
    assert (found.proposed_at, found.by_proposer) == (None, None)


def test_a_text_that_tells_nothing_is_switched_off_and_a_history_that_tells_is_kept() -> None:
    rng = np.random.default_rng(5)
    vague = "Agreement to a significant official deal, widely reported."
    rows = [
        replace(found, rules=vague if rng.random() < 0.5 else found.rules)
        for found in newcomers(900, days=100)
    ]
    found = ablate(rows, Target.DISPUTED)
    assert found is not None
    verdicts = {trial.name: trial.kept for trial in found.trials}
    assert verdicts["proposer's history"]
    assert not verdicts["lexical readings"]
    assert not verdicts["bag of words"]
    assert not found.recipe.wording
    # Columns that look ahead can be measured, never shipped.
    assert not verdicts["price of the proposed outcome, as recorded"]


def test_words_that_go_with_disputes_are_found_and_names_and_rare_ones_are_not() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for number in range(600):
        disputed = bool(rng.random() < 0.2)
        word = "consensus" if rng.random() < (0.8 if disputed else 0.3) else "league"
        word = word if number % 3 else "committee"
        rules = f"Zelenskyy resolves by {word} of everybody 2025 unique{number}x"
        rows.append(row(number, rules=rules, labels=Labels(disputed=disputed)))
    words = fit_words(rows, Target.DISPUTED)
    assert words["consensus"] > 0 > words["league"]
    assert set(words) <= {"consensus", "league", "committee"}
    assert fit_words(rows[:50], Target.DISPUTED) == {}
    model = fit_dispute(rows, Target.DISPUTED, Recipe(words=True)).model
    told = {w for facts in dispute_facts(rows[:9]) for w in words_told(facts, model)}
    assert "consensus" in told


def words_told(facts: DisputeFacts, model: FrozenDispute) -> tuple[str, ...]:
    return next(f.evidence for f in counting_features(facts, model) if f.name == WORDS)


def test_rows_without_any_positive_give_the_prior_and_free_nothing() -> None:
    fit = fit_dispute([row(i, proposer="a") for i in range(50)], Target.FLIPPED)
    assert all(term.source == "default" for term in fit.model.terms)
    assert fit.base_rates[0] < PRIOR_RATES[Target.FLIPPED].mean


def test_a_file_that_is_no_model_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(path))
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="schema"):
        load(str(path))


def test_parts_are_tried_with_the_histories_that_forecasts_have() -> None:
    """A proposer of January is known in March, and in a fit that its group is not part of."""
    rows = [
        replace(found, group="both" if n % 40 == 0 else found.group)
        for n, found in enumerate(newcomers(900, days=100))
    ]
    found = ablate(rows, Target.DISPUTED)
    assert found is not None
    month = datetime(2025, 4, 1, tzinfo=UTC)
    tested = [r for r in rows if r.score_time >= month]
    train = [r for r in rows if r.score_time < month - EMBARGO and r.group != "both"]
    others = [r.blinded() for r in rows if r.score_time < month - EMBARGO and r.group == "both"]
    model = fit_dispute([*train, *others], Target.DISPUTED, found.recipe).model
    assert UNFAMILIAR in {term.name for term in model.terms if term.source != "off"}
    expected = FrozenDisputeModel(model).predict(rows)[-len(tested) :]
    assert found.months[-1] == "2025-04"
    assert found.p[-len(tested) :] == pytest.approx(expected, rel=1e-12)


def test_a_column_counts_what_came_before_in_test_and_training_alike() -> None:
    """Newness of a series is read off all earlier proposals, those of other months included."""
    series = next(block.columns for block in BLOCKS if block.name == "newness of the series")
    assert series is not None
    rows = [row(n, group=f"g{n % 30}") for n in range(120)]
    whole = series(rows)
    assert columns_in_time(series, rows[90:], rows[:90]) == pytest.approx(whole[90:])
    assert columns_in_time(series, rows[1::2], rows[::2]) == pytest.approx(whole[1::2])
