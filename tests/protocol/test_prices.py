"""Prices and payouts: every word of the set, and nothing outside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import Outcome
from service.protocol.prices import (
    HALF,
    NO,
    TOO_EARLY,
    YES,
    Answer,
    AnswerMeaning,
    is_known,
    label_of,
    outcome_as_written,
    outcome_of,
    outcome_of_payouts,
    pays_as_written,
)


def test_the_four_prices_mean_what_the_adapter_pays() -> None:
    assert outcome_of(YES) is Outcome.YES
    assert outcome_of(NO) is Outcome.NO
    assert outcome_of(HALF) is Outcome.HALF
    assert outcome_of(TOO_EARLY) is None


@given(st.integers(min_value=-(2**255), max_value=2**255 - 1))
def test_a_price_outside_the_set_is_no_outcome(price: int) -> None:
    if price not in {YES, NO, HALF}:
        assert outcome_of(price) is None
    assert is_known(price) == (price in {YES, NO, HALF, TOO_EARLY})


@pytest.mark.parametrize(
    ("numerators", "outcome"),
    [
        ((1, 0), Outcome.YES),
        ((0, 1), Outcome.NO),
        ((1, 1), Outcome.HALF),
        ((1_000_000, 0), Outcome.YES),
        ((500_000, 500_000), Outcome.HALF),
        ((0, 0), None),
        ((1, 2), None),
        ((1,), None),
        ((1, 0, 0), None),
        ((-1, 1), None),
    ],
)
def test_payout_vectors(numerators: tuple[int, ...], outcome: Outcome | None) -> None:
    assert outcome_of_payouts(numerators) == outcome


USUAL = (
    Answer(1, NO, "No", AnswerMeaning.NO),
    Answer(2, YES, "Yes", AnswerMeaning.YES),
    Answer(3, HALF, "unknown/50-50", AnswerMeaning.UNKNOWN),
    Answer(4, TOO_EARLY, None, AnswerMeaning.TOO_EARLY),
)
SWAPPED = (
    Answer(1, YES, "No", AnswerMeaning.NO),
    Answer(2, NO, "Yes", AnswerMeaning.YES),
)
TEAMS = (Answer(1, NO, "Texas A&M", None), Answer(2, YES, "Yale", None))


def test_the_usual_answers_mean_what_is_paid() -> None:
    for price in (YES, NO, HALF, TOO_EARLY, 7):
        assert outcome_as_written(price, USUAL) == outcome_of(price)
    assert pays_as_written(USUAL)


def test_swapped_answers_mean_the_other_outcome_and_are_paid_against_their_words() -> None:
    assert outcome_as_written(YES, SWAPPED) is Outcome.NO
    assert outcome_as_written(NO, SWAPPED) is Outcome.YES
    assert not pays_as_written(SWAPPED)


def test_team_names_mean_the_side_their_price_pays() -> None:
    assert outcome_as_written(YES, TEAMS) is Outcome.YES
    assert label_of(YES, TEAMS) == "Yale"
    assert pays_as_written(TEAMS)


def test_a_price_the_text_does_not_offer_is_no_outcome_as_written() -> None:
    assert outcome_as_written(HALF, TEAMS) is None
    assert label_of(HALF, TEAMS) is None


def test_a_text_without_answers_leaves_the_usual_prices() -> None:
    assert outcome_as_written(YES, ()) is Outcome.YES


def test_two_answers_at_one_price_say_nothing() -> None:
    torn = (Answer(1, YES, "No", AnswerMeaning.NO), Answer(2, YES, "Yes", AnswerMeaning.YES))
    assert outcome_as_written(YES, torn) is None
    assert label_of(YES, torn) is None
