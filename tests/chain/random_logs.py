"""Random logs of every event: valid ones, what becomes of them when mangled, and pure noise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from eth_abi import encode

from models.enums import ContractKind
from service.chain.archive import Capture
from service.chain.event import Event
from service.chain.events import EVENTS
from service.chain.fill_events import EXCHANGES, TOPICS
from service.chain.raw import RawLog
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import MULTIPLE_VALUES, YES_OR_NO_QUERY
from service.protocol.log_position import BlockHeader, LogPosition

CHAIN = 137
WORD = 32
ADDRESSES = {kind: bytes([7, n]) * 10 for n, kind in enumerate(sorted({k for k, _ in EVENTS}))}
BOOK = ContractBook(tuple(ContractEntry(CHAIN, a, kind, 0) for kind, a in ADDRESSES.items()))
# Apart from the book above: the oracle's reader knows no trades.
FILL_BOOK = ContractBook(
    tuple(
        ContractEntry(CHAIN, bytes([8, 2 * n + m]) * 10, kind, 0)
        for n, kind in enumerate(EXCHANGES)
        for m in range(2)
    )
)
_AMOUNTS = ["uint256"] * 4
FILL_WORDS = (
    (["uint256", *_AMOUNTS], TOPICS[0]),
    (["uint8", *_AMOUNTS, "bytes32", "bytes32"], TOPICS[1]),
)
LAYOUTS: Sequence[tuple[ContractKind, Event]] = [
    (kind, layout) for (kind, _), event in EVENTS.items() for layout in (event, *event.others)
]
# Valid logs made afresh for each layout and batch, to be mangled in as many ways as are asked for.
SEEDS = 8
BLOCKS = 40
START = datetime(2024, 1, 1, tzinfo=UTC)
# Where columns, instants and contracts have their limits.
EDGES = [
    *(0, 1, 2, 10**18, 5 * 10**17, 1_700_000_000, 253_402_300_799, 253_402_300_800),
    *(n + d for n in (2**8, 2**31, 2**32, 2**63, 2**64, 2**127, 2**128) for d in (-1, 0, 1)),
    *(2**255 - 1, 2**255, 2**256 - 1, 255, 256, 257, 10**30),
]
TEXTS = [
    b"",
    b"q: title: Will it?, description: It may. market_id: 12 res_data: p1: 0, p2: 1, p3: 0.5. "
    b"Where p1 corresponds to No, p2 to Yes, p3 to unknown/50-50,initializer:" + b"ab" * 20,
    b"q: title: \x00nul\x00, description: \xff\xfe no UTF-8 \xf0\x9f res_data: p1: 0",
    b"q: title: " + b"\xe2\x80\xae" * 90 + b", description: x",
    b'{"title":"\\ud83d half \\u0000 nul","labels":["\\udfff",1,null],"res_data":{"p1":1e999}}',
    b'{"q":{"title":' + b"[" * 3_000 + b"}}",
    b'{"title":' + b"9" * 5_000 + b"}",
    b"ancillaryDataHash:" + b"1f" * 32 + b",childBlockNumber:1,childOracle:" + b"2a" * 20
    + b",childRequester:" + b"3b" * 20 + b",childChainId:137",
    b"text,ooRequester:" + b"4c" * 20,
    b"\x00" * 70,
    b"long " * 3_000,
]  # fmt: skip


@dataclass(slots=True)
class Draft:
    """A log that may still be mangled."""

    address: bytes
    topics: list[bytes]
    data: bytearray


def random_capture(random: Random, count: int) -> Capture:
    """A capture of so many logs over a few blocks."""
    blocks = tuple(
        BlockHeader(CHAIN, n, random.randbytes(32), bytes(32), START + timedelta(seconds=2 * n))
        for n in range(BLOCKS)
    )
    logs = []
    for index, draft in enumerate(random_drafts(random, count)):
        block = blocks[index % BLOCKS]
        at = LogPosition(
            CHAIN, block.number, block.hash, index, random.randbytes(32), draft.address
        )
        logs.append(RawLog(at, tuple(draft.topics), bytes(draft.data)))
    return Capture(CHAIN, 0, BLOCKS - 1, blocks, tuple(logs))


def random_drafts(random: Random, count: int) -> Iterator[Draft]:
    """Logs of all layouts in turn: half valid, the rest mangled once or more, or noise."""
    seeds = [[valid(random, *layout) for _ in range(SEEDS)] for layout in LAYOUTS]
    for number in range(count):
        seed = random.choice(seeds[number % len(seeds)])
        draft = Draft(seed.address, list(seed.topics), bytearray(seed.data))
        for _ in range(max(0, random.randrange(6) - 2)):
            random.choice(MANGLINGS)(random, draft)
        yield draft


def valid(random: Random, kind: ContractKind, event: Event) -> Draft:
    """A log as the contract could emit it, were its words any."""
    if event.is_opaque:
        topics = [random.randbytes(WORD) for _ in range(random.randrange(4))]
        return Draft(
            ADDRESSES[kind],
            [event.topic0, *topics],
            bytearray(random.randbytes(random.randrange(200))),
        )
    words = [(name, random_value(random, name)) for name in event.types]
    topics = [encode([n], [v]) for (n, v), i in zip(words, event.indexed, strict=True) if i]
    plain = [word for word, i in zip(words, event.indexed, strict=True) if not i]
    data = encode([name for name, _ in plain], [value for _, value in plain])
    return Draft(ADDRESSES[kind], [event.topic0, *topics], bytearray(data))


def random_value(random: Random, kind: str) -> Any:
    """A value of an ABI type: an edge, something usual, or anything."""
    make = _VALUES.get(kind)
    return _random_number(random, kind) if make is None else make(random)


def _random_number(random: Random, kind: str) -> int:
    bits = int(kind.removeprefix("u").removeprefix("int"))
    anything = random.choice([random.choice(EDGES), random.randrange(5), random.getrandbits(bits)])
    value: int = anything % 2**bits
    return value - 2**bits if kind.startswith("int") and value >= 2 ** (bits - 1) else value


def _random_list(random: Random) -> list[int]:
    return [random.choice(EDGES) for _ in range(random.choice([0, 1, 2, 2, 3, 300]))]


def _random_calls(random: Random) -> list[tuple[Any, ...]]:
    parts = ("address", "uint256", "bytes")
    return [tuple(random_value(random, part) for part in parts) for _ in range(random.randrange(3))]


def random_text(random: Random) -> bytes:
    text = random.choice(TEXTS)
    return text if random.random() < 0.5 else text + random.randbytes(random.randrange(60))


_VALUES: Mapping[str, Callable[[Random], Any]] = {
    "address": lambda r: "0x" + r.choice([bytes(20), b"\x11" * 20, r.randbytes(20)]).hex(),
    "bool": lambda r: r.random() < 0.5,
    "bytes32": lambda r: r.choice([YES_OR_NO_QUERY, MULTIPLE_VALUES, r.randbytes(WORD)]),
    "bytes4": lambda r: r.randbytes(4),
    "bytes": random_text,
    "uint256[]": _random_list,
    "(address,uint256,bytes)[]": _random_calls,
}


def strange_word(random: Random) -> bytes:
    value = random.choice([*EDGES, 32 * random.randrange(12), random.getrandbits(256)])
    return (value if random.random() < 0.8 else -value % 2**256).to_bytes(WORD, "big")


def _replace_word(random: Random, draft: Draft) -> None:
    if len(draft.data) >= WORD:
        at = WORD * random.randrange(len(draft.data) // WORD)
        draft.data[at : at + WORD] = strange_word(random)


def _replace_byte(random: Random, draft: Draft) -> None:
    if draft.data:
        draft.data[random.randrange(len(draft.data))] = random.randrange(256)


def _cut(random: Random, draft: Draft) -> None:
    del draft.data[random.randrange(len(draft.data) + 1) :]


def _grow(random: Random, draft: Draft) -> None:
    draft.data += random.randbytes(random.randrange(100))


def _replace_topic(random: Random, draft: Draft) -> None:
    if len(draft.topics) > 1:
        draft.topics[random.randrange(1, len(draft.topics))] = strange_word(random)


def _drop_topic(_random: Random, draft: Draft) -> None:
    del draft.topics[-1:]


def _add_topic(random: Random, draft: Draft) -> None:
    if len(draft.topics) < 4:
        draft.topics.append(strange_word(random))


def _rename(random: Random, draft: Draft) -> None:
    if draft.topics:
        _, other = random.choice(LAYOUTS)
        draft.topics[0] = random.choice([random.randbytes(WORD), other.topic0])


def _move(random: Random, draft: Draft) -> None:
    draft.address = random.choice([random.randbytes(20), random.choice(list(ADDRESSES.values()))])


def _noise(random: Random, draft: Draft) -> None:
    draft.data[:] = random.randbytes(random.randrange(600))


def random_fill_logs(random: Random, count: int) -> list[RawLog]:
    """Logs of trades of both layouts on every exchange: half as valid as any words can be.

    The mangled ones are mangled as the oracle's are.
    """
    addresses = FILL_BOOK.addresses(CHAIN, EXCHANGES)
    logs = []
    for index in range(count):
        words, topic0 = random.choice(FILL_WORDS)
        token, price = random.choice([0, 1, random.getrandbits(256)]), random.choice(EDGES)
        amounts = random.choice([[price, price], [price, random.choice(EDGES)], [5, 10], [10, 5]])
        values: list[Any] = [token, 0] if random.random() < 0.5 else [0, token]
        if len(words) > 5:
            values = [random.choice([0, 1, 1, 2]), token]
        values += [*amounts, 0, *[bytes(WORD)] * (len(words) - 5)]
        topics = [topic0, *(random_topic(random) for _ in range(3))]
        draft = Draft(
            random.choice(addresses), topics, bytearray(encode(words, values[: len(words)]))
        )
        for _ in range(max(0, random.randrange(6) - 3)):
            random.choice(MANGLINGS)(random, draft)
        at = LogPosition(CHAIN, 1, b"\x01" * 32, index, random.randbytes(32), draft.address)
        logs.append(RawLog(at, tuple(draft.topics), bytes(draft.data)))
    return logs


def random_topic(random: Random) -> bytes:
    """An address as a topic holds it; now and then the exchange's own, as in a summary."""
    others = (random.randbytes(20), *FILL_BOOK.addresses(CHAIN, EXCHANGES))
    return random.choice(others).rjust(WORD, b"\0")


MANGLINGS = (
    *(_replace_word, _replace_word, _replace_byte, _cut, _grow),
    *(_replace_topic, _replace_topic, _drop_topic, _add_topic, _rename, _move, _noise),
)
