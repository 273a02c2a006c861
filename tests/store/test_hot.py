"""Which markets are looked at first, on both databases."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from service.protocol.listings import MarketListing, OpenInterestRow
from service.store.hot import (
    list_awaiting_resolution,
    list_book_markets,
    list_hot_markets,
    list_open_by_volume,
)
from service.store.liquidity import add_open_interest
from service.store.listings import upsert_listings
from service.store.resolution_rows import add_resolution_rows
from tests.store.test_listings import T0, USDC, a_listing
from tests.store.test_resolution_rows import PAID, PROPOSED

PAST = T0 - timedelta(days=1)


def store(session: Session, *listings: MarketListing) -> None:
    upsert_listings(session, listings, T0)


def numbers(found: object) -> list[int]:
    assert isinstance(found, list)
    return [int.from_bytes(item.condition_id, "big") for item in found]


def test_live_answers_come_before_overdue_markets_and_money_before_less_money(
    session: Session,
) -> None:
    store(
        session,
        a_listing(1),
        a_listing(2, end_at=PAST, volume=9_000_000 * USDC),
        a_listing(3, uma_status="proposed", volume=1_000 * USDC),
        a_listing(4, uma_status="disputed", volume=2_000 * USDC),
        a_listing(5, end_at=PAST, volume=None),
        a_listing(6, uma_status="proposed", closed=True),
    )
    assert numbers(list_hot_markets(session, T0, 10)) == [4, 3, 2, 5]
    assert numbers(list_hot_markets(session, T0, 1)) == [4]


def test_open_interest_counts_before_a_guess_from_volume(session: Session) -> None:
    store(
        session,
        a_listing(1, uma_status="proposed", volume=10_000 * USDC),
        a_listing(2, uma_status="proposed", volume=5_000 * USDC),
    )
    row = OpenInterestRow((2).to_bytes(32, "big"), 4_000 * USDC)
    add_open_interest(session, [row], T0)
    assert numbers(list_hot_markets(session, T0, 10)) == [2, 1]


def test_the_feed_alone_makes_a_market_hot_until_it_is_left_behind(session: Session) -> None:
    store(session, a_listing(1), a_listing(2))
    two = replace(PROPOSED, condition_id=(2).to_bytes(32, "big"))
    add_resolution_rows(session, [two], T0)
    assert numbers(list_hot_markets(session, T0, 10)) == [2]
    assert numbers(list_hot_markets(session, T0 + timedelta(days=2), 10)) == [2]
    assert numbers(list_hot_markets(session, T0 + timedelta(days=70), 10)) == [1, 2]
    paid = replace(PAID, condition_id=two.condition_id)
    add_resolution_rows(session, [paid], T0)
    assert numbers(list_hot_markets(session, T0, 10)) == []


def test_a_closed_market_is_asked_for_its_final_word_for_a_week(session: Session) -> None:
    store(session, a_listing(1, closed=True, closed_at=T0), a_listing(2, closed=True, closed_at=T0))
    add_resolution_rows(session, [replace(PAID, condition_id=(2).to_bytes(32, "big"))], T0)
    assert numbers(list_awaiting_resolution(session, T0, 10)) == [1]
    assert numbers(list_awaiting_resolution(session, T0 + timedelta(days=8), 10)) == []


def test_books_of_calm_markets_fill_what_the_hot_ones_leave(session: Session) -> None:
    store(
        session,
        a_listing(1, volume=1_000 * USDC),
        a_listing(2, volume=90_000 * USDC),
        a_listing(3, uma_status="proposed", volume=5 * USDC),
        a_listing(4, closed=True),
    )
    assert numbers(list_book_markets(session, T0, 2)) == [3, 2]
    assert list_book_markets(session, T0, 1)[0].token_ids == ("30", "31")


def test_open_markets_come_by_volume_and_those_without_any_count_as_none(session: Session) -> None:
    store(
        session,
        a_listing(1, volume=1_000 * USDC),
        a_listing(2, volume=90_000 * USDC),
        a_listing(3, volume=None),
        a_listing(4, closed=True),
    )
    assert numbers(list_open_by_volume(session, 1_000 * USDC)) == [2, 1]
    assert numbers(list_open_by_volume(session, 0)) == [2, 1, 3]
