"""UMA's notifier as a baseline: each clause of its rule, and each of its blind spots."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.listings import BookLevel
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.protocol.proposed_answers import read_answer
from service.risk.proposals.executable import TokenBook
from service.risk.proposals.notifier import (
    ChainHead,
    NotifierFacts,
    NotifierFill,
    NotifierRule,
    NotifierVerdict,
    PageReason,
    Unchecked,
    margin_at_once,
    notifier_verdict,
    pages_at_once,
)

NOW = 1_790_000_000
HEAD = ChainHead(90_000_000, NOW)
USD = 10**6
EMPTY = TokenBook((), ())
CALM = NotifierFacts(
    answer=read_answer(YES),
    proposal_block=HEAD.number - 4_000,
    expires_at=NOW + 600,
    is_disputed=False,
    was_told=False,
    is_look_up_failed=False,
    volume=500_000 * USD,
    books=(EMPTY, EMPTY),
)


def verdict(
    facts: NotifierFacts, rule: NotifierRule | None = None, now: int = NOW
) -> NotifierVerdict:
    return notifier_verdict(facts, HEAD, now, rule or NotifierRule())


def level(price: str, size: str = "0.01") -> BookLevel:
    return BookLevel(Decimal(price), Decimal(size))


def fill(index: int, price: str, *, blocks_ago: int = 10, seconds_ago: int = 15) -> NotifierFill:
    paid = int(Decimal(price) * USD)
    return NotifierFill(index, HEAD.number - blocks_ago, NOW - seconds_ago, paid, USD)


def test_an_aligned_market_does_not_page() -> None:
    assert not verdict(CALM).pages


@pytest.mark.parametrize(("volume", "pages"), [(500_000 * USD, False), (500_000 * USD + 1, True)])
def test_volume_above_the_threshold_alone_pages(volume: int, *, pages: bool) -> None:
    assert verdict(replace(CALM, volume=volume)).pages is pages


def test_an_unknown_volume_is_not_above_it() -> None:
    assert not verdict(replace(CALM, volume=None)).pages


def test_one_dust_offer_of_the_winner_below_one_pages() -> None:
    facts = replace(CALM, books=(TokenBook((), (level("0.999"),)), EMPTY))
    assert verdict(facts).reasons == (PageReason.WINNER_OFFERED,)


def test_an_offer_at_one_does_not_page() -> None:
    assert not verdict(replace(CALM, books=(TokenBook((), (level("1"),)), EMPTY))).pages


def test_one_dust_bid_for_the_loser_pages() -> None:
    facts = replace(CALM, books=(EMPTY, TokenBook((level("0.001"),), ())))
    assert verdict(facts).reasons == (PageReason.LOSER_WANTED,)


def test_the_winner_follows_the_proposed_price() -> None:
    books = (TokenBook((level("0.5"),), ()), EMPTY)
    assert not verdict(replace(CALM, books=books)).pages
    facts = replace(CALM, answer=read_answer(NO), books=books)
    assert verdict(facts).reasons == (PageReason.LOSER_WANTED,)


@pytest.mark.parametrize(
    ("index", "price", "reason"),
    [(0, "0.7", PageReason.WINNER_SOLD), (1, "0.3", PageReason.LOSER_BOUGHT)],
)
def test_a_trade_against_the_answer_pages(index: int, price: str, reason: PageReason) -> None:
    assert verdict(replace(CALM, fills=(fill(index, price),))).reasons == (reason,)


def test_prices_of_trades_are_cut_to_three_digits() -> None:
    # 0.0009 becomes 0.000 and is not above 0; 0.9999 becomes 0.999 and is below 1.
    assert not verdict(replace(CALM, fills=(fill(1, "0.0009"),))).pages
    assert verdict(replace(CALM, fills=(fill(0, "0.9999"),))).pages


def test_trades_within_its_gap_after_the_proposal_are_left_out() -> None:
    young = replace(CALM, proposal_block=HEAD.number - 160)
    early = fill(0, "0.7", blocks_ago=11, seconds_ago=22)
    later = fill(0, "0.7", blocks_ago=10, seconds_ago=20)
    assert not verdict(replace(young, fills=(early,))).pages
    assert verdict(replace(young, fills=(later,))).pages


def test_its_look_back_counts_two_seconds_a_block() -> None:
    # 900 blocks of 1.5 s are 22.5 minutes, although half an hour is meant.
    kept = fill(0, "0.7", blocks_ago=900, seconds_ago=1_350)
    lost = fill(0, "0.7", blocks_ago=901, seconds_ago=1_352)
    assert verdict(replace(CALM, fills=(kept,))).pages
    assert not verdict(replace(CALM, fills=(lost,))).pages


def test_fifty_trades_before_its_own_start_hide_the_ones_after() -> None:
    young = replace(CALM, proposal_block=HEAD.number - 160, fetched_from_block=HEAD.number - 900)
    before = tuple(fill(0, "0.7", blocks_ago=200, seconds_ago=400) for _ in range(50))
    after = fill(0, "0.7", blocks_ago=5, seconds_ago=10)
    assert verdict(replace(young, fills=(*before[:49], after))).pages
    assert not verdict(replace(young, fills=(*before, after))).pages


@pytest.mark.parametrize("price", [HALF, TOO_EARLY, 7])
def test_answers_without_a_winner_are_never_looked_at(price: int) -> None:
    loud = replace(
        CALM,
        answer=read_answer(price),
        volume=10**9 * USD,
        books=(TokenBook((level("0.9", "1e6"),), ()), EMPTY),
    )
    assert verdict(loud) == NotifierVerdict(Unchecked.NO_WINNER)


@pytest.mark.parametrize(
    ("seconds_left", "unchecked"),
    [(1_800, Unchecked.NOT_YET), (1_799, None), (1, None), (0, Unchecked.EXPIRED)],
)
def test_it_looks_only_in_the_last_half_hour(
    seconds_left: int, unchecked: Unchecked | None
) -> None:
    assert verdict(replace(CALM, expires_at=NOW + seconds_left)).unchecked is unchecked


@pytest.mark.parametrize(
    ("facts", "unchecked"),
    [
        (replace(CALM, is_disputed=True), Unchecked.DISPUTED),
        (replace(CALM, was_told=True), Unchecked.TOLD_BEFORE),
        (replace(CALM, proposal_block=HEAD.number - 43_201), Unchecked.TOO_OLD),
    ],
)
def test_disputed_told_and_old_proposals_are_not_looked_at(
    facts: NotifierFacts, unchecked: Unchecked
) -> None:
    assert verdict(facts) == NotifierVerdict(unchecked)


def test_a_failed_look_up_pages_once_and_is_told_before_ever_after() -> None:
    failed = replace(CALM, is_look_up_failed=True)
    assert verdict(failed).reasons == (PageReason.LOOK_UP_FAILED,)
    healed = replace(CALM, was_told=True, fills=(fill(0, "0.1"),))
    assert not verdict(healed).pages


@given(st.decimals(0, 1, places=3), st.decimals(0, 1, places=3), st.decimals(0, 1, places=3))
def test_a_stricter_threshold_never_pages_more(
    price: Decimal, one: Decimal, other: Decimal
) -> None:
    low, high = sorted((one, other))
    facts = replace(CALM, books=(TokenBook((), (BookLevel(price, Decimal(1)),)), EMPTY))
    strict, loose = NotifierRule(asks=low), NotifierRule(asks=high)
    assert verdict(facts, loose).pages or not verdict(facts, strict).pages


PRICES = st.decimals("0.001", "0.999", places=3)
SIDES = st.lists(PRICES, max_size=3)


@given(st.tuples(SIDES, SIDES, SIDES, SIDES), PRICES, st.sampled_from([YES, NO, HALF, TOO_EARLY]))
def test_it_pages_at_once_at_the_margins_below_the_one_told_and_at_no_other(
    sides: tuple[list[Decimal], ...], margin: Decimal, price: int
) -> None:
    levels = [tuple(BookLevel(p, Decimal(1)) for p in side) for side in sides]
    books = (TokenBook(levels[0], levels[1]), TokenBook(levels[2], levels[3]))
    answer = read_answer(price)
    for volume in (0, NotifierRule().volume, NotifierRule().volume + 1):
        told = margin_at_once(answer, volume, books)
        swept = NotifierRule(asks=1 - margin, bids=margin)
        assert pages_at_once(answer, volume, books, swept) is (float(margin) < told)
        assert pages_at_once(answer, volume, books, NotifierRule()) is (told > 0)
