"""Holders, positions and prices of the past over real HTTP, with the source's traps."""

from datetime import timedelta

import pytest

from service.polymarket.client import PolymarketClient
from service.protocol.ids import parse_hex32
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.polymarket_client import NOW
from tests.loopback.polymarket_money import HOLDERS, PRICES, MoneyRoutes, serve_money, wallet_of
from tests.loopback.records import condition_of, tokens_of

SHARE = 10**6
# A combination of markets: 31 bytes padded with zeros.
COMBINATION = bytes.fromhex("ab" * 31 + "00")


@pytest.fixture
def money(server: PolymarketServer) -> MoneyRoutes:
    return serve_money(server)


def ids_of(*numbers: int) -> dict[bytes, tuple[str, ...]]:
    return {parse_hex32(condition_of(number)): tokens_of(number) for number in numbers}


def hold(money: MoneyRoutes, number: int, *sizes: float) -> None:
    held: list[tuple[str, float | None]] = [(wallet_of(n), size) for n, size in enumerate(sizes, 1)]
    money.holders[condition_of(number)] = dict.fromkeys(tokens_of(number), held)


def test_holders_come_by_token_and_twenty_markets_a_request(
    server: PolymarketServer, client: PolymarketClient, money: MoneyRoutes
) -> None:
    for number in range(1, 26):
        hold(money, number, 3, 2, 1)
    rows = [row for batch in client.fetch_holders(ids_of(*range(1, 26)), 2) for row in batch.rows]
    assert len(rows) == 50
    assert {tuple(held.size for held in row.holders) for row in rows} == {(3 * SHARE, 2 * SHARE)}
    assert all(row.is_cut for row in rows)
    asked = {seen.params["condition"][0] for seen in server.seen if seen.path == HOLDERS}
    assert sorted(len(text.split(",")) for text in asked) == [5, 20]


def test_a_list_as_long_as_the_limit_is_whole_where_no_page_follows(
    client: PolymarketClient, money: MoneyRoutes
) -> None:
    hold(money, 1, 3, 2)
    (batch,) = client.fetch_holders(ids_of(1), 2)
    assert [row.is_cut for row in batch.rows] == [False, False]


def test_a_limit_over_the_maximum_is_never_sent(
    server: PolymarketServer, client: PolymarketClient, money: MoneyRoutes
) -> None:
    hold(money, 1, 1)
    (batch,) = client.fetch_holders(ids_of(1), 5_000)
    assert len(batch.rows) == 2
    assert server.seen[-1].params["limit"] == ["1000"]


def test_an_id_the_source_mistakes_for_none_costs_only_itself(
    client: PolymarketClient, money: MoneyRoutes, server: PolymarketServer
) -> None:
    hold(money, 1, 1)
    # The server refuses what is no condition; a padded one is one of these to it.
    server.more["GET", HOLDERS] = lambda seen: (
        money.answer_holders(seen)
        if COMBINATION.hex() not in seen.params["condition"][0]
        else money.answer_holders(type(seen)(seen.method, seen.path, {}, None, {}))
    )
    batches = list(client.fetch_holders({COMBINATION: ("1", "2"), **ids_of(1)}, 10))
    assert [row.token_id for batch in batches for row in batch.rows] == list(tokens_of(1))
    (refused,) = [item for batch in batches for item in batch.refused]
    assert refused.key == "0x" + COMBINATION.hex()
    assert "'condition' not provided" in refused.reason


def test_markets_nobody_is_listed_for_are_missing(
    client: PolymarketClient, money: MoneyRoutes
) -> None:
    (batch,) = client.fetch_holders(ids_of(1), 10)
    assert (batch.rows, batch.missing) == ((), tokens_of(1))
    (batch,) = client.fetch_positions(ids_of(1), 10)
    assert (batch.rows, batch.missing) == ((), tokens_of(1))


def test_at_most_fifteen_days_of_prices_are_asked_for_and_points_come_in_order(
    server: PolymarketServer, client: PolymarketClient, money: MoneyRoutes
) -> None:
    token = tokens_of(1)[0]
    begin = NOW - timedelta(days=40)
    times = [int((begin + timedelta(hours=n)).timestamp()) for n in (3, 1, 2)]
    money.prices[token] = [(at, 0.5, 3600) for at in times]
    history = client.fetch_price_history(token, begin, NOW)
    assert [int(point.at.timestamp()) for point in history.points] == sorted(times)
    assert history.to_at == begin + timedelta(days=15)
    assert server.requests[PRICES] >= 1
