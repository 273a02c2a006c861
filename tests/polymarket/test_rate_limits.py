"""The table of published limits, and what the client counts against it."""

from dataclasses import replace

import pytest

from service.clock import SetClock
from service.errors import SourceError
from service.polymarket import routes
from service.polymarket.client import PolymarketClient
from service.protocol.ids import parse_hex32
from service.protocol.rate_limits import BUCKETS, PARENTS, RequestCount, lineage
from service.transport import client as transport
from service.transport.client import Route
from tests.loopback.polymarket import MARKETS, PolymarketServer, too_many
from tests.loopback.polymarket_client import NOW, QUICK
from tests.loopback.records import a_market, condition_of

MINUTE = NOW.replace(second=0, microsecond=0)


def test_every_route_draws_from_a_bucket_of_its_own_source() -> None:
    asked = [route for route in vars(routes).values() if isinstance(route, Route)]
    assert len(asked) >= 4
    assert {route.path: BUCKETS[route.bucket].source for route in asked} == {
        route.path: route.source for route in asked
    }


def test_half_of_what_is_published_is_taken_and_lines_above_are_wider() -> None:
    for bucket in BUCKETS.values():
        assert bucket.limit * 2 == bucket.published
        assert bucket.per_minute == bucket.published * 3
        above = [BUCKETS[name].published for name in lineage(bucket.name, PARENTS)]
        assert above == sorted(above)


def test_a_request_counts_towards_its_line_and_those_above(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.markets = [a_market(1)]
    list(client.fetch_open_markets())
    list(client.fetch_open_interest([parse_hex32(condition_of(1))]))
    assert client.take_requests() == (
        RequestCount("data_v2", MINUTE, 1),
        RequestCount("gamma", MINUTE, 1),
        RequestCount("gamma_markets", MINUTE, 1),
    )
    assert client.take_requests() == ()


def test_what_was_refused_for_its_pace_is_counted(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    server.fail(MARKETS, too_many())
    list(client.fetch_open_markets())
    assert client.take_requests() == (
        RequestCount("gamma", MINUTE, 2, refused=1),
        RequestCount("gamma_markets", MINUTE, 2, refused=1),
    )


def test_a_full_line_above_holds_a_request_back(
    server: PolymarketServer, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LONGEST_WAIT_FOR_BUCKET", 0)
    server.markets = [a_market(number) for number in range(150)]
    with (
        PolymarketClient(
            server.url,
            server.url,
            server.url,
            clock=clock,
            retries=replace(QUICK, attempts=1),
            limits={"gamma_markets": 100, "gamma": 1},
        ) as client,
        pytest.raises(SourceError, match="no turn within"),
    ):
        list(client.fetch_open_markets())
    assert server.requests[MARKETS] == 1
