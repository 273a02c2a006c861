"""The price around a market's first proposal, in answers."""

from datetime import datetime, timedelta
from decimal import Decimal

from service.protocol.money import exact
from service.protocol.price_history import median_price
from service.store.money.market_money import KnownPrices

# The stretch a score reads (service/store/scores/inputs.py).
BEFORE_FROM = timedelta(minutes=60)
BEFORE_TO = timedelta(minutes=5)
_FIELDS = ("source", "as_of", "from_at", "to_at", "first", "last", "lowest", "highest")


def price_past_line(prices: KnownPrices | None, proposed_at: datetime | None) -> dict[str, object]:
    """What the stored points say (``PricePast``)."""
    if prices is None or not prices.points:
        reason = "no answer was proposed" if proposed_at is None else "not fetched yet"
        if prices is not None:
            reason = "neither source has prices of that time"
        absent: dict[str, object] = dict.fromkeys((*_FIELDS, "before_proposal"))
        said = {"state": "missing", "reason": reason, "points": 0, "proposed_at": proposed_at}
        return absent | said
    values = [point.price for point in prices.points]
    return {
        "state": "present",
        "reason": None,
        "source": prices.source,
        "as_of": prices.known_at,
        "from_at": prices.from_at,
        "to_at": prices.to_at,
        "points": len(values),
        "first": _text(values[0]),
        "last": _text(values[-1]),
        "lowest": _text(min(values)),
        "highest": _text(max(values)),
        "proposed_at": proposed_at,
        "before_proposal": _before(prices, proposed_at),
    }


def _before(prices: KnownPrices, proposed_at: datetime | None) -> str | None:
    if proposed_at is None or prices.to_at < proposed_at - BEFORE_TO:
        return None
    found = median_price(prices.points, proposed_at - BEFORE_FROM, proposed_at - BEFORE_TO)
    return None if found is None else _text(found)


def _text(price: Decimal) -> str:
    return exact(price)
