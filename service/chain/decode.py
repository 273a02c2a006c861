"""Logs in, facts out: pure, and the same for archives and for the live reader."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models.enums import ContractKind
from service.chain.event import Event
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.protocol.contracts import ContractBook
from service.protocol.facts import Fact, UndecodableLog

# Every log passes here, and looking up an enum's member costs a call of its own.
_BY_TOPIC: dict[bytes, list[tuple[ContractKind, Event]]] = {}
for (_kind, _topic0), _event in EVENTS.items():
    _BY_TOPIC.setdefault(_topic0, []).append((_kind, _event))


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
        except ValueError as error:
            reason = f"{event.name}: {str(error)[:300]}"
            result.undecodable.append(
                UndecodableLog(log.at, event.topic0, reason, log.topics, log.data)
            )
    return result


def _find_event(kinds: tuple[ContractKind, ...], topics: tuple[bytes, ...]) -> Event | None:
    if not topics:
        return None
    emitters = _BY_TOPIC.get(topics[0], ())
    return next((e for kind in kinds for emitter, e in emitters if emitter is kind), None)


def _decode(usual: Event, log: RawLog) -> Fact:
    event = usual.with_topics(len(log.topics))
    if event is None:
        message = f"{len(log.topics)} topics instead of {usual.topic_count}"
        raise ValueError(message)
    return event.build(log.at, *event.read(log.topics, log.data))
