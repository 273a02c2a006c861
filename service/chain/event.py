"""One event of a contract: its signature in the source's words, and the fact it becomes.

Signatures are written as in the contracts' sources, ``*`` marking indexed words
(docs/data-dictionary.md, "Events"). Where two deployments disagree on which words are indexed,
the topic0 is the same and the number of topics tells them apart.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from eth_hash.auto import keccak

from models.enums import ContractKind
from service.chain.abi_words import ReadLog, log_reader
from service.protocol.facts import Fact

Build = Callable[..., Fact]


@dataclass(frozen=True, slots=True)
class Event:
    """One layout of one event, ready for decoding."""

    name: str
    topic0: bytes
    types: tuple[str, ...]
    indexed: tuple[bool, ...]
    build: Build
    # How many topics a log of this layout carries, topic0 included.
    topic_count: int
    # The ABI types of the unindexed words, in order.
    data_types: tuple[str, ...]
    # Reads the words out of a log's topics and data.
    read: ReadLog = field(repr=False, compare=False)
    # Whose event it is where contracts of one kind differ by version; empty for today's.
    era: str = ""
    # The source does not publish its words: topics and data are kept as they came.
    is_opaque: bool = False
    # Other layouts of the same topic0, by their number of topics.
    others: tuple["Event", ...] = field(default=(), repr=False)

    def with_topics(self, count: int) -> "Event | None":
        """The layout a log with so many topics has; ``None`` if no deployment has it."""
        if count == self.topic_count or self.is_opaque:
            return self
        return next((other for other in self.others if other.topic_count == count), None)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an event table: who emits it, its layouts, and what is made of it."""

    kinds: tuple[ContractKind, ...]
    # The usual layout first.
    signatures: tuple[str, ...]
    build: Build
    era: str = ""
    # Where only the event's name and topic0 are known.
    topic0: bytes | None = None


def line(
    kinds: ContractKind | tuple[ContractKind, ...],
    signature: str | tuple[str, ...],
    build: Build,
    *,
    era: str = "",
) -> Line:
    """A line from one signature, or from several that differ in what is indexed."""
    return Line(
        kinds if isinstance(kinds, tuple) else (kinds,),
        signature if isinstance(signature, tuple) else (signature,),
        build,
        era,
    )


def words_of(signature: str) -> list[str]:
    """The words between a signature's outer parentheses; tuples stay whole."""
    words, depth, word = [], 0, ""
    for character in signature.removesuffix(")").partition("(")[2]:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            words.append(word)
            word = ""
        else:
            word += character
    return [part.strip() for part in (*words, word) if part.strip()]


def to_topic(name: str, types: Sequence[str]) -> bytes:
    """The topic0 of an event of this name and these ABI types."""
    return keccak(f"{name}({','.join(types)})".encode())


def to_event(signature: str, build: Build, era: str = "") -> Event:
    """An event from its signature."""
    name = signature.partition("(")[0]
    # "bytes32* requestId": the type, whether it is indexed, and its name if it says one.
    kinds = [word.partition(" ")[0] for word in words_of(signature)]
    types = tuple(kind.rstrip("*") for kind in kinds)
    indexed = tuple(kind.endswith("*") for kind in kinds)
    return Event(
        name=name,
        topic0=to_topic(name, types),
        types=types,
        indexed=indexed,
        build=build,
        topic_count=1 + sum(indexed),
        data_types=tuple(t for t, i in zip(types, indexed, strict=True) if not i),
        read=log_reader(types, indexed),
        era=era,
    )


def _opaque(entry: Line, topic0: bytes) -> Event:
    def read(topics: Sequence[bytes], data: bytes) -> Sequence[object]:
        return topics, data

    return Event(entry.signatures[0], topic0, (), (), entry.build, 0, (), read, is_opaque=True)


def to_events(lines: Iterable[Line]) -> Iterator[tuple[tuple[ContractKind, bytes], Event]]:
    """Every event by the kind that emits it and its topic0."""
    for entry in lines:
        if entry.topic0 is None:
            layouts: Sequence[Event] = [
                to_event(signature, entry.build, entry.era) for signature in entry.signatures
            ]
            event = replace(layouts[0], others=tuple(layouts[1:]))
        else:
            event = _opaque(entry, entry.topic0)
        for kind in entry.kinds:
            yield (kind, event.topic0), event
