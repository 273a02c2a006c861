"""Words read by hand are the words eth-abi reads, from the same bytes and from no others."""

from collections.abc import Sequence
from typing import Any

import pytest
from eth_abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given, settings
from hypothesis import strategies as st

from service.chain.abi_words import WORD, log_reader
from service.chain.events import EVENTS

REFUSED = "refused"
CALLS = "(address,uint256,bytes)[]"
TOPIC0 = bytes(WORD)
# Every type a log's data may hold in our tables, and neighbours of theirs.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "address": st.binary(min_size=20, max_size=20).map(lambda value: "0x" + value.hex()),
    "bool": st.booleans(),
    "bytes4": st.binary(min_size=4, max_size=4),
    "bytes32": st.binary(min_size=32, max_size=32),
    **{f"uint{n}": st.integers(0, 2**n - 1) for n in (8, 32, 64, 128, 256)},
    **{f"int{n}": st.integers(-(2 ** (n - 1)), 2 ** (n - 1) - 1) for n in (8, 128, 256)},
    "bytes": st.binary(max_size=100),
    "uint256[]": st.lists(st.integers(0, 2**256 - 1), max_size=4),
    CALLS: st.lists(
        st.tuples(
            st.binary(min_size=20, max_size=20).map(lambda value: "0x" + value.hex()),
            st.integers(0, 2**256 - 1),
            st.binary(max_size=40),
        ),
        max_size=2,
    ),
}
# Offsets and lengths that fit, nearly fit, overlap or overflow, and padding that is not zero.
STRANGE = [
    *(n.to_bytes(WORD, "big") for n in (*range(97), 128, 160, 192, 224, 256, 2**31)),
    *(n.to_bytes(WORD, "big") for n in (2**63 - 1, 2**63, 2**64, 2**255, 2**256 - 32)),
    *((2**256 - n).to_bytes(WORD, "big") for n in (1, 128, 129, 2**127, 2**127 + 1)),
    b"\x01" + bytes(31),
]
Layout = tuple[list[str], list[Any]]


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=7))
    return types, [draw(VALUES[kind]) for kind in types]


@st.composite
def mangled(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Data that was valid before somebody wrote over it, cut it or added to it."""
    types, values = draw(layouts())
    data = bytearray(encode(types, values))
    for _ in range(draw(st.integers(0, 3))):
        match draw(st.sampled_from(["word", "byte", "cut", "grow"])):
            case "word" if len(data) >= WORD:
                at = WORD * draw(st.integers(0, len(data) // WORD - 1))
                data[at : at + WORD] = draw(st.sampled_from(STRANGE))
            case "byte" if data:
                data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
            case "cut":
                del data[draw(st.integers(0, len(data))) :]
            case "grow":
                data += draw(st.binary(max_size=70))
            case _:
                pass
    return types, bytes(data)


def seen(values: Sequence[object]) -> str:
    # As text, which tells True from 1.
    return repr(list(values))


def by_hand(types: Sequence[str], data: bytes) -> str:
    try:
        return seen(log_reader(types, [False] * len(types))([TOPIC0], data))
    except ValueError:
        return REFUSED


def by_eth_abi(types: Sequence[str], data: bytes) -> str:
    try:
        values = decode(types, data)
    except (DecodingError, OverflowError, ValueError):
        return REFUSED
    return seen([_with_bytes(kind, value) for kind, value in zip(types, values, strict=True)])


def _with_bytes(kind: str, value: Any) -> Any:
    """eth-abi's value with addresses as bytes."""
    if kind == "address":
        return bytes.fromhex(value[2:])
    if kind == CALLS:
        return tuple((bytes.fromhex(who[2:]), amount, call) for who, amount, call in value)
    return value


@settings(max_examples=300, deadline=None)
@given(layouts())
def test_a_valid_log_gives_the_values_that_were_encoded(layout: Layout) -> None:
    types, values = layout
    found = by_hand(types, encode(types, values))
    assert found != REFUSED
    assert found == by_eth_abi(types, encode(types, values))


@settings(max_examples=1_500, deadline=None)
@given(mangled())
def test_mangled_data_is_accepted_and_read_exactly_as_by_eth_abi(
    log: tuple[list[str], bytes],
) -> None:
    assert by_hand(*log) == by_eth_abi(*log)


@settings(max_examples=800, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(VALUES)), max_size=5),
    st.lists(st.sampled_from(STRANGE) | st.binary(min_size=WORD, max_size=WORD), max_size=12),
    st.binary(max_size=WORD - 1),
)
def test_arbitrary_words_are_accepted_and_read_exactly_as_by_eth_abi(
    types: list[str], words: list[bytes], rest: bytes
) -> None:
    data = b"".join(words) + rest
    assert by_hand(types, data) == by_eth_abi(types, data)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(["address", "bool", "bytes32", "uint32", "uint256", "int256"]),
    st.sampled_from(STRANGE) | st.binary(min_size=WORD, max_size=WORD),
)
def test_an_indexed_word_is_read_as_the_same_word_in_the_data(kind: str, word: bytes) -> None:
    try:
        found = seen(log_reader([kind], [True])([TOPIC0, word], b""))
    except ValueError:
        found = REFUSED
    assert found == by_eth_abi([kind], word)


def test_words_come_in_the_order_of_the_event_wherever_they_lie() -> None:
    read = log_reader(["uint256", "bytes32", "bytes"], [False, True, False])
    data = encode(["uint256", "bytes"], [7, b"text"])
    assert list(read([TOPIC0, b"\x09" * WORD], data)) == [7, b"\x09" * WORD, b"text"]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.integers(0, 8), min_size=4, max_size=16).map(
        lambda numbers: [word_of(WORD * n) for n in numbers]
    ),
    st.integers(1, 3),
)
def test_lists_with_overlapping_elements_are_read_exactly_as_by_eth_abi(
    words: list[bytes], count: int
) -> None:
    data = b"".join([word_of(WORD), word_of(count), *words])
    assert by_hand([CALLS], data) == by_eth_abi([CALLS], data)


def word_of(value: int) -> bytes:
    return value.to_bytes(WORD, "big")


def test_a_list_whose_elements_share_one_tail_does_not_grow_beyond_the_data() -> None:
    # 2,000 elements, each the same megabyte.
    count, length = 2_000, 2**20
    heads = word_of(WORD * count) * count
    element = word_of(1) + word_of(2) + word_of(3 * WORD) + word_of(length) + bytes(length)
    data = word_of(WORD) + word_of(count) + heads + element
    assert by_hand([CALLS], data) == REFUSED


def test_too_few_or_too_short_topics_are_refused() -> None:
    read = log_reader(["bytes32"], [True])
    for topics in ([TOPIC0], [TOPIC0, b"\x01" * 31], [TOPIC0, bytes(WORD), bytes(WORD)]):
        with pytest.raises(ValueError, match="topics of"):
            read(topics, b"")


def test_an_indexed_text_is_refused_when_the_table_is_made() -> None:
    with pytest.raises(ValueError, match="which has its hash"):
        log_reader(["bytes"], [True])


def test_a_type_nobody_reads_is_refused_when_the_table_is_made() -> None:
    with pytest.raises(ValueError, match="string cannot be read"):
        log_reader(["string"], [False])


def test_every_type_of_the_event_tables_is_held_against_eth_abi() -> None:
    layouts_of_all = [layout for event in EVENTS.values() for layout in (event, *event.others)]
    assert {kind for layout in layouts_of_all for kind in layout.types} <= set(VALUES)
