"""Texts as the vote sees them, and texts written to look like them."""

import pytest
from eth_hash.auto import keccak
from hypothesis import example, given
from hypothesis import strategies as st

from service.protocol.dvm_text import (
    CompressedText,
    FullText,
    StampedText,
    compress,
    read_dvm_text,
    read_stamped,
    stamp,
    with_tunnel_stamp,
)

ADAPTER = bytes.fromhex("11" * 20)
ORACLE = bytes.fromhex("22" * 20)
TUNNEL = bytes.fromhex("33" * 20)
STRANGER = bytes.fromhex("99" * 20)
QUESTION = b"q: title: Rain?, description: It rains.,initializer:" + b"ab" * 20
SPOOF = (
    stamp(QUESTION, STRANGER)
    + b",ancillaryDataHash:"
    + b"0" * 64
    + b",childBlockNumber:1,childOracle:"
    + STRANGER.hex().encode()
    + b",childRequester:"
    + STRANGER.hex().encode()
    + b",childChainId:1"
)

addresses = st.binary(min_size=20, max_size=20)
numbers = st.integers(min_value=0, max_value=10**18 - 1)
questions = st.one_of(st.binary(max_size=200), st.just(SPOOF), st.just(QUESTION))


def _compressed(stamped: bytes) -> bytes:
    return compress(stamped, block_number=79, tunnel=TUNNEL, oracle=ORACLE, chain_id=137)


@given(question=questions, requester=addresses)
def test_the_oracles_stamp_parts_again_whatever_the_question_says(
    question: bytes, requester: bytes
) -> None:
    assert read_stamped(stamp(question, requester)) == StampedText(question, requester)


@given(question=questions, block=numbers, tunnel=addresses, oracle=addresses, chain_id=numbers)
def test_a_compressed_text_is_read_back_whole(
    question: bytes, block: int, tunnel: bytes, oracle: bytes, chain_id: int
) -> None:
    text = compress(question, block_number=block, tunnel=tunnel, oracle=oracle, chain_id=chain_id)
    assert read_dvm_text(text) == CompressedText(keccak(question), block, tunnel, oracle, chain_id)


@given(question=questions, adapter=addresses, oracle=addresses, chain_id=numbers)
def test_a_full_text_gives_back_the_question_and_its_adapter(
    question: bytes, adapter: bytes, oracle: bytes, chain_id: int
) -> None:
    stamped = stamp(question, adapter)
    text = with_tunnel_stamp(stamped, oracle=oracle, chain_id=chain_id)
    assert read_dvm_text(text) == FullText(
        keccak(stamped), StampedText(question, adapter), oracle, chain_id
    )


def test_both_forms_of_one_dispute_have_one_key() -> None:
    stamped = stamp(QUESTION, ADAPTER)
    compressed = read_dvm_text(_compressed(stamped))
    full = read_dvm_text(with_tunnel_stamp(stamped, oracle=ORACLE, chain_id=137))
    assert compressed is not None
    assert full is not None
    assert compressed.stamped_hash == full.stamped_hash == keccak(stamped)


def test_a_question_that_is_itself_a_compressed_text_is_read_by_its_last_stamps() -> None:
    victim = _compressed(stamp(QUESTION, ADAPTER))
    text = with_tunnel_stamp(stamp(victim, STRANGER), oracle=ORACLE, chain_id=137)
    read = read_dvm_text(text)
    assert isinstance(read, FullText)
    assert read.stamped == StampedText(victim, STRANGER)


def test_a_victims_stamp_inside_a_strangers_text_does_not_count() -> None:
    inner = with_tunnel_stamp(stamp(QUESTION, ADAPTER), oracle=ORACLE, chain_id=137)
    outer = with_tunnel_stamp(stamp(inner, STRANGER), oracle=TUNNEL, chain_id=137)
    read = read_dvm_text(outer)
    assert isinstance(read, FullText)
    assert (read.stamped.requester, read.oracle) == (STRANGER, TUNNEL)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + b" ",
        lambda text: text + b"\n",
        lambda text: b"x" + text,
        lambda text: text.replace(b"childBlockNumber:79", b"childBlockNumber:079"),
        lambda text: text.replace(b"childBlockNumber:79", b"childBlockNumber:"),
        lambda text: text.replace(b"childBlockNumber:79", b"childBlockNumber:" + b"9" * 5_000),
        lambda text: text.replace(b"33", b"3F", 1) if b"3F" not in text else text,
        lambda text: text.replace(b",childOracle", b", childOracle"),
        lambda text: text[:-1] + "\u0667".encode(),
        lambda text: text.replace(b"ancillaryDataHash:", b"ancillaryDataHash:0"),
    ],
)
def test_a_text_no_tunnel_writes_is_not_read(change: object) -> None:
    assert callable(change)
    assert read_dvm_text(change(_compressed(stamp(QUESTION, ADAPTER)))) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        QUESTION,
        stamp(QUESTION, ADAPTER),
        with_tunnel_stamp(QUESTION, oracle=ORACLE, chain_id=1),
    ],
)
def test_a_text_without_both_stamps_is_not_a_bridged_one(text: bytes) -> None:
    assert read_dvm_text(text) is None


def test_a_huge_text_is_read_by_its_end() -> None:
    question = b",ooRequester:" * 200_000
    text = with_tunnel_stamp(stamp(question, ADAPTER), oracle=ORACLE, chain_id=137)
    read = read_dvm_text(text)
    assert isinstance(read, FullText)
    assert read.stamped == StampedText(question, ADAPTER)


@given(st.binary(max_size=400))
@example(b"\xff" * 100)
@example(b"ancillaryDataHash:" + b"0" * 63)
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    read = read_dvm_text(data)
    assert read is None or read.chain_id >= 0
