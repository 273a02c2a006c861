"""ABI words read by hand: what ``eth_abi.decode`` accepts and gives, several times as fast.

eth-abi sends each word through a stream and half a dozen calls; a log's words are few and of few
types, so they are cut out of the bytes here. That both accept the same bytes and read the same
values is held by tests/chain/test_abi_words.py. Addresses come as 20 bytes, not as text.
"""

from collections.abc import Callable, Mapping, Sequence

from service.protocol.ids import ADDRESS_BYTES

WORD = 32
_CALL_HEAD = 3 * WORD
# Bytes that the elements of a list may hold together, however short the data is.
_ALWAYS_READ = 2**20
_ADDRESS_PADDING = bytes(WORD - ADDRESS_BYTES)
_SELECTOR_PADDING = bytes(WORD - 4)

# A value out of a buffer, given where its word starts; ``ValueError`` if it is not there.
Read = Callable[[bytes, int], object]
# The values of a log, in the order the event declares them, out of its topics and its data.
ReadLog = Callable[[Sequence[bytes], bytes], Sequence[object]]


def log_reader(types: Sequence[str], indexed: Sequence[bool]) -> ReadLog:
    """How to read logs of one layout, worked out once; reading raises ``ValueError``.

    The reader wants as many topics as the layout has, topic0 included.
    """
    head = WORD * (len(types) - sum(indexed))
    topics_length = WORD * (1 + sum(indexed))
    plan = _plan(types, indexed, head)

    def read(topics: Sequence[bytes], data: bytes) -> Sequence[object]:
        joined = b"".join(topics)
        if len(joined) != topics_length:
            message = f"topics of {len(joined)} bytes instead of {topics_length}"
            raise ValueError(message)
        if len(data) < head:
            message = f"data of {len(data)} bytes, its first words alone need {head}"
            raise ValueError(message)
        return [word(joined if is_indexed else data, place) for word, is_indexed, place in plan]

    return read


def _plan(
    types: Sequence[str], indexed: Sequence[bool], head: int
) -> tuple[tuple[Read, bool, int], ...]:
    """For each word: how it is read, whether among the topics, and where it starts there."""
    plan = []
    # The first topic names the event.
    next_topic, next_data = WORD, 0
    for kind, is_indexed in zip(types, indexed, strict=True):
        if is_indexed:
            plan.append((_reader(kind, None), True, next_topic))
            next_topic += WORD
        else:
            plan.append((_reader(kind, head), False, next_data))
            next_data += WORD
    return tuple(plan)


def _reader(kind: str, head: int | None) -> Read:
    """How a type is read, behind a head of so many bytes; in a topic there is none."""
    if kind in _WORDS:
        return _WORDS[kind]
    if kind not in _WITH_LENGTH or head is None:
        message = f"{kind} cannot be read" + (" from a topic, which has its hash" * (head is None))
        raise ValueError(message)
    read_tail = _WITH_LENGTH[kind]
    return lambda data, at: read_tail(data, _start(data, at, 0, head))


def _bytes32(data: bytes, at: int) -> bytes:
    return data[at : at + WORD]


def _bytes4(data: bytes, at: int) -> bytes:
    if data[at + 4 : at + WORD] != _SELECTOR_PADDING:
        message = "four bytes are not padded with zeros"
        raise ValueError(message)
    return data[at : at + 4]


def _uint256(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + WORD], "big")


def _uint(bits: int) -> Read:
    def read(data: bytes, at: int) -> int:
        value = int.from_bytes(data[at : at + WORD], "big")
        if value >> bits:
            message = f"{value} is no uint{bits}"
            raise ValueError(message)
        return value

    return read


def _int(bits: int) -> Read:
    limit = 1 << (bits - 1)

    def read(data: bytes, at: int) -> int:
        value = int.from_bytes(data[at : at + WORD], "big", signed=True)
        if not -limit <= value < limit:
            message = f"{value} is no int{bits}"
            raise ValueError(message)
        return value

    return read


def _bool(data: bytes, at: int) -> bool:
    value = int.from_bytes(data[at : at + WORD], "big")
    if value > 1:
        message = f"{value} is no bool"
        raise ValueError(message)
    return value == 1


def _address(data: bytes, at: int) -> bytes:
    start = at + WORD - ADDRESS_BYTES
    if data[at:start] != _ADDRESS_PADDING:
        message = "an address is not padded with zeros"
        raise ValueError(message)
    return data[start : at + WORD]


def _start(data: bytes, at: int, base: int, lowest: int, size: int = WORD) -> int:
    """Where the value starts whose offset from ``base`` stands at ``at``: behind all heads."""
    start = base + int.from_bytes(data[at : at + WORD], "big")
    if not lowest <= start <= len(data) - size:
        message = f"an offset at byte {at} points to {start}, outside the data ({len(data)} bytes)"
        raise ValueError(message)
    return start


def _byte_string(data: bytes, start: int) -> bytes:
    length = int.from_bytes(data[start : start + WORD], "big")
    first = start + WORD
    last = first + length
    padded = first + (length + WORD - 1) // WORD * WORD
    if padded > len(data):
        message = f"{length} bytes at byte {start} reach beyond the data ({len(data)} bytes)"
        raise ValueError(message)
    if data[last:padded].strip(b"\0"):
        message = f"bytes at byte {start} are not padded with zeros"
        raise ValueError(message)
    return data[first:last]


def _uint256_list(data: bytes, start: int) -> tuple[int, ...]:
    count = int.from_bytes(data[start : start + WORD], "big")
    first = start + WORD
    last = first + WORD * count
    if last > len(data):
        message = f"{count} words at byte {start} reach beyond the data ({len(data)} bytes)"
        raise ValueError(message)
    return tuple(int.from_bytes(data[n : n + WORD], "big") for n in range(first, last, WORD))


def _calls(data: bytes, start: int) -> tuple[tuple[bytes, int, bytes], ...]:
    """A list of ``(address,uint256,bytes)``, each element with a head and a tail of its own."""
    base = start + WORD
    heads_end = base + WORD * int.from_bytes(data[start:base], "big")
    if heads_end > len(data):
        message = f"the list at byte {start} reaches beyond the data ({len(data)} bytes)"
        raise ValueError(message)
    calls = []
    # Elements may share a tail, so that little data would become as much as it is long squared.
    left = max(len(data), _ALWAYS_READ)
    for at in range(base, heads_end, WORD):
        element = _start(data, at, base, heads_end, _CALL_HEAD)
        tail = _start(data, element + 2 * WORD, element, element + _CALL_HEAD)
        call = (_address(data, element), _uint256(data, element + WORD), _byte_string(data, tail))
        left -= len(call[2])
        if left < 0:
            message = f"the list at byte {start} holds more than the data ({len(data)} bytes)"
            raise ValueError(message)
        calls.append(call)
    return tuple(calls)


_WORDS: Mapping[str, Read] = {
    "address": _address,
    "bool": _bool,
    "bytes4": _bytes4,
    "bytes32": _bytes32,
    "uint256": _uint256,
    **{f"uint{bits}": _uint(bits) for bits in range(8, 256, 8)},
    **{f"int{bits}": _int(bits) for bits in range(8, 264, 8)},
}
# Types whose values lie behind the head, each with its length.
_WITH_LENGTH: Mapping[str, Read] = {
    "bytes": _byte_string,
    "uint256[]": _uint256_list,
    "(address,uint256,bytes)[]": _calls,
}
