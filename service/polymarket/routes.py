"""The routes asked, and the bucket of requests each draws from."""

from service.protocol import rate_limits
from service.protocol.rate_limits import BUCKETS, LIMIT_SECONDS, PARENTS
from service.protocol.sources import CLOB, DATA_API, GAMMA
from service.transport.client import Route

__all__ = ["LIMITS", "LIMIT_SECONDS", "PARENTS"]

# Half of what is published, in LIMIT_SECONDS (service/protocol/rate_limits.py has the table).
LIMITS = {name: bucket.limit for name, bucket in BUCKETS.items()}

MARKETS = Route(GAMMA, "GET", "/markets/keyset", rate_limits.GAMMA_MARKETS)
CLARIFICATIONS = Route(GAMMA, "GET", "/market-clarifications", rate_limits.GENERAL_GAMMA)
EVENTS = Route(GAMMA, "GET", "/events/keyset", rate_limits.GAMMA_EVENTS)
RESOLUTIONS = Route(DATA_API, "GET", "/v2/resolutions", rate_limits.DATA_V2)
OPEN_INTEREST = Route(DATA_API, "GET", "/v2/oi", rate_limits.DATA_V2)
BOOKS = Route(CLOB, "POST", "/books", rate_limits.CLOB_BOOKS)
HOLDERS = Route(DATA_API, "GET", "/v2/holders", rate_limits.DATA_V2)
POSITIONS = Route(DATA_API, "GET", "/v2/positions", rate_limits.DATA_V2_POSITIONS)
PRICES = Route(DATA_API, "GET", "/v2/prices-history", rate_limits.DATA_V2_PRICES_HISTORY)
CLOB_PRICES = Route(CLOB, "GET", "/prices-history", rate_limits.CLOB_PRICES_HISTORY)
TRADES = Route(DATA_API, "GET", "/v2/trades", rate_limits.DATA_V2_TRADES)
# What a health check asks.
GAMMA_STATUS = Route(GAMMA, "GET", "/status", rate_limits.GENERAL_GAMMA)
CLOB_TIME = Route(CLOB, "GET", "/time", rate_limits.GENERAL_CLOB)
DATA_STATUS = Route(DATA_API, "GET", "/v2/status", rate_limits.DATA_V2_STATUS)
