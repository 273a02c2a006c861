"""Logs of contracts nobody captured, encoded from the events' own signatures, block by block."""

from datetime import datetime, timedelta

from eth_hash.auto import keccak

from models.enums import ContractKind
from service.chain.archive import Capture
from service.chain.decode import decode_logs
from service.chain.event import Event
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.demo.logs import encode_log
from service.protocol.contracts import ContractBook
from service.protocol.dated_fact import DatedFact
from service.protocol.log_position import BlockHeader, LogPosition

# An emitter, its event and the event's words; addresses are raw bytes.
Words = tuple[bytes, Event, tuple[object, ...]]


def event_of(kind: ContractKind, name: str, words: int | None = None, era: str = "") -> Event:
    """The event of a kind of contract by name, by its number of words where two have the name.

    An era's layout is the last one listed, or the one of the era's own events.
    """
    layouts = [
        layout
        for (emitter, _), event in EVENTS.items()
        if emitter is kind and event.name == name
        for layout in (event, *event.others)
        if words is None or len(layout.types) == words
    ]
    of_era = [layout for layout in layouts if layout.era == era] or layouts
    return of_era[-1] if era else of_era[0]


class EncodedChain:
    """A chain of our own making: every transaction is a block of its own."""

    def __init__(self, start: datetime, chain_id: int = 137, first_block: int = 1_000) -> None:
        """An empty chain whose first block comes a second after ``start``."""
        self.chain_id = chain_id
        self.now = start
        self.first_block = first_block
        self.blocks: list[BlockHeader] = []
        self.logs: list[RawLog] = []

    @property
    def time(self) -> int:
        """The time of the newest block."""
        return int(self.now.timestamp())

    def wait(self, span: timedelta) -> None:
        """Let time pass before the next block."""
        self.now += span

    def send(self, *logs: Words, at: datetime | None = None) -> BlockHeader:
        """One transaction with these logs, in this order; a second later unless told when."""
        self.now = at or self.now + timedelta(seconds=1)
        number = self.first_block + len(self.blocks)
        digest = keccak(b"block" + self.chain_id.to_bytes(8, "big") + number.to_bytes(8, "big"))
        parent = self.blocks[-1].hash if self.blocks else bytes(32)
        block = BlockHeader(self.chain_id, number, digest, parent, self.now)
        self.blocks.append(block)
        sent = keccak(b"transaction" + digest)
        for index, (address, event, words) in enumerate(logs):
            draft = encode_log(address, event, words)
            place = LogPosition(self.chain_id, number, digest, index, sent, address)
            self.logs.append(RawLog(place, draft.topics, draft.data))
        return block

    def capture(self) -> Capture:
        """Everything so far, as an archive or a node would give it."""
        first, last = self.blocks[0].number, self.blocks[-1].number
        return Capture(self.chain_id, first, last, tuple(self.blocks), tuple(self.logs))

    def facts(self, book: ContractBook) -> list[DatedFact]:
        """Everything so far, decoded; fails where a log does not decode."""
        decoded = decode_logs(self.logs, book)
        counted = (decoded.undecodable, decoded.unknown_topic, decoded.outside_book)
        assert counted == ([], 0, 0), counted
        mined = {block.hash: block.mined_at for block in self.blocks}
        return [DatedFact(fact, mined[fact.at.block_hash]) for fact in decoded.facts]
