"""Reading a chain forward in windows that fit what the node will answer."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from service.chain.archive import Capture
from service.chain.block_times import TimeOf
from service.chain.calls import fetch_headers, fetch_logs, fetch_tag
from service.chain.faults import Fault
from service.chain.filters import LogFilter
from service.chain.node import Node
from service.chain.raw import MAX_BLOCK, RawLog
from service.chain.rpc import Endpoint
from service.chain.window import Window
from service.errors import RangeTooWide, SourceError
from service.protocol.log_position import BlockHeader

Count = Callable[[Fault], None]
Wants = Callable[[RawLog], bool]
# So many blocks below the head are kept whether they carry logs or not: where a chain takes blocks
# back, their hashes tell which, even if it is shorter than before.
DENSE_BLOCKS = 64


def every(_log: RawLog) -> bool:
    """The blocks of all logs are wanted."""
    return True


def read_captures(
    node: Node,
    wanted: LogFilter,
    from_block: int,
    head: BlockHeader,
    window: Window,
    parent: bytes | None = None,
    *,
    dense_blocks: int = DENSE_BLOCKS,
    wants: Wants = every,
) -> Iterator[Capture]:
    """Captures from ``from_block`` to the head, window by window, in order.

    A capture's blocks are those with logs that ``wants`` names, its last one, and all of the
    newest ``dense_blocks``.
    ``parent`` is the stored hash of the block before the first: what is read must follow it.
    """
    # A node takes an empty list of addresses for every address there is.
    if not wanted.addresses:
        return
    start = from_block
    while start <= head.number:
        end = min(start + window.size - 1, head.number)
        try:
            capture = read_range(
                node,
                wanted,
                start,
                end,
                parent=parent,
                dense_from=head.number - dense_blocks + 1,
                wants=wants,
            )
        except RangeTooWide as error:
            if start == end:
                reason = f"block {start} alone is more than the node will answer ({error.reason})"
                raise SourceError(node.source, reason) from error
            window.halve()
            continue
        if len(capture.logs) > window.most_logs and start < end:
            window.halve()
            continue
        if end == head.number and capture.blocks[-1].hash != head.hash:
            node.count(Fault.BLOCK_CHANGED)
            raise SourceError(node.source, f"block {end} changed while it was read")
        yield capture
        window.grow(end - start + 1, len(capture.logs))
        start, parent = end + 1, capture.blocks[-1].hash


def read_range(
    node: Node,
    wanted: LogFilter,
    start: int,
    end: int,
    *,
    parent: bytes | None = None,
    dense_from: int = MAX_BLOCK,
    instead_of: int | None = None,
    wants: Wants = every,
) -> Capture:
    """One range's logs with their blocks, all from one URL, checked against each other."""
    dense = range(max(start, dense_from), end + 1)
    return node.ask(
        lambda endpoint: _read(endpoint, wanted, (start, end), dense, parent, node.count, wants),
        reach=end,
        is_narrow=start == end,
        instead_of=instead_of,
    )


def read_newest(node: Node, wanted: LogFilter, final: BlockHeader, most: int) -> Capture | None:
    """What stands above the final head, of the newest ``most`` blocks; ``None`` if nothing does.

    Such blocks may still be taken back: they are for showing, not for keeping.
    """

    def newest(endpoint: Endpoint) -> Capture | None:
        latest = fetch_tag(endpoint, "latest")
        start = max(final.number + 1, latest.number - most + 1)
        if start > latest.number:
            return None
        parent = final.hash if start == final.number + 1 else None
        return _read(endpoint, wanted, (start, latest.number), range(0), parent, node.count)

    return node.ask(newest, reach=final.number)


def _read(
    endpoint: Endpoint,
    wanted: LogFilter,
    closed: tuple[int, int],
    dense: range,
    parent: bytes | None,
    count: Count,
    wants: Wants = every,
) -> Capture:
    start, end = closed
    answered = _logs(endpoint, wanted, start, end, count)
    logs = _in_order(endpoint, answered, count)
    kept = {log.at.block_number for log in logs if wants(log)} | {end, *dense}
    numbers = sorted(kept if parent is None else kept | {start})
    headers = fetch_headers(endpoint, numbers)
    hashes = {header.number: header.hash for header in headers}
    for log in logs:
        if hashes.get(log.at.block_number, log.at.block_hash) != log.at.block_hash:
            reason = f"block {log.at.block_number} changed while it was read"
            raise endpoint.fault(Fault.BLOCK_CHANGED, reason)
    _check_links(endpoint, headers, parent)
    blocks = tuple(header for header in headers if header.number in kept)
    return Capture(endpoint.chain_id, start, end, blocks, tuple(logs))


def _logs(
    endpoint: Endpoint, wanted: LogFilter, start: int, end: int, count: Count
) -> list[RawLog]:
    """The logs of a range; where one block holds too many, asked for by groups of topics."""
    try:
        return fetch_logs(endpoint, start, end, wanted.addresses, wanted.topics, wanted.words)
    except RangeTooWide:
        if start < end or len(wanted.topics) < 2:  # noqa: PLR2004  # one topic has no halves
            raise
    count(Fault.TOPICS_SPLIT)
    halves = [log for half in wanted.halves() for log in _logs(endpoint, half, start, end, count)]
    return sorted(halves, key=lambda log: log.at.log_index)


def _in_order(endpoint: Endpoint, answered: Sequence[RawLog], count: Count) -> list[RawLog]:
    """Each log once, in the order of the chain; what was wrong with that is counted."""
    found: dict[tuple[int, int], RawLog] = {}
    for log in answered:
        key = log.at.block_number, log.at.log_index
        known = found.setdefault(key, log)
        if known is log:
            continue
        if known != log:
            reason = f"gave two logs as number {log.at.log_index} of block {log.at.block_number}"
            raise endpoint.fault(Fault.WRONG_ANSWER, reason)
        count(Fault.DUPLICATE_LOG)
    ordered = sorted(found)
    if ordered != list(found):
        count(Fault.OUT_OF_ORDER)
    return [found[key] for key in ordered]


def _check_links(endpoint: Endpoint, headers: Sequence[BlockHeader], parent: bytes | None) -> None:
    """Neighbours must be linked by hash, and the first to what was read before."""
    before = None if parent is None else (headers[0].number - 1, parent)
    for header in headers:
        if (
            before is not None
            and before[0] == header.number - 1
            and before[1] != header.parent_hash
        ):
            reason = f"block {header.number} does not follow the block {before[0]} read before it"
            raise endpoint.fault(Fault.BLOCK_CHANGED, reason)
        before = header.number, header.hash


def block_times(node: Node) -> TimeOf:
    """A node's block times by number (unix seconds), each asked for once."""

    @cache
    def time_of(number: int) -> int:
        [header] = node.headers([number])
        return int(header.mined_at.timestamp())

    return time_of
