"""The dispute model evaluated on one market: what each reading adds, and what it rests on."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, log
from statistics import NormalDist

import pytest

from models.enums import Category
from service.risk.dispute_features import (
    counting_features,
    dispute_probability,
    effect_of,
    log_mean_exp,
)
from service.risk.text.dispute_readings import (
    BEFORE_ITS_TIME,
    CANDLE_OPEN,
    NAMES,
    UNFAMILIAR,
    DisputeFacts,
    read_dispute,
)
from service.risk.text.features import FEATURE_CAP, mean_effect, total_logit
from service.risk.text.frozen_dispute import (
    Term,
    era_log_odds,
    parse_dispute_model,
    shipped_dispute_model,
    shipped_text,
)

AT = datetime(2025, 5, 26, 7, 20, tzinfo=UTC)
CANDLE = (
    "This market will resolve to Up if the Close price for the Binance 1 minute candle for BTCUSDT"
    " 26 May '25 12:00 in the ET timezone (noon) is higher than the day before."
)
USUAL = DisputeFacts(
    title="Bitcoin Up or Down on May 26?",
    rules=CANDLE,
    category=Category.CRYPTO,
    proposed_at=datetime(2025, 5, 26, 16, 1, 5, tzinfo=UTC),
    by_proposer=300,
    by_anybody=2000,
)


def forecast(facts: DisputeFacts) -> float:
    """By the shipped model's own intercept."""
    return dispute_probability(facts, shipped_dispute_model())


def readings(facts: DisputeFacts) -> dict[str, float]:
    return {reading.name: reading.value for reading in read_dispute(facts)}


def test_an_answer_before_the_named_candle_ends_is_before_its_time() -> None:
    early = replace(USUAL, proposed_at=AT)
    assert readings(early)[BEFORE_ITS_TIME] == readings(early)[CANDLE_OPEN] == 1
    assert readings(USUAL)[BEFORE_ITS_TIME] == 0
    assert forecast(early) > 10 * forecast(USUAL)
    told = [f.evidence for f in counting_features(early) if f.name == CANDLE_OPEN]
    assert told == [("the price named in the rules is of 2025-05-26 16:01 UTC",)]


def test_a_price_that_any_candle_of_a_window_may_reach_can_be_answered_early() -> None:
    rules = "Yes if any Binance 1 minute candle before May 31 '25 12:00 ET is above 100,000."
    facts = replace(USUAL, title="Will Bitcoin reach 100k?", rules=rules, proposed_at=AT)
    assert readings(facts)[BEFORE_ITS_TIME] == 0


@pytest.mark.parametrize(
    ("after_start", "expected"),
    [(timedelta(hours=-2), 1), (timedelta(minutes=20), 1), (timedelta(hours=2), 0)],
)
def test_a_game_cannot_be_answered_before_it_is_played(
    after_start: timedelta, expected: int
) -> None:
    facts = DisputeFacts(
        "Mets vs. Marlins", "", Category.SPORTS, proposed_at=AT, game_start=AT - after_start
    )
    assert readings(facts)[BEFORE_ITS_TIME] == expected


def test_a_newcomer_is_unfamiliar_only_once_much_has_been_seen() -> None:
    def value(by_proposer: int, by_anybody: int) -> float:
        facts = replace(USUAL, by_proposer=by_proposer, by_anybody=by_anybody)
        return readings(facts)[UNFAMILIAR]

    assert value(0, 0) == 0
    assert value(0, 2000) == pytest.approx(log(11))
    assert value(3, 2000) < value(0, 2000)
    assert value(500, 2000) == 0
    assert readings(replace(USUAL, by_proposer=None, by_anybody=None))[UNFAMILIAR] == 0


def test_before_a_proposal_nothing_differs_from_the_usual_market() -> None:
    unproposed = replace(USUAL, proposed_at=None, by_proposer=None, by_anybody=None)
    assert total_logit(counting_features(unproposed)) == 0
    model = shipped_dispute_model()
    expected = 1 / (1 + exp(-model.before_proposal - model.categories[Category.CRYPTO]))
    assert forecast(unproposed) == pytest.approx(expected)


@pytest.mark.parametrize("own", [100, None])
def test_a_familiar_or_an_unknown_proposer_in_time_adds_nothing(own: int | None) -> None:
    ordinary = replace(USUAL, by_proposer=own, by_anybody=None if own is None else 500)
    counted = counting_features(ordinary)
    assert {feature.name for feature in counted} == set(NAMES)
    assert all(feature.logit == 0 for feature in counted)
    assert total_logit(counting_features(replace(USUAL, by_proposer=0))) > 2


def test_only_the_models_own_forecast_is_centred_on_its_sample() -> None:
    """An ordinary proposal lies below the sample's mean, an unfamiliar one above."""
    model = shipped_dispute_model()
    mean = 1 / (1 + exp(-model.at_proposal - model.categories[Category.CRYPTO]))
    known, new = (forecast(replace(USUAL, by_proposer=n)) for n in (300, 0))
    assert known < mean < new
    assert log_mean_exp((0.0, log(3.0))) == pytest.approx(log(2.0))


def test_texts_that_earned_no_place_are_not_read() -> None:
    worded = replace(USUAL, rules=CANDLE + " A clear agreement is needed.")
    assert counting_features(worded) == counting_features(USUAL)
    assert forecast(worded) == forecast(USUAL)


def test_no_reading_passes_its_cap() -> None:
    worst = replace(USUAL, proposed_at=AT, by_proposer=0, by_anybody=10**7)
    for feature in counting_features(worst):
        assert abs(feature.logit) <= FEATURE_CAP


@pytest.mark.parametrize(
    ("mean", "sd"), [(0.7, 1.0), (1.7, 2.4), (2.5, 1.0), (3.0, 0.7), (-1.0, 0.5), (0.0, 3.0)]
)
def test_an_effect_is_the_mean_odds_factor_of_what_the_coefficient_may_be(
    mean: float, sd: float
) -> None:
    points = [NormalDist(mean, sd).inv_cdf((i + 0.5) / 20_000) for i in range(20_000)]
    factor = sum(exp(min(max(x, -FEATURE_CAP), FEATURE_CAP)) for x in points) / len(points)
    assert mean_effect(mean, sd) == pytest.approx(log(factor), abs=1e-3)
    assert abs(mean_effect(mean, sd)) <= FEATURE_CAP


def test_a_coefficient_known_exactly_adds_itself_and_a_default_more_than_its_mean() -> None:
    sure = Term(UNFAMILIAR, 0.7, None, 0.0, "default")
    assert effect_of(sure, 1.0) == 0.7
    assert effect_of(sure, 9.0) == FEATURE_CAP
    assert effect_of(replace(sure, spread=1.0), 1.0) > 1.1
    assert effect_of(replace(sure, spread=1.0), 0.0) == 0


def test_a_file_of_before_spreads_says_what_it_said() -> None:
    data = json.loads(shipped_text())
    for told in data["coefficients"]["terms"]:
        del told["spread"]
    older = parse_dispute_model(json.dumps(data))
    unfamiliar = older.terms[0]
    new = counting_features(replace(USUAL, by_proposer=0), older)
    assert new[0].logit == pytest.approx(unfamiliar.coefficient * log(11))


def test_later_eras_are_less_disputed() -> None:
    later = [datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    odds = [forecast(replace(USUAL, proposed_at=at)) for at in (AT, *later)]
    assert odds[0] > odds[1] > odds[2]
    eras = shipped_dispute_model().eras
    assert [era_log_odds(eras, at) for at in (None, AT)] == [0.0, 0.0]
    assert era_log_odds(eras, eras[1].begins) == eras[1].log_odds
    assert era_log_odds(eras, eras[1].begins - timedelta(seconds=1)) == eras[0].log_odds


def test_a_file_of_another_form_is_refused_with_its_reason() -> None:
    with pytest.raises(ValueError, match="schema"):
        parse_dispute_model("{}")
    with pytest.raises(ValueError, match="JSON"):
        parse_dispute_model("{")
    with pytest.raises(ValueError, match="eras"):
        parse_dispute_model(shipped_text().replace('"eras"', '"ages"'))
    with pytest.raises(ValueError, match="terms"):
        parse_dispute_model(shipped_text().replace(f'"name": "{UNFAMILIAR}"', '"name": "x"'))


@pytest.mark.parametrize("spread", ["3.5", "-0.1", "NaN", "Infinity"])
def test_a_spread_that_no_effect_could_be_averaged_over_is_refused(spread: str) -> None:
    data = json.loads(shipped_text())
    data["coefficients"]["terms"][1]["spread"] = float(spread)
    with pytest.raises(ValueError, match=f"spread of {BEFORE_ITS_TIME} is .*: give 0 to 3$"):
        parse_dispute_model(json.dumps(data))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (("intercepts", "at_proposal", "value"), "at_proposal"),
        (("categories", "sports", "value"), "category sports"),
        (("terms", 0, "value"), f"value of {UNFAMILIAR}"),
        (("terms", 0, "usual"), f"usual of {UNFAMILIAR}"),
        (("terms", 0, "sd"), f"sd of {UNFAMILIAR}"),
        (("words", "consensus"), "word 'consensus'"),
        (("words_usual",), "words_usual"),
    ],
)
@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 1e6, 10**400, "1.0", True])
def test_a_number_that_is_none_is_refused_by_its_name_in_one_line(
    place: tuple[str | int, ...], name: str, value: object
) -> None:
    data = json.loads(shipped_text())
    found = data["coefficients"]
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = value
    with pytest.raises(ValueError, match=f"{name} is ") as refused:
        parse_dispute_model(json.dumps(data))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 120


def test_a_file_whose_eras_or_sources_are_none_is_refused() -> None:
    for place, value, said in (
        (("eras", 0, "log_odds"), float("nan"), "era from 2025"),
        (("eras", 0, "from"), "2025-09-05", "no time zone"),
        (("trained", "to"), "2025-06-05", "no time zone"),
        (("coefficients", "terms", 1, "coef_source"), "guessed", "coef_source of"),
    ):
        data = json.loads(shipped_text())
        found = data
        for step in place[:-1]:
            found = found[step]
        found[place[-1]] = value
        with pytest.raises(ValueError, match=said):
            parse_dispute_model(json.dumps(data))


def test_the_largest_coefficient_a_file_may_have_adds_the_cap() -> None:
    widest = Term(UNFAMILIAR, 100.0, FEATURE_CAP, 0.0, "fitted", FEATURE_CAP)
    assert effect_of(widest, log(11)) == pytest.approx(FEATURE_CAP)
    assert effect_of(replace(widest, coefficient=-100.0), log(11)) == pytest.approx(-FEATURE_CAP)
