"""At which price a stated amount of money can really be traded, and what that says of an outcome.

The best price of a book may be a single dust order. Here a price counts only with the amount
behind it, so that whoever wants to paint one has to put that amount at risk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from service.protocol.listings import BookLevel
from service.risk.proposals.contrary import MICRO, to_micro

_ZERO, _ONE = Decimal(0), Decimal(1)
# Enough for any tick (0.0001 exists) and the same on both databases.
_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class TokenBook:
    """One outcome's book, best level first on both sides."""

    bids: Sequence[BookLevel]
    asks: Sequence[BookLevel]


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Between which average prices outcome 0 can be sold and bought for the stated amount.

    ``low`` is 0 where the bids do not hold the amount, ``high`` is 1 where the asks do not: nobody
    is there to contradict those ends.
    """

    low: Decimal
    high: Decimal
    # Whether the end is a price somebody stands behind with the whole amount.
    has_low: bool
    has_high: bool

    @property
    def middle(self) -> Decimal | None:
        """Half-way, where both ends are real."""
        if not (self.has_low and self.has_high):
            return None
        return ((self.low + self.high) / 2).quantize(_STEP, ROUND_HALF_EVEN)

    def distance(self, price: Decimal) -> Decimal:
        """How far a price is outside of the range; 0 inside."""
        return max(_ZERO, self.low - price, price - self.high)


def average_price(levels: Sequence[BookLevel], size: int) -> Decimal | None:
    """The average price at which ``size`` micro-USDC trade against these levels, best first.

    ``None`` where they hold less than that.
    """
    left = Decimal(size) / MICRO
    shares = _ZERO
    for level in levels:
        if level.price <= 0:
            continue
        value = level.price * level.size
        if value >= left:
            shares += left / level.price
            return (Decimal(size) / MICRO / shares).quantize(_STEP, ROUND_HALF_EVEN)
        left -= value
        shares += level.size
    return None


def depth_of(levels: Sequence[BookLevel]) -> int:
    """What these levels hold at their own prices, micro-USDC."""
    return to_micro(sum((level.price * level.size for level in levels), _ZERO))


def depth_near(levels: Sequence[BookLevel], band: Decimal) -> int:
    """What stands within ``band`` of the best price, micro-USDC; levels best first."""
    if not levels:
        return 0
    best = levels[0].price
    return depth_of([level for level in levels if abs(level.price - best) <= band])


def price_range(books: tuple[TokenBook | None, TokenBook | None], size: int) -> PriceRange | None:
    """Outcome 0's range by both outcomes' books, the tighter end of each counting.

    A bid for one outcome is an offer of the other at one minus its price, and most venues show it
    as both. ``None`` where the two books contradict each other: they are not of one moment.
    """
    first, second = books
    lows = [average_price(first.bids, size)] if first else []
    highs = [average_price(first.asks, size)] if first else []
    if second:
        lows.append(_complement(average_price(second.asks, size)))
        highs.append(_complement(average_price(second.bids, size)))
    low = max((price for price in lows if price is not None), default=None)
    high = min((price for price in highs if price is not None), default=None)
    if low is not None and high is not None and low > high:
        return None
    return PriceRange(
        low=_ZERO if low is None else low,
        high=_ONE if high is None else high,
        has_low=low is not None,
        has_high=high is not None,
    )


def _complement(price: Decimal | None) -> Decimal | None:
    return None if price is None else _ONE - price
