"""The health of a source of facts, as its client knows it and the store keeps it."""

from dataclasses import dataclass
from datetime import datetime

from models.enums import SourceState

GAMMA = "gamma"
CLOB = "clob"
DATA_API = "data_api"
POLYGON_RPC = "polygon_rpc"
ETHEREUM_RPC = "ethereum_rpc"
KNOWN_SOURCES = (GAMMA, CLOB, DATA_API, POLYGON_RPC, ETHEREUM_RPC)


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
