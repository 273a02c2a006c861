"""Token ids against those Polymarket's exchange and API use."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.ids import condition_id, parse_address, parse_hex32
from service.protocol.positions import (
    NO_SET,
    YES_SET,
    binary_position_ids,
    collection_id,
    position_id,
)
from tests.protocol.samples import gamma_markets

USDC_E = parse_address("0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174")
WRAPPED = parse_address("0x3A3BD7bb9528E159577F7C2e685CC81A765002E2")
FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583


def test_a_published_mainnet_question_recomputes_to_its_tokens() -> None:
    # Question 0x010f0915… of UMA's optimistic-truth-bot archive, on the v2 adapter.
    adapter = parse_address("0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74")
    question = parse_hex32("0x010f0915ec0e171d340f4ef9c8cdd915eb5cced33f58ba1d6e13ced68613b77c")
    assert binary_position_ids(USDC_E, condition_id(adapter, question)) == (
        328464833953884676121324873602592816424211938109918181360197561615603902656,
        64461342201687896942471749128275594250388197511210864157372208839867459594259,
    )


# Public facts of Gamma's API: `conditionId` and `clobTokenIds` of markets 510319 and 253591.
@pytest.mark.parametrize(
    ("collateral", "condition", "tokens"),
    [
        (
            USDC_E,
            "0xa5ac4cdcfff44ddfb0d332d33575f766414465786fb7d4350782db40d5e9da11",
            (
                84888738552927367074645370589243532246434846262240067551074642775011167355434,
                86857783363775257860227917708309268561005168570896999677788731255030014967896,
            ),
        ),
        (
            WRAPPED,
            "0xdd22472e552920b8438158ea7238bfadfa4f736aa4cee91a6b86c39ead110917",
            (
                21742633143463906290569050155826241533067272736897614950488156847949938836455,
                48331043336612883890938759509493159234755048973500640148014422747788308965732,
            ),
        ),
    ],
)
def test_a_listed_markets_tokens_recompute_from_its_condition(
    collateral: bytes, condition: str, tokens: tuple[int, int]
) -> None:
    assert binary_position_ids(collateral, parse_hex32(condition)) == tokens


def test_every_recorded_gamma_market_recomputes_to_its_tokens() -> None:
    for market in gamma_markets():
        collateral = WRAPPED if market.get("negRisk") else USDC_E
        tokens = tuple(int(token) for token in json.loads(market["clobTokenIds"]))
        assert binary_position_ids(collateral, parse_hex32(market["conditionId"])) == tokens


@given(st.binary(min_size=32, max_size=32), st.sampled_from([YES_SET, NO_SET]))
def test_a_collection_is_a_point_of_the_curve(condition: bytes, index_set: int) -> None:
    x = int.from_bytes(collection_id(condition, index_set), "big") & ~(1 << 254)
    y = pow(x**3 + 3, (FIELD + 1) // 4, FIELD)
    assert x < FIELD
    assert (y * y - x**3 - 3) % FIELD == 0


def test_the_other_collateral_makes_other_tokens() -> None:
    collection = collection_id(bytes(32), YES_SET)
    assert position_id(USDC_E, collection) != position_id(WRAPPED, collection)
