"""ABI words read by hand: what ``eth_abi.decode`` accepts and gives, several times as fast.

eth-abi sends each word through a stream and half a dozen calls; a log's words are few and of few
types, so they are cut out of the bytes here. A layout with any other type (tuples) is left to
eth-abi whole. That both accept the same bytes and read the same values is held by
tests/chain/test_abi_words.py. Addresses come as 20 bytes, not as text.
"""

from collections.abc import Callable, Mapping, Sequence

from eth_abi import decode as abi_decode

from service.protocol.ids import ADDRESS_BYTES

WORD = 32
_ADDRESS_PADDING = bytes(WORD - ADDRESS_BYTES)

# A value out of a buffer, given where its word starts; ``ValueError`` if it is not there.
Read = Callable[[bytes, int], object]
# The values of a log, in the order the event declares them, out of its topics and its data.
ReadLog = Callable[[Sequence[bytes], bytes], Sequence[object]]


def log_reader(types: Sequence[str], indexed: Sequence[bool]) -> ReadLog:
    """How to read logs of one layout, worked out once; reading raises ``ValueError``.

    The reader wants as many topics as the layout has, topic0 included. eth-abi's own errors,
    where it reads, are ``DecodingError`` and ``OverflowError``.
    """
    data_types = [kind for kind, is_indexed in zip(types, indexed, strict=True) if not is_indexed]
    head = WORD * len(data_types)
    readers = {kind: _reader(kind, head) for kind in types}
    if not all(readers.values()):
        return _with_eth_abi(types, indexed, data_types)
    plan = _plan(types, indexed, readers)
    topics_length = WORD * (1 + len(types) - len(data_types))

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
    types: Sequence[str], indexed: Sequence[bool], readers: dict[str, Read | None]
) -> tuple[tuple[Read, bool, int], ...]:
    """For each word: how it is read, whether among the topics, and where it starts there."""
    plan = []
    # The first topic names the event.
    next_topic, next_data = WORD, 0
    for kind, is_indexed in zip(types, indexed, strict=True):
        if is_indexed and kind in _WITH_LENGTH:
            message = f"an indexed {kind} is only a hash: it cannot be read"
            raise ValueError(message)
        read = readers[kind]
        assert read is not None  # noqa: S101  # the caller has looked
        plan.append((read, is_indexed, next_topic if is_indexed else next_data))
        if is_indexed:
            next_topic += WORD
        else:
            next_data += WORD
    return tuple(plan)


def _with_eth_abi(
    types: Sequence[str], indexed: Sequence[bool], data_types: Sequence[str]
) -> ReadLog:
    topic_types = [kind for kind, is_indexed in zip(types, indexed, strict=True) if is_indexed]
    read_topics = log_reader(topic_types, [True] * len(topic_types))

    def read(topics: Sequence[bytes], data: bytes) -> Sequence[object]:
        of_topics = iter(read_topics(topics, b""))
        of_data = zip(data_types, abi_decode(data_types, data), strict=True)
        return [next(of_topics) if is_indexed else _plain(*next(of_data)) for is_indexed in indexed]

    return read


def _plain(kind: str, value: object) -> object:
    # eth-abi gives addresses as 0x-text.
    return bytes.fromhex(value[2:]) if kind == "address" and isinstance(value, str) else value


def _reader(kind: str, head: int) -> Read | None:
    """How a type is read; ``None`` for one that eth-abi has to read."""
    if kind in _WITH_LENGTH:
        read_tail = _WITH_LENGTH[kind]
        return lambda data, at: read_tail(data, _tail(data, at, head))
    return _WORDS.get(kind)


def _bytes32(data: bytes, at: int) -> bytes:
    return data[at : at + WORD]


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


def _tail(data: bytes, at: int, head: int) -> int:
    """Where a value of no fixed length starts: with its length, behind the head."""
    start = int.from_bytes(data[at : at + WORD], "big")
    if not head <= start <= len(data) - WORD:
        message = f"offset {start} at byte {at} points outside the data ({len(data)} bytes)"
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


_WORDS: Mapping[str, Read] = {
    "address": _address,
    "bool": _bool,
    "bytes32": _bytes32,
    "uint256": _uint256,
    **{f"uint{bits}": _uint(bits) for bits in range(8, 256, 8)},
    **{f"int{bits}": _int(bits) for bits in range(8, 264, 8)},
}
# Types whose values lie behind the head, each with its length.
_WITH_LENGTH: Mapping[str, Read] = {"bytes": _byte_string, "uint256[]": _uint256_list}
