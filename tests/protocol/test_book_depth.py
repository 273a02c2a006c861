"""Depth and exit cost of a book, and the two books of a binary market as one."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from service.protocol.book_depth import (
    BANDS,
    BookSide,
    OutcomeBook,
    depth_within,
    exit_cost,
    mirror,
    pair_books,
)
from service.protocol.listings import BookLevel

USDC = 10**6
PRICES = st.integers(1, 999).map(lambda tick: Decimal(tick) / 1000)
LEVELS = st.dictionaries(PRICES, st.integers(1, 10**6).map(Decimal), min_size=1, max_size=12)


def side(*pairs: tuple[str, str], is_cut: bool = False) -> BookSide:
    return BookSide(tuple(BookLevel(Decimal(p), Decimal(s)) for p, s in pairs), is_cut)


BOOK = OutcomeBook(side(("0.60", "100"), ("0.55", "1000")), side(("0.62", "50")))


def bids_of(levels: dict[Decimal, Decimal]) -> OutcomeBook:
    ranked = sorted(levels.items(), reverse=True)
    return OutcomeBook(BookSide(tuple(BookLevel(p, s) for p, s in ranked)), BookSide(()))


def test_depth_grows_with_its_band() -> None:
    assert [depth_within(BOOK.bids.levels, band) for band in BANDS] == [
        60 * USDC,
        60 * USDC,
        610 * USDC,
        610 * USDC,
    ]
    assert depth_within((), BANDS[0]) == 0


def test_leaving_walks_the_bids_from_the_mid() -> None:
    # Worth 122 at 0.61: 200 shares, of which 100 fetch 0.60 and 100 fetch 0.55.
    cost = exit_cost(BOOK, 122 * USDC)
    assert cost is not None
    assert (cost.shares, cost.filled, cost.unfilled) == (200 * USDC, 122 * USDC, 0)
    assert (cost.proceeds, cost.cost) == (115 * USDC, 7 * USDC)
    assert (cost.average_price, cost.worst_price) == (Decimal("0.575"), Decimal("0.55"))


def test_what_finds_no_buyer_is_said_so() -> None:
    cost = exit_cost(BOOK, 10_000 * USDC)
    assert cost is not None
    assert (cost.filled, cost.unfilled) == (671 * USDC, 9_329 * USDC)
    assert not cost.ends_early
    cut = exit_cost(OutcomeBook(side(("0.6", "1"), is_cut=True), side()), 10 * USDC)
    assert cut is not None
    assert cut.ends_early
    assert not cut.is_at_mid


def test_without_a_bid_there_is_no_price_to_leave_at() -> None:
    assert exit_cost(OutcomeBook(side(), side(("0.5", "1"))), USDC) is None


def test_one_book_stands_in_for_the_other_and_two_are_not_added_up() -> None:
    no = mirror(BOOK)
    assert (no.bids, no.asks) == (side(("0.38", "50")), side(("0.40", "100"), ("0.45", "1000")))
    assert pair_books(BOOK, None) == (BOOK, no)
    alone = pair_books(None, no)
    assert alone is not None
    assert (alone[0].bids, alone[0].is_mirrored) == (BOOK.bids, True)
    assert pair_books(BOOK, no) == (BOOK, no)
    assert pair_books(None, None) is None


@given(LEVELS)
def test_a_mirror_s_mirror_is_the_book(levels: dict[Decimal, Decimal]) -> None:
    book = bids_of(levels)
    again = mirror(mirror(book))
    assert (again.bids, again.asks) == (book.bids, book.asks)


@given(LEVELS, st.integers(1, 10**14))
def test_a_larger_exit_never_costs_less_nor_brings_less(
    levels: dict[Decimal, Decimal], size: int
) -> None:
    book = bids_of(levels)
    small, large = exit_cost(book, size), exit_cost(book, 2 * size)
    assert small is not None
    assert large is not None
    for cost in (small, large):
        assert cost.filled + cost.unfilled == cost.size
        assert 0 <= cost.cost <= cost.filled
        assert cost.filled_shares <= cost.shares
    # To a millionth: each amount is rounded down.
    assert large.proceeds >= small.proceeds - 1
    assert large.cost >= small.cost - 2
    assert large.filled >= small.filled - 1
