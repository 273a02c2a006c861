"""Prices from outside Polymarket in answers: present with their age, or missing and why."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from service.protocol.asset_prices import UMA, AssetPrice, SourcePrice, Unavailable
from service.protocol.money import exact
from service.protocol.sibling_prices import LIKELIHOOD_RATIO, SUPPORT
from service.store.markets.sibling_prices import KnownSibling, get_sibling_prices
from service.store.money.asset_prices import get_uma_price

PRESENT = "present"
MISSING = "missing"


def uma_price_line(session: Session, as_of: datetime) -> dict[str, object]:
    """UMA in USD (``AssetPriceLine``)."""
    found = get_uma_price(session, as_of)
    line: dict[str, object] = {
        "asset": UMA,
        "sources": [_source_line(item) for item in found.sources],
    }
    if isinstance(found, Unavailable):
        return line | {**dict.fromkeys(_PRICE_FIELDS), "state": MISSING, "reason": found.reason}
    return line | _present(found, as_of)


def sibling_prices_line(session: Session, market_id: int, as_of: datetime) -> dict[str, object]:
    """What other venues quote for one market's question (``SiblingPrices``)."""
    found = get_sibling_prices(session, market_id, as_of)
    is_missing = isinstance(found, Unavailable)
    return {
        "state": MISSING if is_missing else PRESENT,
        "reason": found.reason if isinstance(found, Unavailable) else None,
        "support": SUPPORT,
        "likelihood_ratio": LIKELIHOOD_RATIO,
        "quotes": [] if isinstance(found, Unavailable) else [_quote_line(item) for item in found],
    }


_PRICE_FIELDS = (
    "price_usd",
    "low_usd",
    "high_usd",
    "sources_used",
    "disagrees",
    "observed_at",
    "age_seconds",
    "volume_24h_usd",
    "volume_scope",
)


def _present(price: AssetPrice, as_of: datetime) -> dict[str, object]:
    return {
        "state": PRESENT,
        "reason": None,
        "price_usd": _digits(price.price_usd),
        "low_usd": _digits(price.low_usd),
        "high_usd": _digits(price.high_usd),
        "sources_used": price.used,
        "disagrees": price.disagrees,
        "observed_at": price.observed_at,
        "age_seconds": _seconds(as_of - price.observed_at),
        "volume_24h_usd": _digits(price.volume_usd),
        "volume_scope": price.volume_scope,
    }


def _source_line(item: SourcePrice) -> dict[str, object]:
    reading = item.reading
    return {
        "source": reading.source,
        "price_usd": _digits(reading.price_usd),
        "volume_24h_usd": _digits(reading.volume_usd),
        "volume_scope": reading.volume_scope,
        "observed_at": reading.observed_at,
        "known_at": item.known_at,
        "age_seconds": _seconds(item.age),
        "is_stale": item.is_stale,
    }


def _quote_line(item: KnownSibling) -> dict[str, object]:
    quote = item.quote
    return {
        "venue": quote.venue,
        "reference": quote.reference,
        "outcome_index": quote.outcome_index,
        "status": quote.status,
        "bid": _digits(quote.bid),
        "ask": _digits(quote.ask),
        "price": _digits(quote.price),
        "observed_at": quote.observed_at,
        "known_at": quote.known_at,
        "age_seconds": _seconds(item.age),
        "is_stale": item.is_stale,
        "link": quote.link,
    }


def _digits(number: Decimal | None) -> str | None:
    return None if number is None else exact(number)


def _seconds(age: timedelta) -> int:
    # A source's clock may be ahead of ours by a little.
    return max(0, int(age.total_seconds()))
