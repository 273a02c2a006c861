"""What Polymarket's APIs say of themselves, for health checks."""

from datetime import datetime

from tests.loopback.polymarket import Answer, PolymarketServer, as_json


def serve_status(server: PolymarketServer, now: datetime) -> None:
    """Add the routes; the CLOB's clock stands at ``now``."""
    lags = {"data": {"projections": {"oi": {"lag_seconds": 12}}, "ingestion_block_lag": 3}}
    server.more |= {
        ("GET", "/status"): lambda _: Answer(200, b"OK", {"Content-Type": "text/plain"}),
        ("GET", "/time"): lambda _: as_json(int(now.timestamp())),
        ("GET", "/v2/status"): lambda _: as_json(lags),
    }
