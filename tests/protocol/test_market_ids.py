"""Neg-risk and sports ids against eth-abi's own encoding."""

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.market_ids import (
    GameMarket,
    Underdog,
    game_id,
    game_market_id,
    neg_risk_market_id,
    neg_risk_market_of,
    neg_risk_question_id,
)

addresses = st.binary(min_size=20, max_size=20)
words = st.binary(min_size=32, max_size=32)
numbers = st.integers(min_value=0, max_value=2**256 - 1)


@given(operator=addresses, fee=numbers, metadata=st.binary(max_size=100))
def test_a_neg_risk_market_is_the_encodings_hash_without_its_last_byte(
    operator: bytes, fee: int, metadata: bytes
) -> None:
    digest = keccak(encode(["address", "uint256", "bytes"], [operator, fee, metadata]))
    assert neg_risk_market_id(operator, fee, metadata) == digest[:31] + b"\0"


@given(market=words, index=st.integers(min_value=0, max_value=255))
def test_a_neg_risk_question_ends_in_its_index_and_leads_back_to_its_market(
    market: bytes, index: int
) -> None:
    question = neg_risk_question_id(market, index)
    assert question[31] == index
    assert neg_risk_market_of(question) == market[:31] + b"\0"


@pytest.mark.parametrize("index", [-1, 256])
def test_a_neg_risk_index_outside_one_byte_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="0 to 255"):
        neg_risk_question_id(bytes(32), index)


@given(
    game=words,
    kind=st.sampled_from(GameMarket),
    underdog=st.sampled_from(Underdog),
    line=numbers,
    creator=addresses,
)
def test_a_games_market_is_the_contracts_abi_encoding(
    game: bytes, kind: GameMarket, underdog: Underdog, line: int, creator: bytes
) -> None:
    encoded = encode(
        ["bytes32", "uint8", "uint8", "uint256", "address"],
        [game, int(kind), int(underdog), line, creator],
    )
    computed = game_market_id(game, kind, creator, line=line, underdog=underdog)
    assert computed == keccak(encoded)


def test_a_game_is_the_hash_of_its_stored_text() -> None:
    text = b"q: title: A vs. B,initializer:" + b"ab" * 20
    assert game_id(text) == keccak(text)
