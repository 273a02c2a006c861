"""Trades on Polymarket's exchanges: what a log or a row of the Data API says of one. Pure.

Amounts are exact ints: micro-USDC and micro-shares (both tokens have six decimals), before fees.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from models.fill_enums import FillSide, FillSource
from service.protocol.log_position import LogPosition

# The stored columns are signed 64-bit integers.
MOST = 2**63 - 1
# Prices are shown to a millionth of a dollar; the exact ratio is ``usdc / shares``.
PRICE_STEP = Decimal("0.000001")


def price_of(usdc: int, shares: int) -> Decimal:
    """USDC a share: the exact ratio, rounded half to even to six decimals."""
    return (Decimal(usdc) / Decimal(shares)).quantize(PRICE_STEP, ROUND_HALF_EVEN)


def check_amounts(usdc: int, shares: int) -> None:
    """Refuse (``ValueError``) what no trade is: no shares, more than a dollar each, or no int64."""
    if not 0 < shares <= MOST or not 0 <= usdc <= MOST:
        message = f"{usdc} micro-USDC for {shares} micro-shares is no trade"
        raise ValueError(message)
    if usdc > shares:
        message = f"{usdc} micro-USDC for {shares} micro-shares is more than one dollar a share"
        raise ValueError(message)


def opposite(side: FillSide) -> FillSide:
    """The other side."""
    return FillSide.SELL if side is FillSide.BUY else FillSide.BUY


@dataclass(frozen=True, slots=True)
class Fill:
    """One ``OrderFilled`` log: an order of ``maker``, met by ``taker`` (``at.address``: where).

    An exchange logs each maker's order, then the taker's own with the exchange as its taker: the
    sum of the others. Such a summary is no trade of its own and is never stored.
    """

    at: LogPosition
    # The outcome token the order names (ERC-1155 id).
    token_id: int
    # What the taker did, seen on that token: the opposite of the order's side. Where two buyers
    # meet (or two sellers) the taker's own order names the other outcome, at one less the price;
    # to hold or to lose, the two are the same.
    taker_side: FillSide
    shares: int
    usdc: int
    maker: bytes
    taker: bytes

    @property
    def is_summary(self) -> bool:
        """Whether this is the taker's order, which repeats the sum of the makers'."""
        return self.taker == self.at.address

    @property
    def price(self) -> Decimal:
        """USDC a share, see :func:`price_of`."""
        return price_of(self.usdc, self.shares)


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One row of the Data API's trades, under the wallet it is listed for."""

    condition_id: bytes
    token_id: int
    taker_side: FillSide
    shares: int
    usdc: int
    taker: bytes
    transaction_hash: bytes
    traded_at: datetime


@dataclass(frozen=True, slots=True)
class MarketFill:
    """A stored trade of a market, whoever told of it; in the same shape from both sources."""

    market_id: int
    outcome_index: int
    token_id: int
    taker_side: FillSide
    shares: int
    usdc: int
    # None where the source does not name it.
    maker: bytes | None
    taker: bytes
    exchange: bytes | None
    transaction_hash: bytes
    log_index: int | None
    traded_at: datetime
    known_at: datetime
    source: FillSource

    @property
    def price(self) -> Decimal:
        """USDC a share, see :func:`price_of`."""
        return price_of(self.usdc, self.shares)
