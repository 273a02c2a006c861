"""Rows of the resolution feed, open interest and books: single records."""

from datetime import UTC, datetime

import pytest

from service.polymarket.feeds import to_book, to_open_interest, to_resolution
from service.polymarket.scalars import to_time
from service.protocol.listings import BookRow, Refused, ResolutionRow
from service.protocol.standing import standing_of_report
from tests.loopback.polymarket_client import NOW
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


def resolution(**changes: object) -> ResolutionRow:
    made = to_resolution(a_resolution(1, **changes))
    assert isinstance(made, ResolutionRow), made
    return made


@pytest.mark.parametrize(
    "status",
    [
        *("initialized", "posed", "proposed", "challenged", "reproposed", "disputed", "resolved"),
        *("active", "arbitration"),
    ],
)
def test_every_word_of_the_feed_is_kept_and_means_a_state(status: str) -> None:
    made = resolution(status=status)
    assert made.status == status
    assert standing_of_report(made, NOW) is not None


def test_an_unset_price_is_none_on_every_field_and_so_is_an_absent_one() -> None:
    unset = dict.fromkeys(("proposed_price", "reproposed_price", "price"), "69")
    assert resolution(**unset) == resolution(**dict.fromkeys(unset, None))


def test_what_the_feed_says_of_a_resolution_is_kept_as_sent() -> None:
    made = resolution(
        status="resolved",
        payouts=[1000000, 0],
        extended_review=True,
        was_arbitrated=False,
        market_type="INCREMENTAL_NEGRISK",
        reporter="UMA_OO",
        resolution_source="reported",
        resolved_block=93522484,
        resolved_at="2026-09-09T21:19:19Z",
        transaction_hash="0x" + "ab" * 32,
    )
    assert (made.market_type, made.reporter) == ("INCREMENTAL_NEGRISK", "UMA_OO")
    assert (made.resolution_source, made.resolved_block) == ("reported", 93522484)
    assert made.resolved_at == datetime(2026, 9, 9, 21, 19, 19, tzinfo=UTC)
    assert made.transaction_hash == b"\xab" * 32
    assert (made.extended_review, made.was_arbitrated) == (True, False)


@pytest.mark.parametrize("sent", ["", None, "0x12", "later"])
def test_a_transaction_that_is_none_costs_no_row(sent: str | None) -> None:
    made = resolution(transaction_hash=sent, resolved_block=sent, reporter="x" * 50)
    assert (made.transaction_hash, made.resolved_block) == (None, None)
    assert made.reporter == "x" * 20


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
