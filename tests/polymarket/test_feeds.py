"""Rows of the resolution feed, open interest and books: single records."""

from datetime import UTC, datetime

import pytest

from service.polymarket.feeds import to_book, to_open_interest, to_resolution
from service.polymarket.scalars import to_time
from service.protocol.listings import BookRow, Refused, ResolutionRow
from tests.loopback.records import a_book, a_resolution, condition_of


def reason(made: object) -> str:
    assert isinstance(made, Refused), made
    return made.reason


def test_sixty_nine_is_an_unset_price_and_zero_is_no() -> None:
    made = to_resolution(a_resolution(1, proposed_price="0"))
    assert isinstance(made, ResolutionRow)
    assert (made.proposed_price, made.reproposed_price, made.price) == (0, None, None)


def test_too_early_is_a_price() -> None:
    made = to_resolution(a_resolution(1, price=str(-(2**255))))
    assert isinstance(made, ResolutionRow)
    assert made.price == -(2**255)


def test_the_update_time_comes_as_epoch_or_as_date() -> None:
    epoch = to_resolution(a_resolution(1, last_update_timestamp="1795000000"))
    date = to_resolution(a_resolution(1, last_update_timestamp="2026-11-18T11:06:40Z"))
    assert epoch == date


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"condition_id": None}, "no condition id"),
        ({"status": ""}, "status is absent"),
        ({"status": "x" * 21}, "status is longer than 20 characters"),
        ({"price": "0.5"}, "price: not a price: '0.5'"),
        ({"price": str(2**255)}, "price: not a price"),
        ({"last_update_timestamp": "soon"}, "last_update_timestamp: not a time: 'soon'"),
        ({"payouts": [-1, 1]}, "payouts: not amounts"),
        ({"payouts": ["x"]}, "payouts.0: "),
    ],
)
def test_a_bad_resolution_row_is_refused(changes: dict[str, object], expected: str) -> None:
    assert expected in reason(to_resolution(a_resolution(1, **changes)))


def test_open_interest_that_is_null_is_not_zero() -> None:
    null = {"condition_id": condition_of(1), "value": None}
    assert reason(to_open_interest(null)) == "value is null (unavailable)"


@pytest.mark.parametrize("level", [("0", "1"), ("1", "1"), ("1.2", "1"), ("0.5", "-1"), ("x", "1")])
def test_one_impossible_level_refuses_the_book(level: tuple[str, str]) -> None:
    assert isinstance(to_book(a_book("7", [("0.4", "1"), level], [])), Refused)


def test_a_level_without_shares_is_no_level() -> None:
    made = to_book(a_book("7", [("0.4", "0"), ("0.3", "2")], []))
    assert isinstance(made, BookRow)
    assert len(made.bids) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-24 00:57:31+00", datetime(2025, 4, 24, 0, 57, 31, tzinfo=UTC)),
        ("2025-04-24T02:57:31.1234567+02:00", datetime(2025, 4, 24, 0, 57, 31, 123456, tzinfo=UTC)),
        ("2026-02-27", datetime(2026, 2, 27, tzinfo=UTC)),
        ("1795000000", datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)),
        ("1795000000123", datetime(2026, 11, 18, 11, 6, 40, 123000, tzinfo=UTC)),
    ],
)
def test_a_time_in_any_of_its_forms_is_the_same_instant(text: str, expected: datetime) -> None:
    assert to_time(text) == expected
