"""What is not known of a fitted coefficient is in the interval of a score it moves."""

from dataclasses import replace
from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest

from models.enums import Category, OracleVersion, VolumeStratum
from service.risk.draws import Transitions, Values, shifted
from service.risk.result import Interval
from service.risk.situation import Situation, full_situation
from service.risk.states import follow
from service.risk.summary import summarise
from service.risk.text.features import FEATURE_CAP, Bearing, Feature, effect_spread, total_spread
from service.risk.text.frozen_dispute import shipped_dispute_model
from tests.risk.scenes import NO_COUNTS, PARAMETERS
from tests.risk.test_feature_bearing import STRANGER, TOO_EARLY, with_features

CELL = NO_COUNTS.at(Category.CRYPTO, VolumeStratum.FROM_10K, OracleVersion.MANAGED)


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.5), (3.0, 0.7), (2.3, 0.8), (-2.0, 3.0), (1, 7)])
def test_an_effect_s_spread_is_that_of_its_capped_coefficient(mean: float, sd: float) -> None:
    points = [NormalDist(mean, sd).inv_cdf((i + 0.5) / 20_000) for i in range(20_000)]
    inside = np.clip(points, -FEATURE_CAP, FEATURE_CAP)
    assert effect_spread(mean, sd) == pytest.approx(float(inside.std()), rel=2e-3)
    assert effect_spread(mean, 0.0) == 0.0
    assert effect_spread(50.0, sd) == pytest.approx(0, abs=1e-4)


def test_spreads_of_readings_add_up_as_variances_by_what_each_bears_on() -> None:
    readings = [
        Feature(name, 1.0, "flag", 1.0, "fitted", bearing=bearing, spread=spread)
        for name, bearing, spread in (
            ("a", Bearing.ALL, 0.3),
            ("b", Bearing.DISPUTED, 0.8),
            ("c", Bearing.EARLY, 0.5),
        )
    ]
    assert total_spread(readings) == pytest.approx(sqrt(0.09 + 0.64 + 0.25))
    assert total_spread(readings, 0.5) == pytest.approx(sqrt(0.09 + 0.16))
    assert total_spread([]) == total_spread([replace(readings[0], spread=0.0)], 0.5) == 0


@pytest.mark.parametrize("features", [STRANGER, TOO_EARLY])
def test_the_interval_is_that_of_coefficients_drawn_one_by_one(
    features: tuple[Feature, ...],
) -> None:
    """Drawn here from each one's posterior, within its cap, beside the rates as they are."""
    situation = full_situation(with_features(features), PARAMETERS)
    told = summarise(CELL, situation, PARAMETERS).p_misresolved

    rng = np.random.default_rng(6)
    both, wrong = drawn(features, rng)
    bare = replace(
        situation, feature_logit=0.0, wrong_logit=0.0, feature_spread=0.0, wrong_spread=0.0
    )
    t = CELL.transitions
    moved = replace(
        t,
        a1w=about(t.a1w, situation.wrong_logit, wrong),
        a1e=about(t.a1e, situation.feature_logit, both),
        d1c=about(t.d1c, situation.feature_logit, both),
    )
    expected = scored(moved, bare)
    narrow = summarise(
        CELL, replace(situation, feature_spread=0.0, wrong_spread=0.0), PARAMETERS
    ).p_misresolved

    assert told.mean == pytest.approx(expected.mean, rel=0.03)
    assert told.p05 == pytest.approx(expected.p05, rel=0.1)
    assert told.p95 == pytest.approx(expected.p95, rel=0.06)
    # What is known least of widens most: an open candle's two coefficients rest on 17 answers.
    wider = (told.p95 / told.p05) / (narrow.p95 / narrow.p05)
    assert wider > (1.7 if features is TOO_EARLY else 1.02)


def drawn(features: tuple[Feature, ...], rng: np.random.Generator) -> tuple[Values, Values]:
    """Effects on all rates of the first request, and on wrong proposals."""
    terms = {term.name: term for term in shipped_dispute_model().terms}
    share = {Bearing.DISPUTED: PARAMETERS.feature_wrong_share, Bearing.EARLY: 0.0}
    both, wrong = np.zeros(PARAMETERS.draws), np.zeros(PARAMETERS.draws)
    for found in features:
        term = terms[found.name]
        normal = rng.standard_normal(PARAMETERS.draws)
        effect = (term.coefficient + term.spread * normal) * found.value
        effect = np.clip(effect, -FEATURE_CAP, FEATURE_CAP)
        both += effect
        wrong += share[found.bearing] * effect
    return both, wrong


def about(values: Values, logit: float, effects: Values) -> Values:
    factors = np.exp(effects)
    odds = values / (1 - values) * np.exp(logit) * factors / factors.mean()
    result: Values = odds / (1 + odds)
    return result


def scored(t: Transitions, situation: Situation) -> Interval:
    return summarise(
        replace(CELL, transitions=t, summaries={}), situation, PARAMETERS
    ).p_misresolved


def test_a_spread_leaves_the_mean_of_each_rate_where_it_was() -> None:
    known = Situation(feature_logit=2.0, wrong_logit=1.0)
    unknown = replace(known, feature_spread=0.8, wrong_spread=0.4)
    before, after = (follow(CELL.transitions, s, PARAMETERS).transitions for s in (known, unknown))
    assert before is not None
    assert after is not None
    for name in ("a1w", "a1e", "d1c"):
        one, other = getattr(before, name), getattr(after, name)
        assert other.mean() == pytest.approx(one.mean(), rel=1e-9)
        assert other.std() > 1.05 * one.std()
    assert before.a1e.tolist() == shifted(CELL.transitions.a1e, 2.0).tolist()
