"""The last instant a wording names."""

from datetime import UTC, datetime
from time import process_time

import pytest

from service.risk.text.rule_deadline import Deadline, named_deadline

NEAR = datetime(2025, 6, 1, tzinfo=UTC)


def utc(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("by March 31, 2025, 11:59 PM ET", utc(4, 1, 3, 59)),
        ("by January 31, 2025, 11:59 PM ET", utc(2, 1, 4, 59)),
        ("the Jun 5, 25 12:00 in the ET timezone (noon)", utc(6, 5, 16)),
        ("the 27 Apr 12:00 in the ET timezone", utc(4, 27, 16)),
        ("the 14 Mar '25 12:00 in the ET timezone", utc(3, 14, 16)),
        ("on June 3 at 9:00  UTC+00", utc(6, 3, 9)),
        ("game of March 11 at 10:30PM ET", utc(3, 12, 2, 30)),
        ("June 4, 4 PM ET", utc(6, 4, 20)),
        ("by 11 AM EST, no: June 4, 11 AM EST", utc(6, 4, 16)),
        # A fallback for a source that is late is no deadline.
        ("by June 1, 11 PM ET; may remain open until June 7, 2025, 11:59 PM ET", utc(6, 2, 3)),
    ],
)
def test_an_instant_with_its_hour_is_read_in_its_own_timezone(
    text: str, expected: datetime
) -> None:
    assert named_deadline("", text, NEAR) == Deadline(expected, has_hour=True)


def test_a_day_without_an_hour_counts_to_its_end_and_gives_way_to_an_hour() -> None:
    assert named_deadline("before June 30?", "", NEAR) == Deadline(utc(7, 1, 4), has_hour=False)
    both = named_deadline("on May 26?", "the 26 May '25 12:00 in the ET timezone", NEAR)
    assert both == Deadline(utc(5, 26, 16), has_hour=True)


def test_a_candle_ends_after_its_time() -> None:
    minute = named_deadline("", "Binance 1 minute candle for BTCUSDT 26 May '25 12:00 ET", NEAR)
    hour = named_deadline("May 31 (5 PM ET Candle)", "the 1 hour candle that begins then", NEAR)
    assert minute == Deadline(utc(5, 26, 16, 1), has_hour=True)
    assert hour == Deadline(utc(5, 31, 22), has_hour=True)


def test_a_year_that_is_not_written_is_the_nearest_one() -> None:
    found = named_deadline("", "by January 5, 1 PM ET", datetime(2025, 12, 20, tzinfo=UTC))
    assert found == Deadline(utc(1, 5, 18, year=2026), has_hour=True)


@pytest.mark.parametrize("text", ["", "no date", "Feb 30, 2025", "June 4, 25:99", "may 99"])
def test_what_is_no_date_names_nothing_exact(text: str) -> None:
    found = named_deadline("", text, NEAR)
    assert found is None or not found.has_hour


def test_long_texts_are_read_in_linear_time() -> None:
    for trap in ("May 1 ", "1 May ", "remain open until ", "12:00 ", "May 1, 25 12:00 ", "candle "):
        start = process_time()
        named_deadline("", trap * (100_000 // len(trap)), NEAR)
        assert process_time() - start < 3, trap
