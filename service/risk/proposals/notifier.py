"""Baseline B2: the rule of UMA's own Polymarket notifier, reproduced to be compared with. Pure.

Source: UMAprotocol/protocol at 00cf839, ``monitor-v2/src/monitor-polymarket``, read and written
anew. Reproduced as they are, blind spots included: the strict comparisons at any size, so that one
dust order pages; prices of trades cut to three digits; both sides of a trade; blocks taken for two
seconds each, so that its look-backs are shorter than they say; at most fifty trades a token; only
the last thirty minutes before expiry, never after; no answer without a winner, whatever its volume;
one page a proposal and then silence, a failed look-up included. What its deployment configures
(oracles, requesters, exchanges) comes with the facts. docs/methodology.md, "Baseline B2".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from service.protocol.proposed_answers import ProposedAnswer
from service.risk.proposals.executable import TokenBook

_MICRO = 10**6
_PRICE_SCALE = 1_000


@dataclass(frozen=True, slots=True)
class NotifierRule:
    """Its settings with their defaults; sweep ``asks`` and ``bids`` for a curve."""

    asks: Decimal = Decimal(1)
    bids: Decimal = Decimal(0)
    # Micro-USDC.
    volume: int = 500_000 * _MICRO
    before_expiry_seconds: int = 1_800
    proposals_lookback_blocks: int = 43_200
    fills_lookback_blocks: int = 900
    # Trades this soon after a proposal are left out.
    fills_gap_blocks: int = 150
    seconds_a_block: int = 2
    most_trades: int = 50


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The newest block: its number and its unix time."""

    number: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class NotifierFill:
    """One OrderFilled log on an exchange the notifier reads, in the order of the chain."""

    outcome_index: int
    block_number: int
    timestamp: int
    # Micro-USDC paid for millionths of a share.
    paid: int
    shares: int

    @property
    def price(self) -> Decimal:
        """As the notifier computes it: cut to three digits."""
        return Decimal(self.paid * _PRICE_SCALE // self.shares) / _PRICE_SCALE


@dataclass(frozen=True, slots=True)
class NotifierFacts:
    """One proposal and its market at one check. Unix times; money micro-USDC."""

    answer: ProposedAnswer
    proposal_block: int
    expires_at: int
    is_disputed: bool
    was_told: bool
    is_look_up_failed: bool
    volume: int | None
    # Of outcome 0 and 1; None: no book, which it takes for an empty one.
    books: tuple[TokenBook | None, TokenBook | None]
    fills: Sequence[NotifierFill] = ()
    # The earliest block it fetches trades from in this run, for all proposals; None: this one's.
    fetched_from_block: int | None = None


class Unchecked(StrEnum):
    """Why the notifier does not look at a proposal at all."""

    TOO_OLD = "too_old"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    DISPUTED = "disputed"
    TOLD_BEFORE = "told_before"
    NO_WINNER = "no_winner"


class PageReason(StrEnum):
    """Why the notifier pages."""

    LOOK_UP_FAILED = "look_up_failed"
    HIGH_VOLUME = "high_volume"
    WINNER_OFFERED = "winner_offered"
    LOSER_WANTED = "loser_wanted"
    WINNER_SOLD = "winner_sold"
    LOSER_BOUGHT = "loser_bought"


@dataclass(frozen=True, slots=True)
class NotifierVerdict:
    """What the notifier does with a proposal at one check."""

    unchecked: Unchecked | None
    reasons: tuple[PageReason, ...] = ()

    @property
    def pages(self) -> bool:
        """Whether it sends a message."""
        return bool(self.reasons)


def notifier_verdict(
    facts: NotifierFacts, head: ChainHead, now: int, rule: NotifierRule
) -> NotifierVerdict:
    """What UMA's notifier would do at ``now`` (unix time) with the newest block at ``head``."""
    unchecked = _unchecked(facts, head, now, rule)
    if unchecked is not None:
        return NotifierVerdict(unchecked)
    if facts.is_look_up_failed:
        return NotifierVerdict(None, (PageReason.LOOK_UP_FAILED,))
    winner = facts.answer.winner
    if winner is None:
        return NotifierVerdict(Unchecked.NO_WINNER)
    found = {
        PageReason.HIGH_VOLUME: (facts.volume or 0) > rule.volume,
        PageReason.WINNER_OFFERED: _has_ask_below(facts.books[winner], rule.asks),
        PageReason.LOSER_WANTED: _has_bid_above(facts.books[1 - winner], rule.bids),
        PageReason.WINNER_SOLD: _traded(facts, winner, head, rule, winner=winner),
        PageReason.LOSER_BOUGHT: _traded(facts, 1 - winner, head, rule, winner=winner),
    }
    return NotifierVerdict(None, tuple(reason for reason, holds in found.items() if holds))


def pages_at_once(
    answer: ProposedAnswer, volume: int, books: tuple[TokenBook, TokenBook], rule: NotifierRule
) -> bool:
    """What the rule would say at the moment of the answer, before any trade after it.

    The notifier itself waits for the last half hour; a forecast made with the answer is compared
    with its rule on what was known then. Volume is micro-USDC.
    """
    facts = NotifierFacts(
        answer=answer,
        proposal_block=0,
        expires_at=1,
        is_disputed=False,
        was_told=False,
        is_look_up_failed=False,
        volume=volume,
        books=books,
    )
    return notifier_verdict(facts, ChainHead(0, 0), 0, rule).pages


def margin_at_once(
    answer: ProposedAnswer, volume: int, books: tuple[TokenBook, TokenBook]
) -> float:
    """At which margins its rule pages at the moment of the answer: below this one.

    At a margin m the winner must be offered below 1 - m, or the loser bid above m; the default is
    0. 0 is returned where it pages at none, 1 where it pages at every one: of a high volume.
    """
    winner = answer.winner
    if winner is None:
        return 0.0
    if volume > NotifierRule().volume:
        return 1.0
    offered = [1 - level.price for level in books[winner].asks]
    wanted = [level.price for level in books[1 - winner].bids]
    return max([0.0, *map(float, (*offered, *wanted))])


def first_block_of_trades(proposal_block: int, head: ChainHead, rule: NotifierRule) -> int:
    """From which block on it counts a proposal's trades."""
    return max(proposal_block + rule.fills_gap_blocks, head.number - rule.fills_lookback_blocks)


def _unchecked(
    facts: NotifierFacts, head: ChainHead, now: int, rule: NotifierRule
) -> Unchecked | None:
    if facts.was_told:
        return Unchecked.TOLD_BEFORE
    if facts.proposal_block < head.number - rule.proposals_lookback_blocks:
        return Unchecked.TOO_OLD
    if now >= facts.expires_at:
        return Unchecked.EXPIRED
    if now <= facts.expires_at - rule.before_expiry_seconds:
        return Unchecked.NOT_YET
    return Unchecked.DISPUTED if facts.is_disputed else None


def _has_ask_below(book: TokenBook | None, threshold: Decimal) -> bool:
    return book is not None and any(level.price < threshold for level in book.asks)


def _has_bid_above(book: TokenBook | None, threshold: Decimal) -> bool:
    return book is not None and any(level.price > threshold for level in book.bids)


def _traded(
    facts: NotifierFacts, index: int, head: ChainHead, rule: NotifierRule, *, winner: int
) -> bool:
    """Whether a trade of the token pages; each has a seller and a buyer, so its price decides."""
    own_first = first_block_of_trades(facts.proposal_block, head, rule)
    fetched_first = own_first if facts.fetched_from_block is None else facts.fetched_from_block
    counted_from = head.timestamp - (head.number - own_first) * rule.seconds_a_block
    fetched = (
        fill
        for fill in facts.fills
        if fill.outcome_index == index
        and fill.shares > 0
        and fetched_first <= fill.block_number <= head.number
    )
    pages = (
        fill
        for fill in fetched
        if (fill.price < rule.asks if index == winner else fill.price > rule.bids)
    )
    # The fifty it keeps may all lie before the proposal's own start: then it misses the later ones.
    return any(fill.timestamp >= counted_from for fill in _first(pages, rule.most_trades))


def _first(fills: Iterable[NotifierFill], most: int) -> list[NotifierFill]:
    return [fill for _, fill in zip(range(most), fills, strict=False)]
