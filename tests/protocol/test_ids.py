"""Identities against values computed by the contracts, and against each other."""

import pytest
from eth_abi.abi import encode
from eth_abi.packed import encode_packed
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.ids import (
    MULTIPLE_VALUES,
    NUMERICAL,
    YES_OR_NO_QUERY,
    condition_id,
    dvm_request_id,
    managed_request_id,
    parse_address,
    parse_hex32,
    question_id,
    request_id,
    to_checksum,
    to_hex,
    to_word,
)
from tests.replays import read_replay

addresses = st.binary(min_size=20, max_size=20)
words = st.binary(min_size=32, max_size=32)
numbers = st.integers(min_value=0, max_value=2**256 - 1)
texts = st.binary(max_size=200)


def test_checksum_case_is_eip_55() -> None:
    # The four examples of EIP-55 itself.
    for text in (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ):
        assert to_checksum(parse_address(text.lower())) == text


@pytest.mark.parametrize("name", ["a-clean", "e-fifty-fifty", "i-bulletin"])
def test_question_and_condition_ids_recompute_from_the_text(name: str) -> None:
    document = read_replay(name)
    texts = {}
    for log in document["chains"]["137"]["logs"]:
        if log["topics"][0].startswith("0xeee0897a"):
            data = bytes.fromhex(log["data"][2:])
            length = int.from_bytes(data[128:160], "big")
            texts[log["topics"][1]] = data[160 : 160 + length]
    assert texts
    for question in document["expected"].values():
        qid = parse_hex32(question["questionID"])
        assert question_id(texts[question["questionID"]]) == qid
        if "negRisk" not in question:
            condition = condition_id(parse_address(question["adapter"]), qid)
            assert to_hex(condition) == question["conditionId"]


def test_a_published_mainnet_condition_recomputes() -> None:
    # UMA's optimistic-truth-bot archive, question 0x010f0915….
    adapter = parse_address("0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74")
    qid = parse_hex32("0x010f0915ec0e171d340f4ef9c8cdd915eb5cced33f58ba1d6e13ced68613b77c")
    expected = "0xb6e22fdc8409d12b8772fc341cbfebdcc1955b35478ba3315e2ab1c5b52990dd"
    assert to_hex(condition_id(adapter, qid)) == expected


@pytest.mark.parametrize(
    "text", ["", "0x", "12", "0x" + "g" * 64, "0x" + "1" * 63, "0x" + "1" * 66]
)
def test_a_malformed_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        parse_hex32(text)


@given(address=addresses, identifier=words, timestamp=numbers, text=texts)
def test_request_keys_are_the_contracts_packed_encoding(
    address: bytes, identifier: bytes, timestamp: int, text: bytes
) -> None:
    dated = encode_packed(
        ["address", "bytes32", "uint256", "bytes"], [address, identifier, timestamp, text]
    )
    undated = encode_packed(["address", "bytes32", "bytes"], [address, identifier, text])
    assert request_id(address, identifier, timestamp, text) == keccak(dated)
    assert managed_request_id(address, identifier, text) == keccak(undated)


@given(identifier=words, time=numbers, text=texts)
def test_a_votes_key_is_the_contracts_abi_encoding(
    identifier: bytes, time: int, text: bytes
) -> None:
    encoded = encode(["bytes32", "uint256", "bytes"], [identifier, time, text])
    assert dvm_request_id(identifier, time, text) == keccak(encoded)


def test_identifiers_are_padded_as_a_recorded_request_has_them() -> None:
    logs = read_replay("a-clean")["chains"]["137"]["logs"]
    request = next(log for log in logs if log["topics"][0].startswith("0xf1679315"))
    assert bytes.fromhex(request["data"][2:])[:32] == YES_OR_NO_QUERY
    assert MULTIPLE_VALUES.rstrip(b"\0") == b"MULTIPLE_VALUES"
    assert NUMERICAL.rstrip(b"\0") == b"NUMERICAL"


@pytest.mark.parametrize("value", [-1, 2**256])
def test_a_number_no_contract_holds_is_refused(value: int) -> None:
    with pytest.raises(OverflowError):
        to_word(value)
