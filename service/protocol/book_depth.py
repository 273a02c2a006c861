"""What an order book is worth: depth within a band, and what leaving a position costs. Pure.

A binary market has one pool of orders seen from two sides: who bids p for Yes offers No at 1 - p.
The venue shows each order in both books, so the two are never added up; one stands in for the
other where only one was read. docs/methodology.md, "Books".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from service.protocol.listings import BookLevel

# USDC a share below (bids) or above (asks) the best price.
BANDS = (Decimal("0.01"), Decimal("0.02"), Decimal("0.05"), Decimal("0.10"))
MICRO = 6


@dataclass(frozen=True, slots=True)
class BookSide:
    """Levels of one side, best first; ``is_cut`` where deeper ones were not kept."""

    levels: tuple[BookLevel, ...]
    is_cut: bool = False

    @property
    def best(self) -> Decimal | None:
        """The best price; ``None`` of an empty side."""
        return self.levels[0].price if self.levels else None


@dataclass(frozen=True, slots=True)
class OutcomeBook:
    """What can be sold into (bids) and bought from (asks) for one outcome."""

    bids: BookSide
    asks: BookSide
    # Read from the other outcome's book, which shows the same orders.
    is_mirrored: bool = False

    @property
    def mid(self) -> Decimal | None:
        """Half-way; ``None`` unless both sides are quoted."""
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else (bid + ask) / 2


@dataclass(frozen=True, slots=True)
class ExitCost:
    """What selling a position into the bids brings. Money in micro-USDC, sizes in micro-shares."""

    # The position's value at the reference price, and how much of that finds buyers.
    size: int
    filled: int
    unfilled: int
    shares: int
    filled_shares: int
    # What the filled part brings, and how much less that is than its value.
    proceeds: int
    cost: int
    # Value is counted at the mid or, where only bids are quoted, at the best of them.
    reference_price: Decimal
    is_at_mid: bool
    average_price: Decimal | None
    worst_price: Decimal | None
    # Deeper levels exist that were not kept: more may be filled than is said here.
    ends_early: bool


def depth_within(levels: Sequence[BookLevel], band: Decimal) -> int:
    """Executable value within ``band`` of the best price, in micro-USDC; levels best first."""
    if not levels:
        return 0
    best = levels[0].price
    near = (level for level in levels if abs(level.price - best) <= band)
    return _micro(sum((level.price * level.size for level in near), Decimal(0)))


def mirror(book: OutcomeBook) -> OutcomeBook:
    """The other outcome's book: the same orders seen from its side."""
    return OutcomeBook(_turned(book.asks), _turned(book.bids), is_mirrored=True)


def pair_books(
    yes: OutcomeBook | None, no: OutcomeBook | None
) -> tuple[OutcomeBook, OutcomeBook] | None:
    """A book for each outcome: its own, else the mirror of the other; ``None`` without any."""
    if yes is not None:
        return yes, no or mirror(yes)
    return None if no is None else (mirror(no), no)


def exit_cost(book: OutcomeBook, size: int) -> ExitCost | None:
    """Sell a position worth ``size`` (micro-USDC, above 0); ``None`` where nobody bids.

    Nobody bids: not that it costs nothing, but that there is no price to value it at.
    """
    best = book.bids.best
    if best is None:
        return None
    mid = book.mid
    reference = best if mid is None else mid
    wanted = left = Decimal(size).scaleb(-MICRO) / reference
    sold = proceeds = Decimal(0)
    worst: Decimal | None = None
    for level in book.bids.levels:
        part = min(level.size, left)
        if part <= 0:
            continue
        left -= part
        sold, proceeds, worst = sold + part, proceeds + level.price * part, level.price
    filled = min(size, _micro(sold * reference)) if left else size
    brought = _micro(proceeds)
    return ExitCost(
        size=size,
        filled=filled,
        unfilled=size - filled,
        shares=_micro(wanted),
        filled_shares=_micro(sold),
        proceeds=brought,
        cost=max(0, filled - brought),
        reference_price=reference,
        is_at_mid=mid is not None,
        average_price=proceeds / sold if sold else None,
        worst_price=worst,
        ends_early=filled < size and book.bids.is_cut,
    )


def _turned(side: BookSide) -> BookSide:
    levels = tuple(BookLevel(1 - level.price, level.size) for level in side.levels)
    return BookSide(levels, side.is_cut)


def _micro(amount: Decimal) -> int:
    return int(amount.scaleb(MICRO).to_integral_value(ROUND_DOWN))
