"""Kalshi's public market data: ``GET /markets?tickers=…``, which needs no key. Pure.

Prices come as text in dollars (``yes_bid_dollars: "0.5600"``). ``updated_time`` is the time of the
last change of metadata, not of the price: a quote's own time is not told.
"""

from decimal import Decimal

from service.protocol.sibling_prices import SiblingLink, SiblingReading
from service.protocol.sources import KALSHI
from service.quotes.values import member, to_number
from service.transport.client import Route

MARKETS = Route(KALSHI, "GET", "/markets", KALSHI)
STATUS_LENGTH = 40
# What a price is stored with.
STEP = Decimal("0.000001")


def to_sibling(record: object, link: SiblingLink, url: str) -> SiblingReading:
    """What Kalshi quotes for its Yes; ``ValueError`` says what is wrong with a record."""
    kind = member(record, "market_type")
    if kind not in (None, "binary"):
        message = f"market_type is {str(kind)[:40]!r}: only binary markets ask Yes or No"
        raise ValueError(message)
    status = member(record, "status")
    if not isinstance(status, str) or not 0 < len(status) <= STATUS_LENGTH:
        message = "status is missing"
        raise ValueError(message)
    bid = _side(member(record, "yes_bid_dollars"), "yes_bid_dollars")
    ask = _side(member(record, "yes_ask_dollars"), "yes_ask_dollars")
    if bid is not None and ask is not None and bid > ask:
        message = f"the bid {bid} is above the ask {ask}"
        raise ValueError(message)
    return SiblingReading(link, status, bid, ask, None, f"{url}{MARKETS.path}/{link.reference}")


def _side(value: object, name: str) -> Decimal | None:
    """A quoted price; an empty side is sent as 0 or 1 dollar, at which nobody trades."""
    number = to_number(value, name)
    if number is None or number in (0, 1):
        return None
    if not 0 < number < 1:
        message = f"{name} is no price of an outcome: {str(value)[:40]}"
        raise ValueError(message)
    return number.quantize(STEP)
