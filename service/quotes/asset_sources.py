"""The public APIs that tell UMA's price in USD without a key: how to ask, and what comes. Pure.

Both shapes are as the sources document them (CoinGecko "Coin Price by IDs", Coinbase Exchange "Get
product ticker").
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.price_enums import VolumeScope
from service.errors import UsageError
from service.protocol.asset_prices import AssetReading
from service.protocol.sources import COINBASE, COINGECKO
from service.quotes.values import MOST_USD, member, to_instant, to_price, to_volume
from service.transport.client import Params, Route

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AssetSource:
    """One source of UMA's price."""

    url: str
    route: Route
    params: Params
    read: Callable[[object, datetime], AssetReading]


def read_coingecko(answer: object, now: datetime) -> AssetReading:
    """The price over all exchanges CoinGecko follows, and their volume in USD."""
    uma = member(answer, "uma")
    if uma is None:
        message = "no 'uma' in the answer"
        raise ValueError(message)
    return AssetReading(
        COINGECKO,
        to_price(member(uma, "usd"), "usd"),
        to_volume(member(uma, "usd_24h_vol"), "usd_24h_vol"),
        VolumeScope.MARKET,
        to_instant(member(uma, "last_updated_at"), "last_updated_at", now),
    )


def read_coinbase(answer: object, now: datetime) -> AssetReading:
    """The last trade on one exchange; its volume comes in UMA and is valued at that trade."""
    price = to_price(member(answer, "price"), "price")
    traded = to_volume(member(answer, "volume"), "volume")
    volume = None if traded is None else (traded * price).quantize(CENT)
    if volume is not None and volume > MOST_USD:
        message = f"volume is no volume: {traded}"
        raise ValueError(message)
    at = to_instant(member(answer, "time"), "time", now)
    return AssetReading(COINBASE, price, volume or None, VolumeScope.VENUE, at)


def read_names(parts: Iterable[str]) -> dict[str, str]:
    """The address of each named source, from ``name`` or ``name=URL``."""
    found: dict[str, str] = {}
    for part in parts:
        name, _, url = (text.strip() for text in part.partition("="))
        if name not in SOURCES:
            known = ", ".join(SOURCES)
            message = f"SETTLEWATCH_UMA_PRICE_SOURCES: unknown source {name!r}. Choose of: {known}."
            raise UsageError(message)
        if name in found:
            message = f"SETTLEWATCH_UMA_PRICE_SOURCES: {name} is named twice. Name it once."
            raise UsageError(message)
        if url and not url.startswith(("http://", "https://")):
            message = (
                f"SETTLEWATCH_UMA_PRICE_SOURCES: the address of {name} must start with "
                "http:// or https://."
            )
            raise UsageError(message)
        found[name] = (url or SOURCES[name].url).rstrip("/")
    return found


SOURCES: Mapping[str, AssetSource] = {
    COINGECKO: AssetSource(
        "https://api.coingecko.com",
        Route(COINGECKO, "GET", "/api/v3/simple/price", COINGECKO),
        (
            ("ids", "uma"),
            ("vs_currencies", "usd"),
            ("include_24hr_vol", "true"),
            ("include_last_updated_at", "true"),
            ("precision", "full"),
        ),
        read_coingecko,
    ),
    COINBASE: AssetSource(
        "https://api.exchange.coinbase.com",
        Route(COINBASE, "GET", "/products/UMA-USD/ticker", COINBASE),
        (),
        read_coinbase,
    ),
}
