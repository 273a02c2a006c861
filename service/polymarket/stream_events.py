"""Frames of the market stream as events. Pure; what is not understood is left out and counted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum


class StreamKind(StrEnum):
    """The events that matter here; the stream has more."""

    PRICE = "price"
    RESOLVED = "resolved"
    NEW_MARKET = "new_market"


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """Something happened: a hint to read again, never a fact."""

    kind: StreamKind
    # The outcome token a price is of; None on events of a whole market.
    token_id: str | None = None
    # As the stream sends it, lower case; None where it sends none.
    condition_id: str | None = None
    price: Decimal | None = None


def read_frame(frame: str | bytes) -> tuple[list[StreamEvent], int]:
    """The events of one frame (an object or a list), and how many of its parts were no JSON object.

    An unknown ``event_type`` is no fault: it is skipped.
    """
    try:
        value: object = json.loads(frame)
    except (ValueError, RecursionError):
        return [], 1
    parts = value if isinstance(value, list) else [value]
    events: list[StreamEvent] = []
    garbage = 0
    for part in parts:
        if isinstance(part, dict):
            events += _events(part)
        else:
            garbage += 1
    return events, garbage


def _events(part: dict[str, object]) -> Iterator[StreamEvent]:
    market = _text(part.get("market"))
    condition = market.lower() if market else None
    match part.get("event_type"):
        case "price_change":
            changes = part.get("price_changes")
            for change in changes if isinstance(changes, list) else ():
                if isinstance(change, dict):
                    yield from _middle(change, condition)
        case "best_bid_ask":
            yield from _middle(part, condition)
        case "last_trade_price":
            token, price = _text(part.get("asset_id")), _price(part.get("price"))
            if token and price is not None:
                yield StreamEvent(StreamKind.PRICE, token, condition, price)
        case "market_resolved":
            yield StreamEvent(StreamKind.RESOLVED, None, condition)
        case "new_market":
            yield StreamEvent(StreamKind.NEW_MARKET, None, condition)
        case _:
            return


def _middle(part: dict[str, object], condition: str | None) -> Iterator[StreamEvent]:
    """The middle of the best prices; the one there is where a side is empty ("")."""
    token = _text(part.get("asset_id"))
    sides = [_price(part.get("best_bid")), _price(part.get("best_ask"))]
    known = [side for side in sides if side is not None]
    if token and known:
        yield StreamEvent(StreamKind.PRICE, token, condition, sum(known, Decimal(0)) / len(known))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _price(value: object) -> Decimal | None:
    """A price in 0..1; the stream writes absent ones as an empty text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 <= price <= 1 else None
