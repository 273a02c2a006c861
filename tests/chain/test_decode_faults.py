"""Whatever bytes a log carries, decoding ends in a fact or in an error row, never in a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import ContractKind
from service.chain.decode import decode_logs
from service.chain.events import EVENTS
from service.chain.raw import RawLog, parse_block, parse_log
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.finality import FINALITY_LAG, LAST_BLOCK_TIME, known_at
from service.protocol.ids import parse_hex32
from service.protocol.log_position import LogPosition

ADDRESS = bytes(range(20))
# Offsets and lengths that point nowhere, beside those that point somewhere.
WORDS = [
    *(n.to_bytes(32, "big") for n in (0, 1, 32, 64, 96, 128, 160, 192, 224, 256)),
    *(n.to_bytes(32, "big") for n in (2**31, 2**63 - 1, 2**63, 2**64, 2**255, 2**256 - 32)),
    b"\xff" * 32,
]
LOGS = st.tuples(
    st.sampled_from(sorted(EVENTS, key=str)),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.lists(st.sampled_from(WORDS) | st.binary(min_size=32, max_size=32), max_size=14),
    st.binary(max_size=31),
)


@settings(max_examples=1_500, deadline=None)
@given(LOGS)
def test_any_log_of_a_known_event_is_a_fact_or_an_error_row(
    log: tuple[tuple[ContractKind, bytes], list[bytes], list[bytes], bytes],
) -> None:
    (kind, topic), topics, words, rest = log
    book = ContractBook((ContractEntry(137, ADDRESS, kind, 0),))
    at = LogPosition(137, 1, bytes(32), 0, bytes(32), ADDRESS)
    found = decode_logs([RawLog(at, (topic, *topics), b"".join(words) + rest)], book)
    assert len(found.facts) + len(found.undecodable) == 1
    assert found.outside_book == found.unknown_topic == 0


@pytest.mark.parametrize("text", ["0x" + "1" * 62 + "  ", "0x " + "1" * 63, "0x" + "g" * 64])
def test_a_hash_of_the_right_length_with_blanks_is_no_hash(text: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        parse_hex32(text)


def test_a_log_with_blanks_in_its_address_is_refused() -> None:
    log = {
        "blockNumber": "0x1",
        "blockHash": "0x" + "11" * 32,
        "logIndex": "0x0",
        "transactionHash": "0x" + "11" * 32,
        "address": "0x" + "11" * 19 + "  ",
        "topics": [],
        "data": "0x",
    }
    with pytest.raises(ValueError, match="hex digits"):
        parse_log(137, log)


def block(seconds: int) -> dict[str, str]:
    words = {"hash": "0x" + "11" * 32, "parentHash": "0x" + "22" * 32}
    return {"number": "0x1", "timestamp": hex(seconds), **words}


@pytest.mark.parametrize("chain_id", FINALITY_LAG)
def test_the_logs_of_the_latest_possible_block_are_known_at_an_instant(chain_id: int) -> None:
    header = parse_block(chain_id, block(LAST_BLOCK_TIME))
    assert known_at(chain_id, header.mined_at) > header.mined_at


def test_a_block_whose_logs_would_be_known_after_the_year_9999_is_refused() -> None:
    with pytest.raises(ValueError, match="block timestamp is out of range: 253402300020"):
        parse_block(137, block(LAST_BLOCK_TIME + 1))
