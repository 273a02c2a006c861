"""Trades after a proposal: each once, from where they are wanted, whatever comes late or goes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.index_fills import index_fills
from jobs.recent_fills import LOOK_BACK_BLOCKS, RecentFills
from models.chain import Block, DataIssue
from models.enums import MarketState
from models.fill import FillWatch
from models.fill_enums import FillReading, FillSource
from models.market import Market
from models.oracle import Proposal
from service.chain.raw import parse_block
from service.clock import SetClock
from service.protocol.fills import MarketFill
from service.protocol.ids import to_hex
from service.store.money.fill_watches import CURSOR, MARGIN_BLOCKS, list_fill_coverage
from service.store.money.fills import list_fills
from service.store.oracle.blocks import add_blocks, get_cursor
from tests.loopback.chain_node import node_of
from tests.loopback.node import ReplayNode
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.polymarket_client import client_of
from tests.loopback.polymarket_trades import TRADES, Trades, trade_row
from tests.replays.fill_logs import (
    BOOK,
    EXCHANGES,
    FIRST_BLOCK,
    NEG_RISK_V1,
    SELL,
    V1,
    V2,
    Trade,
    block_of,
    log_of,
)
from tests.store.scenes import (
    ADAPTER,
    IDENTIFIER,
    MANAGED,
    PROPOSER,
    USDC_COIN,
    add_market,
    add_scored,
    question_id_of,
)

# The SQL is tested in tests/store, on both databases.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
# Of no market that is stored.
STRANGER = 5


def mined(number: int) -> datetime:
    return datetime.fromtimestamp(int(block_of(number)["timestamp"], 16), UTC)


class World:
    """A chain of trades, a Polymarket, an empty database, and the job."""

    def __init__(
        self, sessions: sessionmaker[Session], replay: ReplayNode, server: PolymarketServer
    ) -> None:
        self.sessions = sessions
        self.replay = replay
        self.server = server
        self.trades = Trades(server)
        self.clock = SetClock(NOW)
        self.client = client_of(server, self.clock)
        self.recent = RecentFills()
        self.node = node_of(replay, clock=self.clock)

    def extend(self, to: int, *, branch: int = 0) -> None:
        """Blocks up to FIRST_BLOCK + to."""
        first = max(self.replay.blocks, default=FIRST_BLOCK - 1) + 1
        for number in range(first, FIRST_BLOCK + to + 1):
            self.replay.blocks[number] = block_of(number, branch=branch)

    def trade(self, offset: int, exchange: bytes, trade: Trade) -> dict[str, Any]:
        """A trade in block FIRST_BLOCK + offset."""
        log = log_of(
            exchange, trade, self.replay.blocks[FIRST_BLOCK + offset], len(self.replay.logs)
        )
        self.replay.logs.append(log)
        return log

    def propose(self, number: int, offset: int) -> int:
        """A market with a proposal in block FIRST_BLOCK + offset; its row id."""
        height = FIRST_BLOCK + offset
        with self.sessions.begin() as session:
            found = session.scalars(
                select(Market).where(Market.uma_question_id == question_id_of(number))
            )
            market = found.first() or add_market(session, number)
            header = parse_block(137, self.replay.blocks[height])
            block_id = add_blocks(session, [header])[header.hash]
            session.add(
                Proposal(
                    block_id=block_id,
                    log_index=9_000 + number,
                    transaction_hash=bytes(32),
                    address=MANAGED,
                    known_at=header.mined_at + timedelta(seconds=5),
                    requester=ADAPTER,
                    identifier=IDENTIFIER,
                    request_timestamp=7,
                    ancillary_hash=question_id_of(number),
                    proposer=PROPOSER,
                    proposed_price=10**18,
                    expires_at=header.mined_at + timedelta(hours=2),
                    expiration_timestamp=1,
                    currency=USDC_COIN,
                )
            )
            return market.id

    def run(self, **options: Any) -> CycleReport:
        nodes = options.pop("nodes", (self.node,))
        report = index_fills(
            self.sessions, nodes, self.client, BOOK, self.recent, self.clock, **options
        )
        return replace(report, counts=Counter(report.counts))

    def fills(self, market_id: int) -> list[MarketFill]:
        with self.sessions() as session:
            return list_fills(session, [market_id], LONG_AGO, NOW + timedelta(days=365))[market_id]

    def is_whole(self, market_id: int) -> bool:
        with self.sessions() as session:
            return list_fill_coverage(session, [market_id])[market_id].is_whole

    def ranges_read(self) -> int:
        return self.replay.asked.count("eth_getLogs")


def token_of(number: int, outcome: int = 0) -> int:
    return 10**70 + number + outcome


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> Iterator[World]:
    with ReplayNode(137, {}, []) as replay, PolymarketServer() as server:
        made = World(sessions, replay, server)
        made.extend(100)
        yield made
        made.client.close()


def test_trades_of_all_exchanges_arrive_and_others_are_counted_and_dropped(world: World) -> None:
    market = world.propose(0, 50)
    for index, exchange in enumerate(EXCHANGES):
        world.trade(60 + index, exchange, Trade(token_of(0, index % 2), usdc=100_000 * (index + 1)))
        world.trade(60 + index, exchange, Trade(STRANGER))
        world.trade(60 + index, exchange, Trade(token_of(0), taker=exchange))
    report = world.run()
    assert report.degraded == ()
    # The first run begins at the head and looks back.
    assert report.counts["fills_added"] == 4
    found = world.fills(market)
    assert [fill.exchange for fill in found] == list(EXCHANGES)
    assert [fill.usdc for fill in found] == [100_000, 200_000, 300_000, 400_000]
    assert [fill.outcome_index for fill in found] == [0, 1, 0, 1]
    assert [fill.traded_at for fill in found] == [mined(FIRST_BLOCK + 60 + n) for n in range(4)]
    assert {fill.source for fill in found} == {FillSource.CHAIN}
    assert world.is_whole(market)


def test_what_was_read_is_not_asked_for_again(world: World) -> None:
    market = world.propose(0, 50)
    world.trade(60, V1, Trade(token_of(0)))
    world.run()
    before = world.ranges_read()
    assert world.run().counts["fills_added"] == 0
    assert world.ranges_read() == before
    world.extend(120)
    world.trade(110, V2, Trade(token_of(0), SELL))
    assert world.run().counts["fills_added"] == 1
    assert world.ranges_read() == before + 1
    assert len(world.fills(market)) == 2


def test_a_proposal_learned_of_late_is_served_from_memory_without_a_request(world: World) -> None:
    world.propose(0, 50)
    world.run()
    world.extend(300)
    world.trade(170, V1, Trade(token_of(5)))
    world.trade(220, NEG_RISK_V1, Trade(token_of(5)))
    assert world.run().counts["fills_added"] == 0
    before = world.ranges_read()
    late = world.propose(5, 240)
    report = world.run()
    assert (report.counts["fills_added"], report.counts["completed_from_memory"]) == (2, 1)
    assert world.ranges_read() == before
    assert len(world.fills(late)) == 2
    assert world.is_whole(late)


def test_what_memory_lacks_is_read_once_for_all_late_markets(world: World) -> None:
    world.propose(0, 50)
    world.run()
    world.extend(700)
    for number, offset in ((10, 150), (20, 250), (30, 640)):
        world.trade(offset, V1, Trade(token_of(number)))
    world.run()
    world.recent.forget()
    before = world.ranges_read()
    markets = [world.propose(10, 200), world.propose(20, 300), world.propose(30, 690)]
    report = world.run()
    assert report.counts["fills_added"] == 3
    # From the head to the earliest beginning, in windows of at most 500 blocks.
    assert report.counts["late_blocks"] == 701 - (200 - MARGIN_BLOCKS)
    assert world.ranges_read() - before <= 3
    assert [len(world.fills(market)) for market in markets] == [1, 1, 1]
    assert all(world.is_whole(market) for market in markets)
    assert world.run().counts["late_blocks"] == 0


def test_trades_before_the_margin_are_not_kept(world: World) -> None:
    market = world.propose(0, 99)
    for offset in (99 - MARGIN_BLOCKS - 1, 99 - MARGIN_BLOCKS, 99):
        world.trade(offset, V1, Trade(token_of(0)))
    world.run()
    assert [fill.traded_at for fill in world.fills(market)] == [
        mined(FIRST_BLOCK + offset) for offset in (99 - MARGIN_BLOCKS, 99)
    ]


def test_the_look_back_is_bounded_and_the_data_api_fills_in(world: World) -> None:
    market = world.propose(0, 10)
    world.trade(12, V1, Trade(token_of(0)))
    # Far ahead without the blocks between: they hold nothing.
    head = FIRST_BLOCK + 20 + LOOK_BACK_BLOCKS
    for number in (*range(head - LOOK_BACK_BLOCKS, head + 1),):
        world.replay.blocks[number] = block_of(number)
    with world.sessions() as session:
        [condition] = session.scalars(select(Market.condition_id))
    log = world.replay.logs[0]
    world.trades.rows = [
        trade_row(
            to_hex(condition),
            str(token_of(0)),
            int(mined(FIRST_BLOCK + 12).timestamp()),
            transaction=log["transactionHash"],
        )
    ]
    report = world.run()
    assert report.counts["late_blocks"] == LOOK_BACK_BLOCKS
    assert report.counts["fills_reported"] == 1
    assert [fill.source for fill in world.fills(market)] == [FillSource.DATA_API]
    assert world.is_whole(market)
    # Asked once; the logs go on from there.
    world.clock.advance(timedelta(hours=1))
    world.run()
    assert world.server.requests[TRADES] == 1


def test_a_reorg_takes_back_trades_and_brings_those_of_the_new_branch(world: World) -> None:
    market = world.propose(0, 50)
    world.trade(80, V1, Trade(token_of(0), usdc=1))
    world.trade(90, V1, Trade(token_of(0), usdc=2))
    world.run()
    # From block 85 on the chain is another.
    for number in range(FIRST_BLOCK + 85, FIRST_BLOCK + 111):
        world.replay.blocks[number] = block_of(number, branch=1 if number > FIRST_BLOCK + 85 else 0)
    kept, _ = world.replay.logs
    world.replay.logs = [kept]
    world.replay.blocks[FIRST_BLOCK + 86]["parentHash"] = block_of(FIRST_BLOCK + 85)["hash"]
    world.trade(95, V2, Trade(token_of(0), usdc=3))
    report = world.run()
    assert report.degraded == ()
    assert report.counts["blocks_removed"] > 0
    assert [fill.usdc for fill in world.fills(market)] == [1, 3]
    clean = [(fill.transaction_hash, fill.log_index) for fill in world.fills(market)]
    assert clean == [
        (bytes.fromhex(log["transactionHash"][2:]), int(log["logIndex"], 16))
        for log in world.replay.logs
    ]


def test_a_changed_layout_shows_and_does_not_fill_the_database(world: World) -> None:
    world.propose(0, 50)
    world.run()
    world.extend(120)
    for offset in range(101, 111):
        world.trade(offset, V2, Trade(token_of(0)))["data"] += "00" * 32
    world.trade(111, V1, Trade(token_of(0)))
    report = world.run()
    assert report.counts["undecodable"] == 10
    [line] = report.degraded
    assert "10 logs are no trade by the layout we know" in line
    with world.sessions() as session:
        [issue] = session.scalars(select(DataIssue))
    assert "data of 256 bytes instead of 224" in issue.reason
    assert issue.evidence is not None
    # The other exchange's trade is stored all the same.
    assert report.counts["fills_added"] == 1


def test_without_a_node_the_data_api_tells_the_trades_and_is_not_asked_too_often(
    world: World,
) -> None:
    market = world.propose(0, 50)
    with world.sessions() as session:
        [condition] = session.scalars(select(Market.condition_id))
    at = int(mined(FIRST_BLOCK + 60).timestamp())
    log = world.trade(60, V1, Trade(token_of(0)))
    ids = to_hex(condition), str(token_of(0))
    world.clock.set(mined(FIRST_BLOCK + 100))
    world.trades.rows = [trade_row(*ids, at, transaction=log["transactionHash"])]
    report = world.run(nodes=())
    # What was never configured is told by the sources; no run is the worse for it.
    assert report.degraded == ()
    assert report.counts["fills_reported"] == 1
    assert [fill.source for fill in world.fills(market)] == [FillSource.DATA_API]
    world.clock.advance(timedelta(minutes=4))
    world.run(nodes=())
    assert world.server.requests[TRADES] == 1
    world.clock.advance(timedelta(minutes=2))
    world.trades.rows.append(trade_row(*ids, at + 300, transaction="0x" + "e1" * 32))
    assert world.run(nodes=()).counts["fills_reported"] == 1
    # The node is back: its word replaces the same transaction's.
    world.run()
    assert [fill.source for fill in world.fills(market)] == [
        FillSource.CHAIN,
        FillSource.DATA_API,
    ]


def test_a_node_that_fails_degrades_the_chain_and_the_data_api_stands_in(world: World) -> None:
    world.propose(0, 50)
    world.replay.raw_answers = [(500, b"")] * 20
    report = world.run()
    assert "HTTP 500" in report.degraded[0]
    assert world.server.requests[TRADES] == 1


def test_a_settled_market_is_no_longer_watched_and_nothing_to_watch_reads_nothing(
    world: World,
) -> None:
    with world.sessions.begin() as session:
        market = add_scored(session, 0, state=MarketState.PROPOSED).id
    assert world.run().counts["watched"] == 1
    with world.sessions.begin() as session:
        stored = session.get_one(Market, market)
        add_scored(
            session, 0, stored, state=MarketState.RESOLVED, as_of=NOW, inputs_digest=b"\1" * 32
        )
    world.extend(200)
    before = world.ranges_read()
    assert world.run().counts["watched"] == 0
    assert world.ranges_read() == before
    with world.sessions() as session:
        assert session.get_one(FillWatch, market).ended_at == NOW
        assert get_cursor(session, 137, CURSOR) == FIRST_BLOCK + 201


def test_headers_are_asked_for_only_where_a_trade_is_kept(world: World) -> None:
    world.propose(0, 50)
    world.run()
    world.extend(200)
    for offset in range(101, 201):
        world.trade(offset, V1, Trade(STRANGER))
    world.trade(150, V1, Trade(token_of(0)))
    world.replay.asked.clear()
    world.run()
    # The final head, the newest stored block; then the range's ends and the block kept.
    assert world.replay.asked.count("eth_getBlockByNumber") == 2 + 3
    with world.sessions() as session:
        numbers = set(session.scalars(select(Block.number)))
    assert {FIRST_BLOCK + 150, FIRST_BLOCK + 200} < numbers
    assert FIRST_BLOCK + 120 not in numbers


def test_off_reads_nothing(world: World) -> None:
    world.propose(0, 50)
    assert world.run(reading=FillReading.OFF) == CycleReport()
    assert world.replay.asked == []


def test_the_data_api_alone_is_asked_where_the_setting_says_so(world: World) -> None:
    world.propose(0, 50)
    report = world.run(reading=FillReading.DATA_API)
    assert report.degraded == ()
    assert world.replay.asked == []
    assert world.server.requests[TRADES] == 1
