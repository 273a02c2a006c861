"""``read_wallets``: what the chains say of the wallets that matter: code, owners, and their logs.

Polymarket's factories make thousands of wallets a day. Only those of accounts that proposed,
disputed or voted are asked for: their derived addresses by state, their deployments by the topic
that names the owner. Everything else the factories log is never read. Likewise of the vote's token
only those transfers that the topic of a known voter names.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.ingest import ingest_capture
from jobs.storing import store_answer
from models.enums import ContractKind
from models.wallet_enums import WalletKind
from service.chain.archive import Capture
from service.chain.filters import LogFilter, deployment_filter, funding_filter
from service.chain.node import Node
from service.chain.reader import read_range
from service.chain.wallet_calls import check_derivation, read_wallets
from service.clock import Clock
from service.errors import RangeTooWide, SourceError
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.log_position import BlockHeader
from service.protocol.wallets import Recipe
from service.store.wallets.wallet_readings import add_readings, list_to_read
from service.store.wallets.wallet_scans import Span, list_scans, list_voter_scans, move_scans

# Of which wallets a chain is asked.
KINDS = {
    POLYGON: (
        WalletKind.ACCOUNT,
        WalletKind.SAFE,
        WalletKind.PROXY,
        WalletKind.DEPOSIT_UUPS,
        WalletKind.DEPOSIT_BEACON,
    ),
    ETHEREUM: (WalletKind.ACCOUNT, WalletKind.DESIGNATED_VOTING),
}
READINGS_A_RUN = 500
# A wallet is read again after so many blocks: half a day.
READ_AGAIN = {POLYGON: 21_600, ETHEREUM: 3_600}
# Accounts named in one request for logs, and such requests in one run.
OWNERS_A_SCAN = 500
WINDOWS_A_RUN = 20
# Who is so close behind the head is brought up to it first: a new account, which is searched for
# from the beginning, must not hold up all the others.
NEAR = 10_000


@dataclass(frozen=True, slots=True)
class _Search:
    """Logs searched by account, from the first block of the contracts that emit them."""

    kind: ContractKind
    name: str
    wanted: Callable[[ContractBook, int, Collection[bytes]], LogFilter]
    # Accounts behind a head, at most so many.
    due: Callable[[Session, Span, int], list[tuple[bytes, int]]]


SEARCHES = {
    POLYGON: _Search(
        ContractKind.DEPOSIT_WALLET_FACTORY, "deployments", deployment_filter, list_scans
    ),
    ETHEREUM: _Search(ContractKind.VOTING_TOKEN, "transfers", funding_filter, list_voter_scans),
}


def read_wallets_of_chains(
    sessions: sessionmaker[Session],
    nodes: tuple[Node, ...],
    book: ContractBook,
    recipes: tuple[Recipe, ...],
    clock: Clock,
) -> CycleReport:
    """Ask each chain as far as one run may; one that does not answer degrades only itself."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    for node in nodes:
        try:
            head = node.head()
            wrong = check_derivation(node, book, recipes, head)
            if wrong:
                # Nothing is built on a derivation the factories contradict.
                degraded += [f"{node.source}: wallets are derived otherwise: {w}" for w in wrong]
                continue
            _read_states(sessions, node, head, clock, counts)
            search = SEARCHES.get(node.chain_id)
            if search is not None:
                _find_logs(sessions, node, book, search, head, clock, counts)
        except SourceError as error:
            degraded.append(str(error))
    return CycleReport(dict(counts), tuple(degraded))


def _read_states(
    sessions: sessionmaker[Session],
    node: Node,
    head: BlockHeader,
    clock: Clock,
    counts: Counter[str],
) -> None:
    kinds = [kind.value for kind in KINDS.get(node.chain_id, ())]
    before = head.number - READ_AGAIN.get(node.chain_id, 0) + 1
    with sessions() as session:
        due = list_to_read(session, node.chain_id, kinds, before, READINGS_A_RUN)
    if not due:
        return
    wallets = [(address, WalletKind(kind)) for address, kind in due]
    readings = read_wallets(node, wallets, head, clock.now())
    with sessions.begin() as session:
        counts["readings_changed"] += add_readings(session, readings)
    counts["readings"] += len(readings)


def _find_logs(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    search: _Search,
    head: BlockHeader,
    clock: Clock,
    counts: Counter[str],
) -> None:
    """Deposit wallets made for accounts under any id; tokens sent to voters by anybody."""
    entries = [e for e in book.entries if e.kind is search.kind and e.chain_id == node.chain_id]
    first = min((e.from_block for e in entries), default=None)
    if first is None:
        return
    for since in (head.number - NEAR, 0):
        with sessions() as session:
            span = Span(node.chain_id, first, head.number, since)
            due = search.due(session, span, OWNERS_A_SCAN)
        if due:
            _search_on(sessions, node, book, search, due, head, clock, counts)


def _search_on(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    search: _Search,
    due: Sequence[tuple[bytes, int]],
    head: BlockHeader,
    clock: Clock,
    counts: Counter[str],
) -> None:
    """Search on from the one farthest behind, as far as one run may."""
    wanted = search.wanted(book, node.chain_id, [owner for owner, _ in due])
    window = node.window(search.name)
    start = due[0][1]
    for _ in range(WINDOWS_A_RUN):
        if start > head.number:
            return
        end = min(start + window.size - 1, head.number)
        try:
            capture = read_range(node, wanted, start, end)
        except RangeTooWide:
            if start == end:
                raise
            window.halve()
            continue
        # Those searched farther already are not set back.
        behind = [owner for owner, following in due if following <= end + 1]
        store = partial(_store, capture=capture, owners=behind, book=book, clock=clock)
        counts[f"{search.name}_added"] += store_answer(sessions, node, clock, store)
        counts["blocks_searched"] += end - start + 1
        window.grow(end - start + 1, len(capture.logs))
        start = end + 1


def _store(
    session: Session, capture: Capture, owners: list[bytes], book: ContractBook, clock: Clock
) -> int:
    added = ingest_capture(session, capture, book, clock.now()).facts_added
    move_scans(session, capture.chain_id, owners, capture.to_block + 1)
    return added
