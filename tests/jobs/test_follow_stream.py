"""The stream beside the jobs: an event brings the next poll forward and writes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from jobs.follow_stream import StreamFollower, stream_health
from jobs.sync_liquidity import sync_liquidity
from jobs.sync_markets import sync_markets
from jobs.sync_resolutions import sync_resolutions
from models.enums import SourceState
from models.operation import Source
from models.refresh_enums import ReadKind
from service.clock import SetClock
from service.polymarket.client import PolymarketClient
from service.polymarket.stream import MarketStream, StreamCondition
from service.store.markets.due_reads import list_due
from tests.loopback.market_stream import StreamServer
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.records import a_book, a_market, a_resolution, condition_of, tokens_of
from tests.polymarket.test_stream import QUICK, a_trade

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_far_price_or_a_resolution_makes_a_hot_market_due_and_nothing_else_does(
    sessions: sessionmaker[Session],
    server: PolymarketServer,
    client: PolymarketClient,
    clock: SetClock,
) -> None:
    server.markets = [a_market(1, umaResolutionStatus="proposed"), a_market(2)]
    server.resolutions = [a_resolution(1)]
    server.books = {
        token: a_book(token, [("0.3", "10")], [("0.4", "10")]) for token in tokens_of(1)
    }
    server.open_interest = {condition_of(1): 10}
    sync_markets(sessions, client, clock, min_volume_usdc=0)
    sync_resolutions(sessions, client, clock)
    sync_liquidity(sessions, client, clock)
    yes, _ = tokens_of(1)

    def due(kind: ReadKind) -> int:
        with sessions() as session:
            return len(list_due(session, kind, clock.now(), 10))

    with StreamServer() as streaming:
        stream = MarketStream(streaming.url, QUICK)
        follower = StreamFollower(sessions, stream, clock)
        clock.advance(timedelta(seconds=20))
        follower.turn(0)
        streaming.wait_for(lambda s: list(s.tokens.values()) == [set(tokens_of(1))])
        # Near the stored middle of 0.35; of a market that is not hot.
        streaming.send(a_trade(yes, "0.36"), a_trade(tokens_of(2)[0], "0.99"))
        streaming.send({"event_type": "new_market", "market": condition_of(3)})
        assert [follower.turn(1) for _ in range(2)] == [0, 0]
        assert due(ReadKind.BOOK) == 0
        streaming.send(a_trade(yes, "0.60"))
        assert follower.turn(10) == 2
        assert (due(ReadKind.BOOK), due(ReadKind.OPEN_INTEREST)) == (1, 1)
        # Again at once is once too often.
        streaming.send(a_trade(yes, "0.65"))
        assert follower.turn(10) == 0
        assert due(ReadKind.RESOLUTION) == 0
        streaming.send([{"event_type": "market_resolved", "market": condition_of(1)}])
        assert follower.turn(10) == 1
        assert due(ReadKind.RESOLUTION) == 1
        streaming.send("no JSON")
        clock.advance(timedelta(seconds=30))
        follower.turn(0)
        with sessions() as session:
            row = session.get_one(Source, "market_stream")
            assert (row.state, row.reason) == (SourceState.OK, None)
            assert row.last_success_at == clock.now()
        follower.start()
        follower.stop()
        streaming.wait_for(lambda s: not s.tokens)


@pytest.mark.parametrize(
    ("condition", "state", "reason"),
    [
        (StreamCondition(3, 3, None), SourceState.OK, None),
        (StreamCondition(0, 0, None), SourceState.OK, "no hot market to follow"),
        (
            StreamCondition(3, 1, "nothing heard for 30 s"),
            SourceState.DEGRADED,
            "2 of 3 connections not open (nothing heard for 30 s); the polls go on",
        ),
        (
            StreamCondition(1, 0, None),
            SourceState.DOWN,
            "1 of 1 connections not open; the polls go on",
        ),
    ],
)
def test_the_stream_is_a_source_whose_loss_is_said(
    condition: StreamCondition, state: SourceState, reason: str | None
) -> None:
    health = stream_health(condition, NOW)
    assert (health.state, health.reason) == (state, reason)
