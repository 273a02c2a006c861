"""``look_up_disputed``: what was not indexed of a disputed request, fetched by itself.

Its beginning lies before the first indexed block, or was left out by the lazy mode like every
undisputed settlement. A request bears the second of its own block, so a search over block times
finds that block in some fifty headers, however long ago it was.

What strangers asked of the permissionless
oracle is not looked up. An answer that stored blocks contradict is refused; nothing is removed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.ingest import ingest_capture
from jobs.storing import store_answer
from service.chain.archive import Capture
from service.chain.block_times import blocks_at
from service.chain.filters import beginning_filter, settlement_filter
from service.chain.node import Node
from service.chain.reader import block_times, read_range
from service.clock import Clock
from service.errors import RangeTooWide, SourceError
from service.protocol.contracts import ContractBook
from service.protocol.data_alerts import REQUESTERS
from service.store.oracle.blocks import get_head
from service.store.oracle.look_ups import (
    Missing,
    list_missing_beginnings,
    list_missing_settlements,
    mark_looked_up,
)

# Beginnings in one run: each takes some fifty headers where the cache has none.
BEGINNINGS_A_RUN = 20
SETTLEMENTS_A_RUN = 200
# Blocks asked for at once when looking for settlements.
SETTLEMENT_WINDOW = 2_000
# Windows of one oracle in one run; the rest follows in the next.
WINDOWS_A_RUN = 20


def look_up_disputed(
    sessions: sessionmaker[Session], nodes: tuple[Node, ...], book: ContractBook, clock: Clock
) -> CycleReport:
    """Complete disputed requests, as far as this run may; the next one goes on."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    for node in nodes:
        try:
            _look_up_beginnings(sessions, node, book, clock, counts)
            _look_up_settlements(sessions, node, book, clock, counts)
        except SourceError as error:
            degraded.append(str(error))
    return CycleReport(dict(counts), tuple(degraded))


def _look_up_beginnings(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    clock: Clock,
    counts: Counter[str],
) -> None:
    with sessions() as session:
        missing = list_missing_beginnings(
            session,
            node.chain_id,
            book.addresses(node.chain_id, REQUESTERS),
            BEGINNINGS_A_RUN,
        )
    time_of = block_times(node)
    wanted = beginning_filter(book, node.chain_id)
    for request in missing:
        oldest = _first_block(book, request)
        found = blocks_at(request.request_timestamp, oldest, request.block, time_of)
        capture = None if found is None else read_range(node, wanted, *found)
        store = partial(_store, capture=capture, ends={request: None}, book=book, at=clock.now())
        counts["facts_added"] += store_answer(sessions, node, clock, store)
        counts["beginnings_found" if found else "beginnings_not_found"] += 1


def _store(
    session: Session,
    capture: Capture | None,
    ends: Mapping[Missing, int | None],
    book: ContractBook,
    at: datetime,
) -> int:
    """What was found of requests, and that it was looked for; returns how many facts are new."""
    added = 0 if capture is None else ingest_capture(session, capture, book, at).facts_added
    for request, next_block in ends.items():
        mark_looked_up(session, request, next_block, at)
    return added


def _first_block(book: ContractBook, request: Missing) -> int:
    """The first block of the adapter that asked."""
    entries = (e for e in book.entries if e.chain_id == request.chain_id)
    return min((e.from_block for e in entries if e.address == request.requester), default=0)


def _look_up_settlements(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    clock: Clock,
    counts: Counter[str],
) -> None:
    with sessions() as session:
        missing = list_missing_settlements(session, node.chain_id, SETTLEMENTS_A_RUN)
        head = get_head(session, node.chain_id)
    if head is None:
        return
    by_oracle: dict[bytes, list[Missing]] = defaultdict(list)
    for request in missing:
        by_oracle[request.oracle].append(request)
    for oracle, requests in by_oracle.items():
        for capture in _settlements(node, oracle, requests, head.number):
            ends = {r: capture.to_block + 1 for r in requests if r.block <= capture.to_block}
            store = partial(_store, capture=capture, ends=ends, book=book, at=clock.now())
            counts["facts_added"] += store_answer(sessions, node, clock, store)
            counts["blocks_searched"] += capture.to_block - capture.from_block + 1


def _settlements(
    node: Node, oracle: bytes, requests: Sequence[Missing], head: int
) -> Iterator[Capture]:
    """The settlements of these requests, window by window, as far as one run goes."""
    wanted = settlement_filter(oracle, {request.disputer for request in requests})
    start, size = min(request.block for request in requests), SETTLEMENT_WINDOW
    for _ in range(WINDOWS_A_RUN):
        if start > head:
            return
        end = min(start + size - 1, head)
        try:
            capture = read_range(node, wanted, start, end)
        except RangeTooWide:
            if start == end:
                raise
            size = max(1, size // 2)
            continue
        yield capture
        start = end + 1
