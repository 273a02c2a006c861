"""The health of a source of facts, as its client knows it and the store keeps it."""

from dataclasses import dataclass
from datetime import datetime

from models.enums import SourceState

GAMMA = "gamma"
CLOB = "clob"
DATA_API = "data_api"
POLYGON_RPC = "polygon_rpc"
ETHEREUM_RPC = "ethereum_rpc"
# Where UMA's price in USD is asked, and a sibling venue's prices.
COINGECKO = "coingecko"
COINBASE = "coinbase"
KALSHI = "kalshi"
# The market WebSocket: it brings reads forward, and is no source of any fact.
MARKET_STREAM = "market_stream"
ASSET_SOURCES = (COINGECKO, COINBASE)
POLYMARKET = (GAMMA, CLOB, DATA_API, MARKET_STREAM)
KNOWN_SOURCES = (*POLYMARKET, POLYGON_RPC, ETHEREUM_RPC, *ASSET_SOURCES, KALSHI)


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """Whether a source answers, since when, and when it is asked again."""

    name: str
    state: SourceState
    # Since when it has been in this state; None while it was never asked.
    since: datetime | None = None
    reason: str | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    failures_in_a_row: int = 0
    # No request is sent before this instant.
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UrlHealth:
    """How one URL of a chain is doing; the URL itself may hold a key and is never kept."""

    # Its place in the operator's list, from 1.
    number: int
    state: SourceState
    reason: str | None
    # The newest final block it told of, and how far that is behind the best of all URLs.
    head: int | None
    lag_blocks: int | None
    latency_ms: int | None
    failures_in_a_row: int
    last_success_at: datetime | None
    last_failure_at: datetime | None
    # It is not asked before this instant.
    retry_at: datetime | None
