"""Captured logs of the real contracts, and the same scenario as a subject of the encoder."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from eth_abi import decode

from models.enums import ContractKind
from service.chain.book import read_book
from service.chain.event import Event
from service.chain.events import EVENTS
from service.demo.logs import Draft, Places, Subject
from service.protocol.finality import POLYGON

CAPTURES = Path(__file__).parents[1] / "replays" / "chain"
BOOK = read_book(CAPTURES / "contracts.json")
LIVENESS = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Seen:
    """One captured log with its event, its words and its block."""

    event: Event
    kind: ContractKind
    draft: Draft
    words: tuple[Any, ...]
    block: int


def read(name: str) -> dict[str, Any]:
    """A scenario's file."""
    document: dict[str, Any] = json.loads(gzip.decompress((CAPTURES / name).read_bytes()))
    return document


def seen_logs(name: str) -> Iterator[Seen]:
    """The scenario's logs on Polygon that Settlewatch reads, in order."""
    for log in read(name)["chains"]["137"]["logs"]:
        address = bytes.fromhex(log["address"][2:])
        topics = tuple(bytes.fromhex(topic[2:]) for topic in log["topics"])
        block = int(log["blockNumber"], 16)
        for kind in BOOK.kinds_at(POLYGON, address, block):
            event = EVENTS.get((kind, topics[0]))
            if event is not None:
                draft = Draft(address, topics, bytes.fromhex(log["data"][2:]))
                yield Seen(event, kind, draft, _words(event, draft), block)


def instant(block: int, name: str) -> datetime:
    """When a captured block was mined."""
    blocks = read(name)["chains"]["137"]["blocks"]
    seconds = next(int(b["timestamp"], 16) for b in blocks if int(b["number"], 16) == block)
    return datetime.fromtimestamp(seconds, UTC)


def to_subject(logs: Sequence[Seen], name: str) -> Subject:
    """The captured question as the encoder wants it: texts, addresses and blocks are theirs."""
    opened = next(log for log in logs if log.event.name == "QuestionInitialized")
    asked = next(log for log in logs if log.event.name == "RequestPrice")
    _, _, creator, ancillary, currency, reward, bond = opened.words
    people = {f"{role}-{block}": person for block, role, person in _people(logs)}
    blocks = {
        instant(int(b["number"], 16), name): int(b["number"], 16)
        for b in read(name)["chains"]["137"]["blocks"]
    }
    [tunnel] = BOOK.addresses(POLYGON, [ContractKind.ORACLE_CHILD_TUNNEL])
    [tokens] = BOOK.addresses(POLYGON, [ContractKind.CONDITIONAL_TOKENS])
    return Subject(
        places=Places(
            adapter=opened.draft.address,
            oracle=asked.draft.address,
            oracle_kind=asked.kind,
            tunnel=tunnel,
            conditional_tokens=tokens,
            currency=currency,
            is_v4=True,
        ),
        creator=creator,
        ancillary=ancillary,
        outcomes=("Yes", "No"),
        bond=bond,
        reward=reward,
        final_fee=asked.words[-1],
        liveness=LIVENESS,
        address_of=people.__getitem__,
        block_of=blocks.__getitem__,
    )


def _people(logs: Sequence[Seen]) -> Iterator[tuple[int, str, bytes]]:
    for log in logs:
        if log.event.name == "ProposePrice":
            yield log.block, "proposer", log.words[1]
        if log.event.name == "DisputePrice":
            yield log.block, "disputer", log.words[2]


def _words(event: Event, draft: Draft) -> tuple[Any, ...]:
    topics = iter(draft.topics[1:])
    plain = iter(decode(event.data_types, draft.data))
    return tuple(
        _bytes(kind, decode([kind], next(topics))[0] if is_indexed else next(plain))
        for kind, is_indexed in zip(event.types, event.indexed, strict=True)
    )


def _bytes(kind: str, value: Any) -> Any:  # an ABI word of any type
    return bytes.fromhex(value[2:]) if kind == "address" else value
