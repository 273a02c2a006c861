"""Open interest and books in rows, on both databases."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot, OpenInterest
from service.protocol.listings import BookLevel, BookRow, OpenInterestRow
from service.store.markets.listings import upsert_listings
from service.store.money.liquidity import Snapped, add_books, add_open_interest, depth
from tests.store.test_listings import T0, USDC, a_listing, market, settle

ONE = (1).to_bytes(32, "big")


def levels(*pairs: tuple[str, str]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in pairs)


def a_book(outcome: str = "10", bid: str = "0.60") -> BookRow:
    return BookRow(outcome, T0, levels((bid, "100"), ("0.5", "1000")), levels(("0.62", "50")))


def interest(session: Session) -> list[int]:
    return list(session.scalars(select(OpenInterest.value).order_by(OpenInterest.id)))


def test_open_interest_is_kept_when_it_moved_and_once_an_hour(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    settle(session)
    steps = [(0, 1000), (1, 1005), (2, 1010), (30, 1010), (63, 1010)]
    for minutes, dollars in steps:
        at = T0 + timedelta(minutes=minutes)
        add_open_interest(session, [OpenInterestRow(ONE, dollars * USDC)], at)
    assert interest(session) == [1000 * USDC, 1010 * USDC, 1010 * USDC]
    # The last row only says that it was seen again: nothing to score anew.
    assert market(session).stale_since == T0 + timedelta(minutes=2)


def test_money_that_leaves_altogether_is_a_zero_row(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    for dollars in (5, 0, 0):
        add_open_interest(session, [OpenInterestRow(ONE, dollars * USDC)], T0)
    assert interest(session) == [5 * USDC, 0]


def test_open_interest_of_an_unknown_market_is_counted(session: Session) -> None:
    assert add_open_interest(session, [OpenInterestRow(ONE, 1)], T0) == Snapped(0, 0, 1)


def test_a_book_stands_at_its_outcome_with_its_depth(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    ids = [market(session).id]
    done = add_books(session, [a_book("11"), a_book("10"), a_book("999")], ids, T0)
    assert done == Snapped(2, 0, 1)
    yes, no = session.scalars(select(BookSnapshot).order_by(BookSnapshot.outcome_index))
    assert (yes.token_id, no.token_id) == ("10", "11")
    assert yes.best_bid == Decimal("0.6")
    assert yes.best_ask == Decimal("0.62")
    # 0.50 is ten cents below the best bid: no part of the depth.
    assert (yes.bid_depth, yes.ask_depth) == (60 * USDC, 31 * USDC)
    assert yes.bids == [["0.60", "100"], ["0.5", "1000"]]


def test_a_book_is_kept_when_it_changed_and_every_ten_minutes(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    ids = [market(session).id]
    settle(session)
    for minutes, bid in ((0, "0.60"), (1, "0.60"), (2, "0.61"), (13, "0.61")):
        add_books(session, [a_book(bid=bid)], ids, T0 + timedelta(minutes=minutes))
    kept = session.scalars(select(BookSnapshot.known_at).order_by(BookSnapshot.id)).all()
    assert list(kept) == [T0 + timedelta(minutes=minutes) for minutes in (0, 2, 13)]
    assert market(session).stale_since == T0 + timedelta(minutes=2)


def test_an_empty_side_has_no_price_and_no_depth(session: Session) -> None:
    upsert_listings(session, [a_listing(1)], T0)
    add_books(session, [BookRow("10", None, (), ())], [market(session).id], T0)
    (row,) = session.scalars(select(BookSnapshot))
    assert (row.best_bid, row.best_ask, row.bid_depth, row.bids) == (None, None, 0, [])


def test_levels_behind_the_best_twenty_are_merged_by_the_cent_at_their_worst_price(
    session: Session,
) -> None:
    bids = [(f"0.{600 - step}", "1") for step in range(45)]
    asks = [(f"0.{620 + step}", "1") for step in range(45)] + [("0.99", "70000")]
    upsert_listings(session, [a_listing(1)], T0)
    book = BookRow("10", T0, levels(*bids), levels(*asks))
    add_books(session, [book], [market(session).id], T0)
    (row,) = session.scalars(select(BookSnapshot))
    assert (row.bids[:20], row.asks[:20]) == (
        list(map(list, bids[:20])),
        list(map(list, asks[:20])),
    )
    assert row.bids[20:] == [["0.571", "10"], ["0.561", "10"], ["0.556", "5"]]
    assert row.asks[20:] == [["0.649", "10"], ["0.659", "10"], ["0.664", "5"], ["0.99", "70000"]]


def test_no_book_however_fine_has_more_than_120_levels_a_side_and_all_near_count(
    session: Session,
) -> None:
    many = [(f"0.{9999 - step:04d}", "1") for step in range(9999)]
    upsert_listings(session, [a_listing(1)], T0)
    add_books(session, [BookRow("10", T0, levels(*many), ())], [market(session).id], T0)
    (row,) = session.scalars(select(BookSnapshot))
    assert len(row.bids) == 120
    assert sum(int(size) for _, size in row.bids) == len(many)
    assert row.bid_depth == sum(int(price[2:]) * 100 for price, _ in many[:501])


def test_depth_reaches_exactly_five_cents() -> None:
    assert depth(levels(("0.60", "1"), ("0.55", "1"), ("0.5499", "1"))) == 1_150_000
