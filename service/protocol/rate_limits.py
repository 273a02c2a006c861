"""Polymarket's published request limits, the share of them taken here, and what was counted.

A request counts towards its own line and towards every line above it. Limits hold per address in
a sliding window of ten seconds. Source: Polymarket's documentation, 2026-09-28. The limit over
all hosts (15,000) cannot bind: the shares of the hosts together stay below half of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.protocol.sources import CLOB, DATA_API, GAMMA

LIMIT_SECONDS = 10
# Half: other programs behind the same address ask, too, and a limit is reached without a warning.
SHARE_DIVISOR = 2
SECONDS_A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Bucket:
    """One published limit; routes that share a limit share its bucket."""

    name: str
    source: str
    # What the published line covers.
    scope: str
    # Requests in LIMIT_SECONDS, as published.
    published: int
    # The bucket of the line above, which counts these requests as well.
    parent: str | None = None

    @property
    def limit(self) -> int:
        """Requests in LIMIT_SECONDS that are sent at most."""
        return self.published // SHARE_DIVISOR

    @property
    def per_minute(self) -> int:
        """The same, a minute."""
        return self.limit * SECONDS_A_MINUTE // LIMIT_SECONDS


GENERAL_GAMMA = "gamma"
GAMMA_MARKETS = "gamma_markets"
GAMMA_EVENTS = "gamma_events"
GENERAL_CLOB = "clob"
CLOB_BOOKS = "clob_books"
CLOB_PRICES_HISTORY = "clob_prices_history"
DATA_V2 = "data_v2"
DATA_V2_POSITIONS = "data_v2_positions"
DATA_V2_PRICES_HISTORY = "data_v2_prices_history"
DATA_V2_TRADES = "data_v2_trades"
DATA_V2_STATUS = "data_v2_status"

# Gamma's clarifications and status count towards its general line alone; so do v2's
# /resolutions, /holders and /oi.
_TABLE = (
    Bucket(GENERAL_GAMMA, GAMMA, "all of Gamma", 4_000),
    Bucket(GAMMA_MARKETS, GAMMA, "/markets and below", 300, GENERAL_GAMMA),
    Bucket(GAMMA_EVENTS, GAMMA, "/events and below", 500, GENERAL_GAMMA),
    Bucket(GENERAL_CLOB, CLOB, "all of the CLOB", 9_000),
    Bucket(CLOB_BOOKS, CLOB, "/books", 500, GENERAL_CLOB),
    Bucket(CLOB_PRICES_HISTORY, CLOB, "/prices-history", 1_000, GENERAL_CLOB),
    Bucket(DATA_V2, DATA_API, "all of Data v2", 800),
    Bucket(DATA_V2_POSITIONS, DATA_API, "/v2/positions", 200, DATA_V2),
    Bucket(DATA_V2_PRICES_HISTORY, DATA_API, "/v2/prices-history", 200, DATA_V2),
    Bucket(DATA_V2_TRADES, DATA_API, "/v2/trades", 300, DATA_V2),
    Bucket(DATA_V2_STATUS, DATA_API, "/v2/status", 100, DATA_V2),
)
BUCKETS: Mapping[str, Bucket] = {bucket.name: bucket for bucket in _TABLE}


@dataclass(frozen=True, slots=True)
class RequestCount:
    """Requests sent in one minute that count towards one bucket."""

    bucket: str
    # The minute's first instant.
    minute: datetime
    requests: int
    # Those answered by 429, among them.
    refused: int = 0


def lineage(bucket: str, parents: Mapping[str, str]) -> Iterator[str]:
    """A bucket and those above it, lowest first."""
    name: str | None = bucket
    while name is not None:
        yield name
        name = parents.get(name)


PARENTS: Mapping[str, str] = {
    bucket.name: bucket.parent for bucket in _TABLE if bucket.parent is not None
}
