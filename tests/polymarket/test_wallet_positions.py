"""One wallet's positions: the recorded answer, and what its records may be."""

import json
from pathlib import Path

import pytest

from service.polymarket.client import PolymarketClient
from service.protocol.ids import parse_address
from tests.loopback.polymarket import PolymarketServer, as_json
from tests.loopback.polymarket_money import POSITIONS, a_position, serve_money

SAMPLE = Path(__file__).resolve().parents[3] / "shared/samples/polymarket/data_v2_positions.json"
WALLET = "0x" + "07" * 20
CONDITION = "0x" + "ab" * 32


@pytest.mark.skipif(not SAMPLE.is_file(), reason=f"no recorded answer at {SAMPLE}")
def test_the_recorded_answer_parses(server: PolymarketServer, client: PolymarketClient) -> None:
    recorded = json.loads(SAMPLE.read_text())
    recorded["pagination"]["next_cursor"] = None
    server.fail(POSITIONS, as_json(recorded))
    wallet = parse_address(recorded["data"][0]["proxy_wallet"])
    found = client.fetch_wallet_positions(wallet)
    [row] = found.rows
    assert (row.position.held.size, str(row.position.held.avg_price)) == (28_090_000, "0.669900")
    assert (found.refused, found.is_cut, found.fault) == ((), False, None)


def test_the_filters_go_with_every_page(server: PolymarketServer, client: PolymarketClient) -> None:
    serve_money(server).held[WALLET] = [
        a_position(CONDITION, str(n), WALLET, 1) for n in range(1_200)
    ]
    found = client.fetch_wallet_positions(parse_address(WALLET))
    assert len(found.rows) == 1_200
    sent = [seen.params for seen in server.seen]
    assert [params["user"] for params in sent] == [[WALLET]] * 3
    assert ["cursor" in params for params in sent] == [False, True, True]


def test_a_wallet_with_very_many_positions_is_cut(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    serve_money(server).held[WALLET] = [
        a_position(CONDITION, str(n), WALLET, 1) for n in range(2_100)
    ]
    found = client.fetch_wallet_positions(parse_address(WALLET))
    assert (len(found.rows), found.is_cut) == (2_000, True)


def test_a_combination_is_no_markets_position(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    padded = "0x" + "ab" * 20 + "0" * 24
    serve_money(server).held[WALLET] = [a_position(padded, "5", WALLET, 1)]
    found = client.fetch_wallet_positions(parse_address(WALLET))
    assert (found.rows, found.refused, found.combinations) == ((), (), 1)


def test_a_wallet_the_source_refuses_is_a_fault_of_it_alone(
    server: PolymarketServer, client: PolymarketClient
) -> None:
    body = {"error": "bad user", "code": "invalid_request", "retryable": False}
    server.fail_always(POSITIONS, as_json(body, 400))
    found = client.fetch_wallet_positions(parse_address(WALLET))
    assert found.fault is not None
    assert found.rows == ()
