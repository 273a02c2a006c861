"""One mainnet question from its text to its vote, as UMA's optimistic-truth-bot archive has it.

The block of the dispute is assumed; the ids were computed outside this project.
"""

import pytest
from eth_hash.auto import keccak

from service.protocol.ancillary import read_ancillary
from service.protocol.dvm_text import compress, stamp
from service.protocol.ids import (
    YES_OR_NO_QUERY,
    dvm_request_id,
    managed_request_id,
    parse_address,
    question_id,
    request_id,
    to_hex,
)
from tests.protocol.samples import proposal_rows

ADAPTER = parse_address("0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74")
ORACLE = parse_address("0xeE3Afe347D5C74317041E2618C49534dAf887c24")
TUNNEL = parse_address("0xac60353a54873c446101216829a6A98cDbbC3f3D")
QUESTION = "0x010f0915ec0e171d340f4ef9c8cdd915eb5cced33f58ba1d6e13ced68613b77c"
REQUESTED_AT = 1741794073
PROPOSED_AT = 1742233300
DISPUTE_BLOCK = 69168500


@pytest.fixture(scope="module")
def text() -> bytes:
    (row,) = {
        row["ancillary_text"]
        for row in proposal_rows()
        if row["request_ts"] == str(REQUESTED_AT)
        and to_hex(question_id(row["ancillary_text"].encode())) == QUESTION
    }
    return row.encode()


def test_the_request_keys_are_the_published_ones(text: bytes) -> None:
    assert len(text) == 1427
    assert to_hex(request_id(ADAPTER, YES_OR_NO_QUERY, REQUESTED_AT, text)) == (
        "0xc53dfe9f9f2e3d76a9a41aed5d3110ddbeae2bfaea0ea9308648e38a7d61793f"
    )
    assert to_hex(managed_request_id(ADAPTER, YES_OR_NO_QUERY, text)) == (
        "0x63ed57998046f7ca2d753bee95d9b7d48d1e2c0bd3c6e5bcdb9719b722b4dff8"
    )


def test_the_stamped_text_gives_the_published_child_id(text: bytes) -> None:
    stamped = stamp(text, ADAPTER)
    assert len(stamped) == 1480
    assert to_hex(keccak(stamped)) == (
        "0x3ce2fb2f41567cd68d25d2e28e520ba73ebfffc41685caf0c90dcd404d8404b1"
    )
    assert to_hex(dvm_request_id(YES_OR_NO_QUERY, PROPOSED_AT, stamped)) == (
        "0x387966a710891f9ea24a303e31e6c2d60e92e04fa18748db1de2d77e7e494f3c"
    )


def test_the_compressed_text_gives_the_published_parent_id(text: bytes) -> None:
    compressed = compress(
        stamp(text, ADAPTER),
        block_number=DISPUTE_BLOCK,
        tunnel=TUNNEL,
        oracle=ORACLE,
        chain_id=137,
    )
    assert len(compressed) == 234
    assert to_hex(dvm_request_id(YES_OR_NO_QUERY, PROPOSED_AT, compressed)) == (
        "0x919406905b1e5c995c5ae8c157041dbce9ba587d57efba82bc0da8f98988f561"
    )


def test_every_recorded_text_is_read_as_its_source_read_it() -> None:
    for row in proposal_rows():
        read = read_ancillary(row["ancillary_text"].encode())
        # The source itself read no JSON.
        assert read.title == row["title"].strip() or row["ancillary_text"].startswith("{")
        for answer in read.answers[:2]:
            label = row[f"p{answer.number}_label"]
            # The source garbled other letters: it read UTF-8 as Latin-1.
            assert answer.label == label.strip().encode("latin-1").decode() or not label
        assert to_hex(read.initializer or b"")[2:] == row["initializer"].removeprefix("0x").lower()
