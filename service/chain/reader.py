"""Reading a chain forward in windows that fit what the node will answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.chain.archive import Capture
from service.chain.events import EVENTS
from service.chain.raw import RawLog
from service.chain.rpc import Node
from service.errors import RangeTooWide, SourceError, TransientSourceError
from service.protocol.contracts import ContractBook
from service.protocol.log_position import BlockHeader


@dataclass(slots=True)
class Window:
    """How many blocks are asked for at once; halves when that was too much, then grows again."""

    size: int = 500
    largest: int = 10_000
    # A window that returned fewer logs than this may be doubled.
    comfortable_logs: int = 2_000

    def halve(self) -> None:
        """The node refused: ask for half."""
        self.size = max(1, self.size // 2)

    def grow(self, logs: int) -> None:
        """The node answered: ask for more next time, if it was little."""
        if logs < self.comfortable_logs:
            self.size = min(self.largest, self.size * 2)


def read_captures(
    node: Node, book: ContractBook, from_block: int, head: BlockHeader, window: Window
) -> Iterator[Capture]:
    """Captures from ``from_block`` to the head, window by window, in order."""
    kinds = {kind for kind, _ in EVENTS}
    addresses = book.addresses(node.chain_id, kinds)
    topics = list(dict.fromkeys(topic for _, topic in EVENTS))
    start = from_block
    while start <= head.number:
        end = min(start + window.size - 1, head.number)
        try:
            logs = node.logs(start, end, addresses, topics)
        except RangeTooWide:
            # Never for one block alone: there the node raises what is no range's fault.
            window.halve()
            continue
        yield _capture(node, start, end, logs)
        window.grow(len(logs))
        start = end + 1


def _capture(node: Node, start: int, end: int, logs: Sequence[RawLog]) -> Capture:
    """Join logs with their blocks; a block that changed in between is read again next time."""
    numbers = sorted({log.at.block_number for log in logs} | {end})
    headers = node.headers(numbers)
    hashes = {header.number: header.hash for header in headers}
    seen: set[tuple[bytes, int]] = set()
    for log in logs:
        if hashes[log.at.block_number] != log.at.block_hash:
            reason = f"block {log.at.block_number} changed while it was read"
            raise TransientSourceError(node.source, reason)
        if (log.at.block_hash, log.at.log_index) in seen:
            reason = f"gave log {log.at.log_index} of block {log.at.block_number} twice"
            raise SourceError(node.source, reason)
        seen.add((log.at.block_hash, log.at.log_index))
    return Capture(node.chain_id, start, end, tuple(headers), tuple(logs))
