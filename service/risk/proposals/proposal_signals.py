"""What the market itself says of a proposed answer, with the depth behind it. Pure.

Every reading carries its value, the money behind it, the instant it is of and, where there is no
value, why. docs/methodology.md, "What the market says of a proposal".
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import log
from typing import Generic, TypeVar

from models.signal_enums import AnswerKind
from service.protocol.listings import BookLevel
from service.protocol.proposed_answers import ProposedAnswer
from service.risk.proposals.contrary import OUTCOMES, Orders, Side, SignalRule, contrary_orders
from service.risk.proposals.executable import (
    PriceRange,
    TokenBook,
    depth_near,
    depth_of,
    price_range,
)
from service.risk.proposals.trades import ContraryTrades, TradedFill, contrary_trades

Value = TypeVar("Value")

# Depth is compared within this of each outcome's best bid.
DEPTH_BAND = Decimal("0.05")
# The price before the first trade on the proposal itself, and the drift towards it.
BEFORE_FROM, BEFORE_TO = timedelta(minutes=60), timedelta(minutes=5)
DRIFT_FROM, DRIFT_SPAN = timedelta(hours=6), timedelta(hours=1)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Reading(Generic[Value]):
    """One feature: its value, or why there is none."""

    value: Value | None
    # The money it rests on, micro-USDC; None where it rests on none.
    depth: int | None = None
    as_of: datetime | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class BookReading:
    """One outcome's book as last read; a token without a book has an empty one."""

    book: TokenBook
    as_of: datetime


@dataclass(frozen=True, slots=True)
class MarketEvidence:
    """All that is read of one market about its proposal."""

    # Of outcome 0 and 1; None where the book is not known.
    books: tuple[BookReading | None, BookReading | None]
    # Fills since the proposal, and until when they are complete; None: not indexed.
    fills: Sequence[TradedFill]
    fills_as_of: datetime | None
    # Why some fills since the proposal may not be among them; None: all are.
    fills_lack: str | None
    # (instant, middle price of outcome 0): each change, oldest first, holding until the next.
    prices: Sequence[tuple[datetime, Decimal]]
    proposed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProposalSignals:
    """The market's verdict on one proposal."""

    answer: ProposedAnswer
    # Offers below and bids above what the answer would pay.
    asks: Reading[Orders]
    bids: Reading[Orders]
    trades: Reading[ContraryTrades]
    # Where outcome 0 can be traded for the rule's amount.
    executable: Reading[PriceRange]
    # The proposed answer's probability by that; only an answer with a winner has one.
    implied: Reading[Decimal]
    # How far the executable price is from what the answer would pay: 0 agrees, 1 is the opposite.
    gap: Reading[Decimal]
    # ln(money bid for the proposed winner / for the other).
    asymmetry: Reading[float]
    # The proposed winner's price before the proposal, and how it moved in the six hours before.
    before: Reading[Decimal]
    drift: Reading[Decimal]

    @property
    def standing_stake(self) -> int:
        """What stands in the books against the answer, micro-USDC.

        One order shows as a bid of one outcome and an offer of the other: the larger counts, not
        the sum.
        """
        sides = (self.asks.value, self.bids.value)
        return max((side.at_stake for side in sides if side is not None), default=0)

    @property
    def traded_stake(self) -> int:
        """What was traded against the answer since it was proposed, micro-USDC."""
        return 0 if self.trades.value is None else self.trades.value.at_stake


def read_signals(
    answer: ProposedAnswer, evidence: MarketEvidence, rule: SignalRule
) -> ProposalSignals:
    """All readings of one market about one proposed answer."""
    executable = _executable(evidence, rule)
    return ProposalSignals(
        answer=answer,
        asks=_orders(answer, evidence, Side.ASK, rule),
        bids=_orders(answer, evidence, Side.BID, rule),
        trades=_trades(answer, evidence, rule),
        executable=executable,
        implied=_implied(answer, executable),
        gap=_gap(answer, executable, rule),
        asymmetry=_asymmetry(answer, evidence),
        before=_before(answer, evidence),
        drift=_drift(answer, evidence),
    )


def _orders(
    answer: ProposedAnswer, evidence: MarketEvidence, side: Side, rule: SignalRule
) -> Reading[Orders]:
    if answer.kind is AnswerKind.UNREADABLE:
        return Reading(None, missing="the proposed price pays no outcome")
    known = [(i, reading) for i, reading in zip(OUTCOMES, evidence.books, strict=True) if reading]
    if not known:
        return Reading(None, missing="no book is known")
    as_of = min(reading.as_of for _, reading in known)
    found = [
        contrary_orders(answer, index, side, _side(reading.book, side), rule)
        for index, reading in known
    ]
    orders = [item for item in found if item is not None]
    if not orders:
        return Reading(None, 0, as_of)
    largest = max(orders, key=lambda item: item.at_stake)
    return Reading(largest, largest.value, as_of)


def _trades(
    answer: ProposedAnswer, evidence: MarketEvidence, rule: SignalRule
) -> Reading[ContraryTrades]:
    if answer.kind is AnswerKind.UNREADABLE:
        return Reading(None, missing="the proposed price pays no outcome")
    if evidence.fills_as_of is None:
        return Reading(None, missing="trades are not indexed")
    if evidence.proposed_at is None:
        return Reading(None, missing="the time of the proposal is not known")
    found = contrary_trades(answer, evidence.fills, rule)
    if found is None and evidence.fills_lack is not None:
        return Reading(None, as_of=evidence.fills_as_of, missing=evidence.fills_lack)
    return Reading(found, 0 if found is None else found.value, evidence.fills_as_of)


def _executable(evidence: MarketEvidence, rule: SignalRule) -> Reading[PriceRange]:
    known = [reading for reading in evidence.books if reading]
    if not known:
        return Reading(None, missing="no book is known")
    as_of = min(reading.as_of for reading in known)
    first, second = (reading.book if reading else None for reading in evidence.books)
    found = price_range((first, second), rule.size)
    depth = max(depth_of(levels) for r in known for levels in (r.book.bids, r.book.asks))
    if found is None:
        return Reading(None, depth, as_of, "the two outcomes' books contradict each other")
    if not (found.has_low or found.has_high):
        return Reading(None, depth, as_of, "no side of either book holds the stated amount")
    return Reading(found, depth, as_of)


def _implied(answer: ProposedAnswer, executable: Reading[PriceRange]) -> Reading[Decimal]:
    found, winner = executable.value, answer.winner
    if winner is None:
        reason = "a price cannot tell this answer from doubt between the outcomes"
        return Reading(None, executable.depth, executable.as_of, reason)
    if found is None:
        return Reading(None, executable.depth, executable.as_of, executable.missing)
    middle = found.middle
    if middle is None:
        reason = "only one side of the books holds the stated amount"
        return Reading(None, executable.depth, executable.as_of, reason)
    return Reading(_of_winner(middle, winner), executable.depth, executable.as_of)


def _gap(
    answer: ProposedAnswer, executable: Reading[PriceRange], rule: SignalRule
) -> Reading[Decimal]:
    if answer.kind is AnswerKind.UNREADABLE:
        return Reading(None, missing="the proposed price pays no outcome")
    found = executable.value
    if found is None:
        return Reading(None, executable.depth, executable.as_of, executable.missing)
    if answer.payouts is None:
        # Too early: how far the price is inside the margin at which an outcome is as good as sure.
        decided = max(found.low - (_ONE - rule.margin), rule.margin - found.high)
        return Reading(max(Decimal(0), decided), executable.depth, executable.as_of)
    return Reading(found.distance(answer.payouts[0]), executable.depth, executable.as_of)


def _asymmetry(answer: ProposedAnswer, evidence: MarketEvidence) -> Reading[float]:
    winner = answer.winner
    if winner is None:
        return Reading(None, missing="the answer names no winner")
    ours, others = evidence.books[winner], evidence.books[1 - winner]
    if ours is None or others is None:
        return Reading(None, missing="the books of both outcomes are needed")
    as_of = min(ours.as_of, others.as_of)
    depths = [depth_near(reading.book.bids, DEPTH_BAND) for reading in (ours, others)]
    if min(depths) <= 0:
        return Reading(None, max(depths), as_of, "nobody bids for one of the outcomes")
    return Reading(log(depths[0] / depths[1]), min(depths), as_of)


def _before(answer: ProposedAnswer, evidence: MarketEvidence) -> Reading[Decimal]:
    return _past(answer, evidence, BEFORE_FROM, BEFORE_TO)


def _drift(answer: ProposedAnswer, evidence: MarketEvidence) -> Reading[Decimal]:
    start = _past(answer, evidence, DRIFT_FROM, DRIFT_FROM - DRIFT_SPAN)
    end = _past(answer, evidence, BEFORE_FROM, timedelta(0))
    if start.value is None or end.value is None:
        return Reading(None, missing=start.missing or end.missing)
    return Reading(end.value - start.value, as_of=end.as_of)


def _past(
    answer: ProposedAnswer, evidence: MarketEvidence, start: timedelta, stop: timedelta
) -> Reading[Decimal]:
    """The winner's median price in a window before the proposal."""
    at, winner = evidence.proposed_at, answer.winner
    if winner is None:
        return Reading(None, missing="the answer names no winner")
    if at is None:
        return Reading(None, missing="the time of the proposal is not known")
    middle = _held(evidence.prices, at - start, at - stop)
    if middle is None:
        minutes = [int(edge.total_seconds() // 60) for edge in (start, stop)]
        reason = f"no price is stored of {minutes[0]} to {minutes[1]} minutes before the proposal"
        return Reading(None, missing=reason)
    return Reading(_of_winner(middle, winner), as_of=at - stop)


def _held(
    changes: Sequence[tuple[datetime, Decimal]], start: datetime, stop: datetime
) -> Decimal | None:
    """The price below which the time from ``start`` to ``stop`` was half spent."""
    spent: Counter[Decimal] = Counter()
    for (begin, price), (end, _) in pairwise([*changes, (stop, Decimal(0))]):
        span = min(end, stop) - max(begin, start)
        spent[price] += max(span // timedelta(microseconds=1), 0)
    passed, half = 0, spent.total() / 2
    for price, microseconds in sorted(spent.items()):
        passed += microseconds
        if microseconds and passed >= half:
            return price
    return None


def _of_winner(price: Decimal, winner: int) -> Decimal:
    return price if winner == 0 else _ONE - price


def _side(book: TokenBook, side: Side) -> Sequence[BookLevel]:
    return book.bids if side is Side.BID else book.asks
