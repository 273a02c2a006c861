from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import (
    Category,
    JobOutcome,
    MarketState,
    OracleVersion,
    Remedy,
    SourceState,
    Support,
    VolumeStratum,
)
from service.dashboard import words
from tests.store.scenes import NOW


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (0.0003, "3 in 10,000"),
        (2.3e-5, "2.3 in 100,000"),
        (0.12, "12 in 100"),
        (0.00999, "1 in 100"),
        (0.5, "50 in 100"),
        (0.997, "more than 99 in 100"),
        (1.0, "100 in 100"),
        (0.0, "0"),
        (1e-9, "1 in 1,000,000,000"),
    ],
)
def test_a_probability_is_told_as_cases_out_of_a_round_number(p: float, told: str) -> None:
    assert words.odds(p) == told


def test_an_interval_is_told_on_the_scale_of_its_mean() -> None:
    assert words.odds_range(5.5e-6, 5.6e-5, 2.3e-5) == "0.55 to 5.6 in 100,000"
    assert words.odds_range(0.0, 0.9, 0.2) == "0 to 90 in 100"
    assert words.odds_range(0.9, 0.9987, 0.95) == "90 to more than 99 in 100"


@given(st.floats(min_value=1e-11, max_value=1))
def test_what_is_told_is_within_a_twentieth_of_the_truth(p: float) -> None:
    told = words.odds(p)
    if told.startswith("more than"):
        assert p > 0.99
        return
    count, base = told.replace(",", "").split(" in ")
    assert "e" not in told.lower().replace(" in ", "")
    assert float(count) / float(base) == pytest.approx(p, rel=0.051)


@pytest.mark.parametrize(
    ("micro", "told"),
    [
        (None, "unknown"),
        (0, "$0"),
        (9_999, "under 1 cent"),
        (10_000, "$0.01"),
        (9_200_000, "$9.20"),
        (99_999_999, "$100.00"),
        (100_000_000, "$100"),
        (400_000_000_000, "$400,000"),
        (7_000_000_000_000, "$7 million"),
        (16_240_000_000_000, "$16.2 million"),
        (-5_000_000, "\u2212$5.00"),
    ],
)
def test_money_is_told_as_exactly_as_a_reader_needs(micro: int | None, told: str) -> None:
    assert words.dollars(micro) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (4_800, "1 h 20 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_time_is_told_in_its_two_largest_units(seconds: int, told: str) -> None:
    assert words.span(seconds) == told


def test_distance_in_time_has_a_direction() -> None:
    assert words.until(NOW + timedelta(minutes=5), NOW) == "in 5 min"
    assert words.until(NOW - timedelta(minutes=5), NOW) == "5 min ago"
    assert words.instant(NOW) == "1 Mar 2026, 12:00 UTC"
    assert words.instant(None) == "unknown"


def test_every_closed_word_has_plain_words() -> None:
    assert set(words.STATES) == set(MarketState)
    assert set(words.CATEGORIES) == set(Category)
    assert set(words.SUPPORT) == set(words.SUPPORT_MEANING) == set(Support)
    assert set(words.REMEDIES) == set(Remedy)
    assert set(words.SOURCE_STATES) == set(SourceState)
    assert set(words.OUTCOMES) == set(JobOutcome)
    assert set(words.STRATA) == set(VolumeStratum)
    assert set(words.VERSIONS) == set(OracleVersion)


def test_a_word_nobody_knows_is_shown_as_it_stands() -> None:
    assert words.label(words.STATES, "some_new_state") == "Some new state"


def test_a_cell_is_told_in_words() -> None:
    told = words.cell("sports / 100k_1m / oov2")
    assert told == "Sports, $100,000 to $1 million traded, Optimistic Oracle v2"
    assert words.cell("3 finished questions") == "3 finished questions"
