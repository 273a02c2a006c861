"""CoinGecko, Coinbase and Kalshi on a loopback server: their answers and their traps.

The three share one address. The faults of ``tests.loopback.polymarket`` work here as well.
"""

from datetime import datetime

from service.clock import Clock
from service.protocol.sibling_prices import SiblingLink
from service.quotes.client import QuoteClient
from tests.loopback.polymarket import PolymarketServer, Record, as_json
from tests.loopback.polymarket_client import IMPATIENT, QUICK, STRICT

COINGECKO = "/api/v3/simple/price"
COINBASE = "/products/UMA-USD/ticker"
KALSHI = "/markets"


def coingecko_price(at: datetime, usd: object = 1.2, volume: object = 12_000_000.5) -> Record:
    return {
        "uma": {"usd": usd, "usd_24h_vol": volume, "last_updated_at": int(at.timestamp())},
    }


def coinbase_ticker(at: datetime, price: object = "1.3", volume: object = "500000") -> Record:
    return {
        "ask": "1.31",
        "bid": "1.29",
        "volume": volume,
        "trade_id": 123,
        "price": price,
        "size": "10.5",
        "time": at.isoformat().replace("+00:00", "Z"),
    }


def kalshi_market(ticker: str, bid: object = "0.4200", ask: object = "0.4400") -> Record:
    """A market as the exchange sends it; ``updated_time`` is old on purpose: it is metadata's."""
    return {
        "ticker": ticker,
        "event_ticker": ticker.split("-", maxsplit=1)[0],
        "market_type": "binary",
        "status": "active",
        "yes_bid_dollars": bid,
        "yes_ask_dollars": ask,
        "last_price_dollars": "0.4300",
        "updated_time": "2026-01-01T00:00:00Z",
    }


def answer_prices(server: PolymarketServer, at: datetime, **changed: Record) -> None:
    """Answer every request for UMA's price, as of ``at`` unless another answer is given."""
    server.fail_always(COINGECKO, as_json(changed.get("coingecko", coingecko_price(at))))
    server.fail_always(COINBASE, as_json(changed.get("coinbase", coinbase_ticker(at))))


def answer_kalshi(server: PolymarketServer, *markets: Record) -> None:
    """Answer every request for Kalshi's markets with these."""
    server.fail_always(KALSHI, as_json({"markets": list(markets), "cursor": ""}))


def quotes_of(
    server: PolymarketServer,
    clock: Clock,
    *links: SiblingLink,
    sources: tuple[str, ...] = ("coingecko", "coinbase"),
) -> QuoteClient:
    """A client of this server whose waits are short."""
    names = (*sources, "kalshi") if links else sources
    return QuoteClient(
        dict.fromkeys(names, server.url),
        links,
        clock=clock,
        retries=QUICK,
        circuit=STRICT,
        timeouts=IMPATIENT,
        limits={},
    )
