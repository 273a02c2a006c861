"""Trades of the Data API: whole back to an instant, once each, with their traps."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models.fill_enums import FillSide
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.polymarket.trades import MOST_PAGES, to_trade
from service.protocol.fills import TradeRow, price_of
from service.protocol.listings import Refused
from tests.conftest import SHARED
from tests.loopback.polymarket import PolymarketServer, as_json
from tests.loopback.polymarket_trades import TRADES, Trades, trade_row

START = 1_793_491_200
SINCE = datetime.fromtimestamp(START, UTC)
CONDITION = "0x" + "5c" * 32
TOKEN = str(10**70)


def tx(number: int) -> str:
    return f"0x{number:064x}"


def at(seconds: int, **changes: object) -> dict[str, object]:
    row = trade_row(CONDITION, TOKEN, START + seconds, transaction=tx(seconds + 10**6))
    return row | changes


@pytest.fixture
def trades(server: PolymarketServer) -> Trades:
    return Trades(server)


def fetch(client: PolymarketClient, *conditions: str) -> list[TradeRow]:
    keys = [bytes.fromhex(c[2:]) for c in conditions or (CONDITION,)]
    return [row for found in client.fetch_trades(keys, SINCE) for row in found.rows]


def test_a_row_becomes_a_trade_with_exact_amounts(client: PolymarketClient, trades: Trades) -> None:
    trades.rows = [at(5, side="SELL", size=22.84, price=0.52)]
    [row] = fetch(client)
    assert (row.taker_side, row.shares, row.usdc) == (FillSide.SELL, 22_840_000, 11_876_800)
    assert price_of(row.usdc, row.shares) == Decimal("0.52")
    assert row.traded_at == SINCE + timedelta(seconds=5)


def test_pages_are_followed_back_to_the_instant_and_no_further(
    client: PolymarketClient, trades: Trades, server: PolymarketServer
) -> None:
    trades.rows = [at(seconds) for seconds in range(-50, 50)]
    trades.page = 15
    [found] = client.fetch_trades([bytes.fromhex(CONDITION[2:])], SINCE)
    assert len(found.rows) == 50
    assert found.reached == SINCE
    assert server.requests[TRADES] == 4


def test_too_many_pages_are_whole_from_where_they_end(
    client: PolymarketClient, trades: Trades
) -> None:
    trades.rows = [at(seconds // 2) for seconds in range(100)]
    trades.page = 5
    [found] = client.fetch_trades([bytes.fromhex(CONDITION[2:])], SINCE)
    oldest_read = START + (100 - 5 * MOST_PAGES) // 2
    assert found.reached == datetime.fromtimestamp(oldest_read + 1, UTC)
    assert {row.traded_at for row in found.rows} == {
        datetime.fromtimestamp(second, UTC) for second in range(oldest_read + 1, START + 50)
    }


def test_forty_markets_take_two_requests_and_combination_rows_are_dropped_and_counted(
    client: PolymarketClient, trades: Trades, server: PolymarketServer
) -> None:
    conditions = [f"0x{number:064x}" for number in range(10**30, 10**30 + 40)]
    trades.rows = [
        trade_row(condition, TOKEN, START + 1, transaction=tx(number))
        for number, condition in enumerate(conditions)
    ]
    trades.rows.append(at(3, condition_id="0x" + "5c" * 31, slug=""))
    found = list(client.fetch_trades([bytes.fromhex(c[2:]) for c in conditions], SINCE))
    assert sum(len(part.rows) for part in found) == 40
    assert [part.combinations for part in found] == [1, 1]
    assert server.requests[TRADES] == 2
    assert not [part.refused for part in found if part.refused]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"size": 0}, "size 0 is no amount"),
        ({"size": None}, "size None"),
        ({"price": 1.2}, "price 1.2"),
        ({"side": "HOLD"}, "neither BUY nor SELL"),
        ({"transaction_hash": "0x12"}, "transaction_hash"),
        ({"timestamp": None}, "without a wallet, a transaction or a time"),
        ({"token_id": "yes"}, "token_id is no token number"),
    ],
)
def test_a_row_that_is_no_trade_is_refused_with_its_reason(
    changes: dict[str, object], reason: str
) -> None:
    record = json.loads(json.dumps(at(1) | changes), parse_float=Decimal)
    made = to_trade(record)
    assert isinstance(made, Refused)
    assert reason in made.reason


def test_a_market_the_source_refuses_costs_the_others_nothing(
    client: PolymarketClient, trades: Trades, server: PolymarketServer
) -> None:
    trades.rows = [at(1)]
    refusal = as_json({"error": "no such condition", "code": "invalid_request"}, 400)
    # The pair, then the first alone.
    server.fail(TRADES, refusal, refusal)
    other = "0x" + "6d" * 32
    keys = [bytes.fromhex(c[2:]) for c in (other, CONDITION)]
    refused, found = client.fetch_trades(keys, SINCE)
    assert [issue.key for issue in refused.refused] == [other]
    assert len(found.rows) == 1


def test_a_cursor_loop_is_named(client: PolymarketClient, server: PolymarketServer) -> None:
    page = {"data": [at(1)], "pagination": {"next_cursor": "again"}}
    server.fail_always(TRADES, as_json(page))
    with pytest.raises(SourceError, match="cursor loop"):
        fetch(client)


def test_the_recorded_answer_is_read_whole() -> None:
    sample = SHARED / "samples" / "polymarket" / "data_v2_trades.json"
    if not sample.exists():
        pytest.skip("the recorded answers are not here")
    records = json.loads(sample.read_text(), parse_float=Decimal)["data"]
    assert all(isinstance(to_trade(record), TradeRow) for record in records)
