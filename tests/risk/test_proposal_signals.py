"""What the market says of a proposed answer, with the depth behind it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.signal_enums import AnswerKind
from service.protocol.listings import BookLevel
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.protocol.proposed_answers import read_answer, read_game_answer
from service.risk.proposals.contrary import MICRO, Side, SignalRule
from service.risk.proposals.executable import TokenBook, average_price, depth_of, price_range
from service.risk.proposals.proposal_signals import (
    BookReading,
    MarketEvidence,
    ProposalSignals,
    read_signals,
)
from service.risk.proposals.trades import TradedFill

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
PROPOSED = AT - timedelta(minutes=30)
RULE = SignalRule()


def levels(*pairs: tuple[str, int]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in pairs)


def book(bids: tuple[BookLevel, ...] = (), asks: tuple[BookLevel, ...] = ()) -> BookReading:
    return BookReading(TokenBook(bids, asks), AT)


def fill(index: int, price: str, shares: int, minutes: int = 5) -> TradedFill:
    return TradedFill(index, Decimal(price), Decimal(shares), PROPOSED + timedelta(minutes=minutes))


# A right "Yes": bought at 0.99 and offered a tick above, the other side mirrored.
CALM = MarketEvidence(
    books=(
        book(levels(("0.99", 50_000)), levels(("0.995", 20_000))),
        book(levels(("0.005", 20_000)), levels(("0.01", 50_000))),
    ),
    fills=(fill(0, "0.992", 5_000),),
    fills_as_of=AT,
    fills_lack=None,
    prices=(),
    proposed_at=PROPOSED,
)


def read(evidence: MarketEvidence = CALM, price: int = YES) -> ProposalSignals:
    return read_signals(read_answer(price), evidence, RULE)


def test_a_market_that_agrees_shows_no_contradiction() -> None:
    signals = read()
    assert (signals.standing_stake, signals.traded_stake) == (0, 0)
    assert signals.gap.value == Decimal("0.005")
    assert signals.implied.value == Decimal("0.9925")


def test_offers_of_the_winner_count_with_what_their_owners_forgo() -> None:
    offers = levels(("0.60", 1_000), ("0.80", 500), ("0.97", 9_000))
    signals = read(replace(CALM, books=(book(asks=offers), None)))
    assert signals.asks.value is not None
    assert (signals.asks.value.best_price, signals.asks.value.levels) == (Decimal("0.60"), 2)
    assert signals.asks.value.value == 1_000 * MICRO
    assert signals.asks.value.at_stake == signals.standing_stake == 500 * MICRO


def test_one_order_seen_from_both_outcomes_is_counted_once() -> None:
    books = (book(asks=levels(("0.60", 1_000))), book(bids=levels(("0.40", 1_000))))
    signals = read(replace(CALM, books=books))
    assert signals.asks.value is not None
    assert signals.bids.value is not None
    assert signals.asks.value.at_stake == signals.bids.value.at_stake == signals.standing_stake


def test_a_wrong_no_is_contradicted_by_bids_for_yes() -> None:
    signals = read(replace(CALM, books=(book(levels(("0.70", 2_000))), None)), NO)
    assert signals.bids.value is not None
    assert (signals.bids.value.outcome_index, signals.bids.value.side) == (0, Side.BID)
    assert signals.standing_stake == 1_400 * MICRO


def test_dust_moves_neither_the_executable_price_nor_the_gap() -> None:
    books = (
        book(levels(("0.99", 50_000)), levels(("0.10", 5), ("0.995", 20_000))),
        CALM.books[1],
    )
    signals = read(replace(CALM, books=books))
    assert signals.asks.value is not None
    assert signals.standing_stake < RULE.floor
    assert signals.gap.value is not None
    assert signals.gap.value < Decimal("0.011")


def test_a_thousand_dollars_behind_a_price_do_move_them() -> None:
    books = (book(levels(("0.30", 9_000)), levels(("0.40", 9_000))), None)
    signals = read(replace(CALM, books=books))
    assert signals.implied.value == Decimal("0.35")
    assert signals.gap.value == Decimal("0.60")
    assert signals.implied.depth == 3_600 * MICRO


def test_trades_against_the_answer_come_with_size_count_last_time_and_average() -> None:
    fills = (
        fill(0, "0.50", 1_000),
        fill(0, "0.70", 1_000, 9),
        fill(0, "0.97", 9_999),
        fill(1, "0.2", 10),
    )
    found = read(replace(CALM, fills=fills)).trades.value
    assert found is not None
    assert (found.count, found.outcome_index) == (3, 0)
    assert found.average_price == Decimal("0.6")
    assert found.at_stake == 802 * MICRO
    assert found.largest_at_stake == 500 * MICRO
    assert found.last_at == PROPOSED + timedelta(minutes=9)


def test_trades_that_may_be_incomplete_are_a_lower_bound_or_missing() -> None:
    partly = replace(CALM, fills_lack="read from 11:45 on")
    assert read(partly).trades.missing == "read from 11:45 on"
    found = read(replace(partly, fills=(fill(0, "0.50", 1_000),))).trades
    assert (found.missing, found.depth) == (None, 500 * MICRO)


def test_a_fifty_fifty_is_contradicted_from_both_sides_of_a_half() -> None:
    calm = (book(levels(("0.49", 5_000)), levels(("0.51", 5_000))), None)
    assert read(replace(CALM, books=calm, fills=()), HALF).standing_stake == 0
    sure = (book(levels(("0.90", 5_000)), levels(("0.92", 5_000))), None)
    signals = read(replace(CALM, books=sure, fills=(fill(1, "0.09", 1_000),)), HALF)
    assert signals.standing_stake == 2_000 * MICRO
    assert signals.gap.value == Decimal("0.40")
    assert signals.traded_stake == 410 * MICRO
    assert signals.implied.value is None
    assert "doubt" in (signals.implied.missing or "")


def test_too_early_is_contradicted_by_a_market_that_trades_as_decided() -> None:
    open_market = (book(levels(("0.60", 5_000)), levels(("0.62", 5_000))), None)
    assert read(replace(CALM, books=open_market, fills=()), TOO_EARLY).standing_stake == 0
    signals = read(price=TOO_EARLY)
    assert signals.standing_stake == 49_500 * MICRO
    assert signals.traded_stake == 4_960 * MICRO
    assert signals.gap.value == Decimal("0.04")


def test_a_price_that_pays_nothing_is_missing_with_the_reason_everywhere() -> None:
    signals = read(price=7)
    assert signals.answer.kind is AnswerKind.UNREADABLE
    readings = (signals.asks, signals.bids, signals.trades, signals.gap, signals.implied)
    assert all(reading.value is None and reading.missing for reading in readings)


def test_a_games_scores_are_read_by_what_they_pay_the_market() -> None:
    assert read_game_answer(3, (0, 1)).winner == 1
    assert read_game_answer(3, (1, 1)).kind is AnswerKind.HALF
    assert read_game_answer(3, None).kind is AnswerKind.UNREADABLE
    assert read_game_answer(TOO_EARLY, None).kind is AnswerKind.TOO_EARLY


def test_what_is_not_known_is_missing_and_never_zero() -> None:
    signals = read(MarketEvidence((None, None), (), None, None, (), None))
    for reading in (signals.asks, signals.trades, signals.executable, signals.gap, signals.before):
        assert reading.value is None
        assert reading.missing


def test_a_thin_side_leaves_the_implied_probability_open() -> None:
    signals = read(replace(CALM, books=(book(levels(("0.90", 9_000)), levels(("0.95", 1))), None)))
    assert signals.implied.value is None
    assert signals.executable.value is not None
    assert (signals.executable.value.low, signals.executable.value.high) == (
        Decimal("0.9"),
        Decimal(1),
    )


def test_books_of_different_moments_that_cross_are_not_used() -> None:
    books = (book(levels(("0.90", 9_000)), ()), book(levels(("0.40", 9_000)), ()))
    signals = read(replace(CALM, books=books))
    assert signals.executable.value is None
    assert "contradict" in (signals.gap.missing or "")


def test_depth_asymmetry_is_the_log_of_what_is_bid_for_either_outcome() -> None:
    signals = read()
    assert signals.asymmetry.value == pytest.approx(log(49_500 / 100))
    assert signals.asymmetry.depth == 100 * MICRO


def test_the_drift_before_the_proposal_is_the_winners() -> None:
    prices = [
        (PROPOSED - timedelta(hours=5, minutes=50), Decimal("0.30")),
        (PROPOSED - timedelta(minutes=40), Decimal("0.80")),
        (PROPOSED + timedelta(minutes=1), Decimal("0.99")),
    ]
    evidence = replace(CALM, prices=prices)
    assert (read(evidence).before.value, read(evidence).drift.value) == (
        Decimal("0.80"),
        Decimal("0.50"),
    )
    assert (read(evidence, NO).before.value, read(evidence, NO).drift.value) == (
        Decimal("0.20"),
        Decimal("-0.50"),
    )


PRICES = st.decimals("0.001", "0.999", places=3)
BOOKS = st.lists(st.tuples(PRICES, st.integers(1, 100_000)), max_size=8)


@given(BOOKS, st.integers(1, 10_000 * MICRO))
def test_an_average_price_lies_within_the_book_and_is_none_beyond_it(
    pairs: list[tuple[Decimal, int]], size: int
) -> None:
    asks = [BookLevel(price, Decimal(shares)) for price, shares in sorted(pairs)]
    average = average_price(asks, size)
    # The depth is rounded down, so at the very edge either answer is right.
    if average is None:
        assert depth_of(asks) <= size
    else:
        assert depth_of(asks) + 1 >= size
        assert asks[0].price - Decimal("1e-6") <= average <= asks[-1].price


@given(BOOKS, BOOKS, BOOKS, BOOKS)
def test_a_range_is_always_inside_zero_and_one(
    one: list[tuple[Decimal, int]],
    two: list[tuple[Decimal, int]],
    three: list[tuple[Decimal, int]],
    four: list[tuple[Decimal, int]],
) -> None:
    sides = [
        tuple(BookLevel(p, Decimal(s)) for p, s in sorted(pairs, reverse=is_bid))
        for pairs, is_bid in ((one, True), (two, False), (three, True), (four, False))
    ]
    found = price_range((TokenBook(sides[0], sides[1]), TokenBook(sides[2], sides[3])), 100 * MICRO)
    if found is not None:
        assert 0 <= found.low <= found.high <= 1
