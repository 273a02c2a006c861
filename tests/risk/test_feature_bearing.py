"""Which rates a reading moves: what was fitted on disputes is no measure of wrong payouts."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from models.enums import Category, MarketState
from service.risk.dispute_features import counting_features
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from service.risk.situation import Situation, feature_logits
from service.risk.states import follow
from service.risk.text.dispute_readings import DisputeFacts
from service.risk.text.features import Bearing, Feature, wrong_logit
from tests.risk.scenes import CALM, PARAMETERS, all_markets_cell, proposed
from tests.risk.test_evidence import VAGUE, mean, score

CANDLE = "Yes if the Binance 1 minute candle for BTCUSDT 26 May '25 12:00 in the ET timezone is up."
EARLY_AT = datetime(2025, 5, 26, 7, tzinfo=UTC)
FACTS = DisputeFacts(
    title="Bitcoin Up or Down on May 26?",
    rules=CANDLE,
    category=Category.CRYPTO,
    proposed_at=datetime(2025, 5, 26, 17, tzinfo=UTC),
    by_proposer=100,
    by_anybody=500,
)
STRANGER = counting_features(replace(FACTS, by_proposer=0))
TOO_EARLY = counting_features(replace(FACTS, proposed_at=EARLY_AT))
UNKNOWN = replace(FACTS, by_proposer=None, by_anybody=None)


def with_features(features: tuple[Feature, ...]) -> MarketInputs:
    return replace(proposed(minutes_ago=30), features=features)


@pytest.mark.parametrize("facts", [FACTS, UNKNOWN])
def test_an_ordinary_proposal_scores_exactly_as_its_cell_does(facts: DisputeFacts) -> None:
    ordinary = score(with_features(counting_features(facts)))
    bare = score(with_features(()))
    assert ordinary.summary == bare.summary
    assert ordinary.warnings == bare.warnings
    assert to_document(ordinary)["coef_source"] == "default"


def test_a_stranger_moves_wrong_proposals_by_the_assumed_share_alone() -> None:
    whole, wrong = feature_logits(STRANGER, PARAMETERS)
    assert whole > 2
    assert wrong == pytest.approx(whole * PARAMETERS.feature_wrong_share, abs=0.04)
    assert 0 < PARAMETERS.feature_wrong_share < 1


def test_an_answer_too_early_leaves_the_rate_of_wrong_ones_alone() -> None:
    whole, wrong = feature_logits(TOO_EARLY, PARAMETERS)
    cell = all_markets_cell()
    course = follow(cell.transitions, Situation(feature_logit=whole, wrong_logit=wrong), PARAMETERS)
    before, after = cell.transitions, course.transitions
    assert whole > 4
    assert after is not None
    assert np.array_equal(after.a1w, before.a1w)
    assert (after.a1e > 20 * before.a1e).all()
    assert (after.d1c > 20 * before.d1c).all()


def test_changes_of_the_rules_move_every_rate_alike() -> None:
    assert VAGUE.bearing is Bearing.ALL
    whole, wrong = feature_logits((VAGUE,), PARAMETERS)
    assert whole == wrong != 0
    assert wrong_logit((VAGUE, *TOO_EARLY), 0.5) == VAGUE.logit


def test_a_score_moved_by_a_fitted_reading_says_what_was_assumed() -> None:
    told = score(with_features(STRANGER))
    assert to_document(told)["coef_source"] == "fitted_on_disputes"
    assert any("fitted on disputes" in words and "assumed" in words for words in told.warnings)
    plain = score(with_features((VAGUE,)))
    assert to_document(plain)["coef_source"] == "default"
    assert not any("fitted on disputes" in words for words in plain.warnings)


def test_drivers_of_every_bearing_add_up_and_are_told_apart() -> None:
    features = (*counting_features(replace(FACTS, proposed_at=EARLY_AT, by_proposer=0)), VAGUE)
    result = score(with_features(features))
    moved = {d.feature for d in result.drivers if d.contribution_logit}
    assert moved >= {"unfamiliar_proposer", "before_its_time", "candle_open", "vague_verb"}
    p = result.p_misresolved.mean
    parts = math.fsum(d.contribution_p for d in result.drivers)
    logits = math.fsum(d.contribution_logit for d in result.drivers)
    assert parts == pytest.approx(p - result.cell_mean, abs=1e-15)
    odds = [math.log(x / (1 - x)) for x in (p, result.cell_mean)]
    assert logits == pytest.approx(odds[0] - odds[1], abs=1e-9)


def test_the_same_fit_moves_a_calm_market_less_than_assumed_points_do() -> None:
    assert CALM.state is MarketState.PRE_PROPOSAL
    fitted = Feature("unfamiliar_proposer", 1, "-", 2.0, "fitted", bearing=Bearing.DISPUTED)
    assumed = replace(fitted, bearing=Bearing.ALL, coef_source="default")
    half, full = (mean(replace(CALM, features=(f,))) for f in (fitted, assumed))
    assert mean(CALM) < half < full
