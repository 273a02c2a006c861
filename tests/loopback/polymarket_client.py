"""A loopback Polymarket and a client of it whose waits are short."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from service.circuit import CircuitPolicy
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.transport.client import RetryPolicy, Timeouts
from tests.loopback.polymarket import PolymarketServer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUICK = RetryPolicy(
    attempts=3, first_wait_seconds=0.01, longest_wait_seconds=0.02, jitter_seconds=0
)
IMPATIENT = Timeouts(connect=1, read=0.3, overall=0.6)
STRICT = CircuitPolicy(
    failures_to_open=5, first_pause_seconds=60, longest_pause_seconds=600, jitter=0
)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def server() -> Iterator[PolymarketServer]:
    with PolymarketServer() as running:
        yield running


@pytest.fixture
def client(server: PolymarketServer, clock: SetClock) -> Iterator[PolymarketClient]:
    with client_of(server, clock) as made:
        yield made


def client_of(server: PolymarketServer, clock: SetClock) -> PolymarketClient:
    return PolymarketClient(
        server.url,
        server.url,
        server.url,
        clock=clock,
        retries=QUICK,
        circuit=STRICT,
        timeouts=IMPATIENT,
        limits={},
    )
