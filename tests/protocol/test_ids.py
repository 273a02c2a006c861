"""Identities against values computed by the contracts, and against each other."""

import pytest

from service.protocol.ids import (
    condition_id,
    dvm_request_id,
    parse_address,
    parse_hex32,
    question_id,
    to_checksum,
    to_hex,
)
from tests.replays import read_replay


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


def test_a_bridged_dispute_carries_the_ids_we_compute() -> None:
    vote = read_replay("b-first-dispute")["expected"]["b1"]["requests"][0]["dvm"]
    logs = read_replay("b-first-dispute")["chains"]["137"]["logs"]
    (bridged,) = [log for log in logs if log["topics"][0].startswith("0x4d6a7c5b")]
    identifier = b"YES_OR_NO_QUERY".ljust(32, b"\0")
    compressed = vote["ancillaryData"].encode()
    parent = dvm_request_id(identifier, vote["time"], compressed)
    assert to_hex(parent) == bridged["topics"][3]
    data = bytes.fromhex(bridged["data"][2:])
    length = int.from_bytes(data[96:128], "big")
    child = dvm_request_id(identifier, vote["time"], data[128 : 128 + length])
    assert to_hex(child) == bridged["topics"][2]
