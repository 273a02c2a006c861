"""The market stream against a real WebSocket server on loopback."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest

from service.polymarket.stream import (
    TOKENS_A_CONNECTION,
    MarketStream,
    StreamCondition,
    StreamPolicy,
)
from service.polymarket.stream_events import StreamEvent, StreamKind, read_frame
from tests.loopback.market_stream import StreamServer

QUICK = StreamPolicy(
    ping=0.1, silence=0.5, first_wait=0.02, longest_wait=0.05, open_timeout=5, tick=0.02
)
CONDITION = f"0x{'ab' * 32}"


@pytest.fixture
def server() -> Iterator[StreamServer]:
    with StreamServer() as running:
        yield running


@pytest.fixture
def stream(server: StreamServer) -> Iterator[MarketStream]:
    made = MarketStream(server.url, QUICK)
    yield made
    made.close()


def tokens(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last)]


def subscribed(server: StreamServer) -> list[int]:
    return sorted(len(found) for found in list(server.tokens.values()))


def a_trade(token: str, price: str) -> dict[str, str]:
    return {
        "event_type": "last_trade_price",
        "asset_id": token,
        "market": CONDITION,
        "price": price,
        "size": "10",
    }


def test_450_tokens_take_three_connections_and_follow_the_hot_set(
    server: StreamServer, stream: MarketStream
) -> None:
    stream.follow(tokens(0, 450))
    server.wait_for(lambda s: subscribed(s) == [50, 200, 200])
    assert stream.connections == 3
    assert server.subscriptions[0]["custom_feature_enabled"] is True
    # 40 go and 90 come: the places that came free are filled, no connection is made anew.
    stream.follow(tokens(40, 540))
    server.wait_for(lambda s: set().union(*s.tokens.values()) == set(tokens(40, 540)))
    assert server.connects == 3
    assert max(subscribed(server)) <= TOKENS_A_CONNECTION
    # Markets that are no longer hot take their connections with them.
    stream.follow(tokens(40, 45))
    server.wait_for(lambda s: subscribed(s) == [5])
    stream.follow([])
    server.wait_for(lambda s: subscribed(s) == [])
    assert stream.connections == 0


def test_a_lost_connection_is_made_again_with_the_same_tokens(
    server: StreamServer, stream: MarketStream
) -> None:
    stream.follow(["1", "2"])
    for connects in (1, 2, 3):
        server.wait_for(lambda s, n=connects: s.connects == n and subscribed(s) == [2])
        server.drop()
    server.wait_for(lambda s: s.connects == 4 and subscribed(s) == [2])
    server.send(a_trade("1", "0.5"))
    assert stream.take(10) == [StreamEvent(StreamKind.PRICE, "1", CONDITION, Decimal("0.5"))]
    assert stream.take_counts()["losses"] == 3


def test_a_server_that_falls_silent_is_left(server: StreamServer, stream: MarketStream) -> None:
    stream.follow(["1"])
    # Its answers to the pings keep a quiet connection.
    server.wait_for(lambda s: s.pings >= 8)
    assert server.connects == 1
    server.is_silent = True
    server.wait_for(lambda s: s.connects >= 2)
    assert stream.take_counts()["silences"] >= 1


def test_what_cannot_be_understood_stops_nothing(
    server: StreamServer, stream: MarketStream
) -> None:
    stream.follow(["1"])
    server.wait_for(lambda s: subscribed(s) == [1])
    server.send(
        "not JSON",
        "[" * 5_000,
        "null",
        {"event_type": "something_new", "asset_id": "1"},
        {"event_type": "price_change", "price_changes": "none"},
        [a_trade("1", "0.25"), 7, a_trade("1", ""), a_trade("1", "0.75")],
    )
    found: list[StreamEvent] = []
    while len(found) < 2:
        found += stream.take(10)
    assert [event.price for event in found] == [Decimal("0.25"), Decimal("0.75")]
    assert stream.condition == StreamCondition(1, 1, None)
    assert stream.take_counts()["garbage"] == 4
    assert server.connects == 1


def test_nobody_there_is_tried_again_and_left_at_once_when_asked(
    stream: MarketStream,
) -> None:
    nowhere = MarketStream("ws://127.0.0.1:1", QUICK)
    nowhere.follow(["1"])
    losses: Counter[str] = Counter()
    while losses["losses"] < 3:
        losses.update(nowhere.take_counts())
        nowhere.take(0.02)
    assert nowhere.condition == StreamCondition(1, 0, "ConnectionRefusedError")
    nowhere.close()


def test_events_beyond_what_may_wait_are_dropped_and_counted(stream: MarketStream) -> None:
    frame = json.dumps([a_trade("1", "0.5")] * 6_000)
    stream.hear(frame)
    stream.hear(frame)
    counts = stream.take_counts()
    assert (counts["events"], counts["dropped"]) == (10_000, 2_000)
    assert len(stream.take(0)) == 10_000


@pytest.mark.parametrize(
    ("sides", "price"),
    [
        (("0.4", "0.5"), Decimal("0.45")),
        (("", "0.5"), Decimal("0.5")),
        (("0.4", None), Decimal("0.4")),
        (("", ""), None),
        (("7", "nan"), None),
        ((True, {}), None),
    ],
)
def test_the_middle_of_what_is_offered_counts(
    sides: tuple[object, object], price: Decimal | None
) -> None:
    change = {"asset_id": "1", "best_bid": sides[0], "best_ask": sides[1], "size": "0"}
    frame = {"event_type": "price_change", "market": CONDITION, "price_changes": [change]}
    events, garbage = read_frame(json.dumps(frame))
    assert garbage == 0
    assert [event.price for event in events] == ([] if price is None else [price])


def test_events_of_a_whole_market_name_its_condition() -> None:
    for word, kind in (
        ("market_resolved", StreamKind.RESOLVED),
        ("new_market", StreamKind.NEW_MARKET),
    ):
        frame = json.dumps({"event_type": word, "market": CONDITION.upper(), "assets_ids": ["1"]})
        assert read_frame(frame) == ([StreamEvent(kind, None, CONDITION)], 0)
