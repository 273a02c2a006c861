"""What a question's logs repeat, and one log in the making."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.enums import ContractKind
from service.chain.event import Event
from service.protocol.ids import condition_id, question_id, to_word

WORD = 32


@dataclass(frozen=True, slots=True)
class Places:
    """The addresses a question's transactions touch."""

    adapter: bytes
    oracle: bytes
    oracle_kind: ContractKind
    tunnel: bytes
    conditional_tokens: bytes
    currency: bytes
    # Whether the adapter says ManuallyResolved (v4) or EmergencyResolved (before).
    is_v4: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """One question, ready to be written: everything its logs repeat."""

    places: Places
    creator: bytes
    ancillary: bytes
    outcomes: tuple[str, str]
    bond: int
    reward: int
    final_fee: int
    liveness: timedelta
    # The address behind a handle.
    address_of: Callable[[str], bytes]
    # The block of an instant.
    block_of: Callable[[datetime], int]

    @property
    def question(self) -> bytes:
        """The adapter's id of the question."""
        return question_id(self.ancillary)

    @property
    def condition(self) -> bytes:
        """The tokens' id of the question."""
        return condition_id(self.places.adapter, self.question)


@dataclass(frozen=True, slots=True)
class Draft:
    """A log before it has a block."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """The logs one transaction leaves, in order."""

    at: datetime
    logs: tuple[Draft, ...]


def encode_log(address: bytes, event: Event, values: tuple[object, ...]) -> Draft:
    """One event as a log; addresses are raw bytes."""
    topics = [event.topic0]
    kinds: list[str] = []
    words: list[object] = []
    for kind, is_indexed, value in zip(event.types, event.indexed, values, strict=True):
        if is_indexed:
            topics.append(_static(kind, value))
        else:
            kinds.append(kind)
            words.append(value)
    return Draft(address, tuple(topics), _encode(kinds, words))


def _encode(kinds: Sequence[str], values: Sequence[object]) -> bytes:
    """The ABI's encoding of an event's plain words; a simulation writes a hundred thousand logs."""
    heads: list[bytes] = []
    tails = b""
    for kind, value in zip(kinds, values, strict=True):
        if kind == "bytes" and isinstance(value, bytes):
            heads.append(to_word(WORD * len(kinds) + len(tails)))
            tails += to_word(len(value)) + value + bytes(-len(value) % WORD)
        elif kind.endswith("[]") and isinstance(value, Sequence):
            heads.append(to_word(WORD * len(kinds) + len(tails)))
            tails += to_word(len(value)) + b"".join(_static(kind[:-2], one) for one in value)
        else:
            heads.append(_static(kind, value))
    return b"".join(heads) + tails


def _static(kind: str, value: object) -> bytes:
    match value:
        case bytes() if kind == "address":
            return value.rjust(WORD, b"\0")
        case bytes() if kind.startswith("bytes"):
            return value.ljust(WORD, b"\0")
        case int() if kind.startswith(("int", "uint", "bool")):
            return int(value).to_bytes(WORD, "big", signed=kind.startswith("int"))
    message = f"{value!r:.60} is no {kind}"
    raise TypeError(message)
