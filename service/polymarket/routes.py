"""The routes asked, and how fast: half of what Polymarket publishes, per ten seconds."""

from dataclasses import dataclass

from service.protocol.sources import CLOB, DATA_API, GAMMA


@dataclass(frozen=True, slots=True)
class Route:
    """One path of one source; routes that share a published limit share a bucket."""

    source: str
    method: str
    path: str
    bucket: str


# Half the published limits (per address, ten seconds, 2026-09-28): Gamma /markets 300, CLOB
# /books 500; /v2/resolutions and /v2/oi have no line of their own, so they share v2's 800.
LIMITS_PER_TEN_SECONDS = {"gamma_markets": 150, "data_v2": 400, "clob_books": 250}

MARKETS = Route(GAMMA, "GET", "/markets/keyset", "gamma_markets")
RESOLUTIONS = Route(DATA_API, "GET", "/v2/resolutions", "data_v2")
OPEN_INTEREST = Route(DATA_API, "GET", "/v2/oi", "data_v2")
BOOKS = Route(CLOB, "POST", "/books", "clob_books")
