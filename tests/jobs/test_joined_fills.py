"""Trades of the Data API and of the chain, joined without a hole."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models.enums import MarketState
from models.market import ResolutionReport
from service.protocol.ids import to_hex
from tests.jobs.test_index_fills import World, mined, token_of
from tests.loopback.node import ReplayNode
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.polymarket_trades import TRADES, trade_row
from tests.replays.fill_logs import FIRST_BLOCK
from tests.store.scenes import add_scored

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> Iterator[World]:
    with ReplayNode(137, {}, []) as replay, PolymarketServer() as server:
        made = World(sessions, replay, server)
        made.extend(100)
        yield made
        made.client.close()


def test_a_market_of_the_feed_is_whole_once_the_data_api_reaches_the_first_block_read(
    world: World,
) -> None:
    with world.sessions.begin() as session:
        stored = add_scored(session, 0, state=MarketState.PROPOSED)
        market, condition = stored.id, to_hex(stored.condition_id)
        session.add(
            ResolutionReport(
                market_id=market,
                status="proposed",
                proposed_price=str(10**18),
                was_disputed=False,
                extended_review=False,
                rules_updated=False,
                reported_at=mined(FIRST_BLOCK + 90),
                known_at=mined(FIRST_BLOCK + 95),
            )
        )
    world.clock.set(mined(FIRST_BLOCK + 100))
    world.run()
    assert world.server.requests[TRADES] == 1
    # A trade before the first block read, which a kept answer did not show yet.
    at = int(mined(FIRST_BLOCK + 95).timestamp())
    row = trade_row(condition, str(token_of(0)), at, transaction="0x" + "e1" * 32)
    world.trades.rows.append(row)
    world.extend(150)
    world.clock.set(mined(FIRST_BLOCK + 150))
    world.run()
    assert (world.server.requests[TRADES], world.is_whole(market)) == (1, False)
    # The first block that is stored of that reading is the last one read.
    world.clock.set(mined(FIRST_BLOCK + 150) + timedelta(minutes=6))
    assert world.run().counts["fills_reported"] == 1
    assert (world.server.requests[TRADES], world.is_whole(market)) == (2, True)
    world.clock.advance(timedelta(hours=1))
    world.run()
    assert world.server.requests[TRADES] == 2
