"""Trades emitted by a real EVM node at the exchanges' addresses, read live through a reorg."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from jobs.index_fills import index_fills
from jobs.recent_fills import RecentFills
from models.enums import MarketState
from service.chain.node import Node
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.protocol.contracts import ContractBook
from service.protocol.sources import POLYGON_RPC
from service.store.money.fills import list_fills
from tests.loopback.chain_node import NOON
from tests.loopback.emitter import EmittedChain
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.polymarket_client import client_of
from tests.loopback.polymarket_trades import Trades
from tests.replays.fill_logs import BOOK, EXCHANGES, SELL, Trade, log_of
from tests.store.scenes import add_scored

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# The node's blocks begin at 0.
ANY_BLOCK = ContractBook(tuple(replace(entry, from_block=0) for entry in BOOK.entries))
GENESIS = 1_793_491_200
YES = 10**70


def capture(first: int, trades: Sequence[Sequence[tuple[bytes, Trade]]], branch: int) -> Any:
    """Recorded blocks from a number on, each with its trades, for the node to tell again."""
    blocks: list[dict[str, Any]] = []
    logs: list[dict[str, Any]] = []
    for number, made in enumerate(trades, first):
        block = {
            "number": hex(number),
            "timestamp": hex(GENESIS + 2 * number),
            "hash": f"0x{branch:02x}{number:062x}",
        }
        blocks.append(block)
        logs += [log_of(*trade, block, index) for index, trade in enumerate(made)]
    receipts = [
        {"transactionHash": log["transactionHash"], "from": "0x" + "fe" * 20} for log in logs
    ]
    return {"blocks": blocks, "logs": logs, "receipts": receipts}


def test_trades_of_four_exchanges_are_read_from_a_node_and_follow_its_reorg(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_scored(session, 0, state=MarketState.PROPOSED).id
    clock, recent = SetClock(NOON + timedelta(days=365)), RecentFills()
    with (
        EmittedChain.of(137, {"number": "0x1", "timestamp": hex(GENESIS + 2)}) as chain,
        PolymarketServer() as server,
        client_of(server, clock) as client,
    ):
        Trades(server)
        circuit = Circuit(POLYGON_RPC, clock, CircuitPolicy(), random.Random(1))  # noqa: S311  # spreads pauses only
        node = Node(POLYGON_RPC, 137, [SecretStr(chain.node.url)], circuit)

        def read() -> list[tuple[bytes | None, int]]:
            with chain.finalized():
                report = index_fills(sessions, (node,), client, ANY_BLOCK, recent, clock)
            assert report.degraded == ()
            with sessions() as session:
                far = clock.now() + timedelta(days=9_999)
                found = list_fills(session, [market], NOON - timedelta(days=9_999), far)
            return [(fill.exchange, fill.usdc) for fill in found[market]]

        chain.follow(capture(1, [[]], branch=1))
        assert read() == []
        first = [[(exchange, Trade(YES, usdc=n))] for n, exchange in enumerate(EXCHANGES, 1)]
        # The taker's own order follows, with the exchange as its taker.
        first[3].append((EXCHANGES[3], Trade(YES, SELL, taker=EXCHANGES[3])))
        chain.follow(capture(2, first, branch=1))
        assert read() == [(exchange, n) for n, exchange in enumerate(EXCHANGES, 1)]
        # Blocks 4 and 5 become others, and one follows.
        second = [[(EXCHANGES[2], Trade(YES, usdc=30))], [], [(EXCHANGES[0], Trade(YES, usdc=60))]]
        chain.follow(capture(4, second, branch=2))
        assert read() == [
            (EXCHANGES[0], 1),
            (EXCHANGES[1], 2),
            (EXCHANGES[2], 30),
            (EXCHANGES[0], 60),
        ]
