"""The routes asked, and how fast: half of what Polymarket publishes, per ten seconds."""

from service.protocol.sources import CLOB, DATA_API, GAMMA
from service.transport.client import Route

# Half the published limits (per address, ten seconds, 2026-09-28): Gamma /markets 300, CLOB
# /books 500; /v2/resolutions and /v2/oi have no line of their own, so they share v2's 800.
LIMIT_SECONDS = 10
LIMITS = {"gamma_markets": 150, "data_v2": 400, "clob_books": 250}

MARKETS = Route(GAMMA, "GET", "/markets/keyset", "gamma_markets")
RESOLUTIONS = Route(DATA_API, "GET", "/v2/resolutions", "data_v2")
OPEN_INTEREST = Route(DATA_API, "GET", "/v2/oi", "data_v2")
BOOKS = Route(CLOB, "POST", "/books", "clob_books")
