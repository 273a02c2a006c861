"""Logs in, facts out: pure, and the same for archives and for the live reader."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from eth_abi import decode as abi_decode
from eth_abi.exceptions import DecodingError

from models.enums import ContractKind
from service.chain.event import Event
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.protocol.contracts import ContractBook
from service.protocol.facts import Fact, UndecodableLog

_ADDRESS_PADDING = bytes(12)


@dataclass(slots=True)
class Decoded:
    """What became of a batch of logs: every one of them is counted somewhere."""

    facts: list[Fact] = field(default_factory=list)
    undecodable: list[UndecodableLog] = field(default_factory=list)
    outside_book: int = 0
    unknown_topic: int = 0


def decode_logs(logs: Iterable[RawLog], book: ContractBook) -> Decoded:
    """Decode what the book's contracts emitted; the rest is counted, never an error."""
    result = Decoded()
    for log in logs:
        kinds = book.kinds_at(log.at.chain_id, log.at.address, log.at.block_number)
        if not kinds:
            result.outside_book += 1
            continue
        event = _find_event(kinds, log.topics)
        if event is None:
            result.unknown_topic += 1
            continue
        try:
            result.facts.append(_decode(event, log))
        except (DecodingError, OverflowError, ValueError) as error:
            # An offset or a length beyond memory overflows before eth-abi looks at it.
            reason = f"{event.name}: {str(error)[:300]}"
            result.undecodable.append(
                UndecodableLog(log.at, event.topic0, reason, log.topics, log.data)
            )
    return result


def _find_event(kinds: tuple[ContractKind, ...], topics: tuple[bytes, ...]) -> Event | None:
    if not topics:
        return None
    found = (EVENTS.get((kind, topics[0])) for kind in kinds)
    return next((event for event in found if event is not None), None)


def _decode(usual: Event, log: RawLog) -> Fact:
    if usual.is_opaque:
        return usual.build(log.at, log.topics, log.data)
    event = usual.with_topics(len(log.topics))
    if event is None:
        message = f"{len(log.topics)} topics instead of {usual.topic_count}"
        raise ValueError(message)
    topics = iter(log.topics[1:])
    words = iter(abi_decode(event.data_types, log.data))
    values = [
        _topic_word(kind, next(topics)) if is_indexed else _plain(kind, next(words))
        for kind, is_indexed in zip(event.types, event.indexed, strict=True)
    ]
    return event.build(log.at, *values)


def _topic_word(kind: str, topic: bytes) -> bytes | int | bool:
    if kind == "bytes32":
        return topic
    if kind == "address":
        if topic[:12] != _ADDRESS_PADDING:
            message = "an address topic is not padded with zeros"
            raise ValueError(message)
        return topic[12:]
    if kind == "int256":
        return int.from_bytes(topic, "big", signed=True)
    value = int.from_bytes(topic, "big")
    bits = 1 if kind == "bool" else int(kind.removeprefix("uint"))
    if value >> bits:
        message = f"{value} is no {kind}"
        raise ValueError(message)
    return bool(value) if kind == "bool" else value


def _plain(kind: str, value: object) -> object:
    # eth-abi gives addresses as 0x-text; facts carry bytes.
    return bytes.fromhex(value[2:]) if kind == "address" and isinstance(value, str) else value
