"""``read_wallets``: what the chains say of the wallets that matter: code, owners, deployments.

Polymarket's factories make thousands of wallets a day. Only those of accounts that proposed,
disputed or voted are asked for: their derived addresses by state, their deployments by the topic
that names the owner. Everything else the factories log is never read.
"""

from collections import Counter
from functools import partial

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.ingest import ingest_capture
from jobs.storing import store_answer
from models.enums import ContractKind
from models.wallet_enums import WalletKind
from service.chain.archive import Capture
from service.chain.filters import deployment_filter
from service.chain.node import Node
from service.chain.reader import read_range
from service.chain.wallet_calls import check_derivation, read_wallets
from service.clock import Clock
from service.errors import RangeTooWide, SourceError
from service.protocol.contracts import ContractBook
from service.protocol.finality import ETHEREUM, POLYGON
from service.protocol.log_position import BlockHeader
from service.protocol.wallets import Recipe
from service.store.wallet_readings import add_readings, list_to_read
from service.store.wallet_scans import list_scans, move_scans

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
            if node.chain_id == POLYGON:
                _find_deployed(sessions, node, book, head, clock, counts)
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


def _find_deployed(
    sessions: sessionmaker[Session],
    node: Node,
    book: ContractBook,
    head: BlockHeader,
    clock: Clock,
    counts: Counter[str],
) -> None:
    """Deposit wallets made for accounts under any id, not only the one that names the account."""
    factories = [e for e in book.entries if e.kind is ContractKind.DEPOSIT_WALLET_FACTORY]
    first = min((e.from_block for e in factories if e.chain_id == node.chain_id), default=None)
    if first is None:
        return
    with sessions() as session:
        due = list_scans(session, node.chain_id, first, head.number, OWNERS_A_SCAN)
    if not due:
        return
    owners = [owner for owner, _ in due]
    wanted = deployment_filter(book, node.chain_id, owners)
    window = node.window("wallets")
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
        counts["deployments_added"] += store_answer(sessions, node, clock, store)
        counts["blocks_searched"] += end - start + 1
        window.grow(end - start + 1, len(capture.logs))
        start = end + 1


def _store(
    session: Session, capture: Capture, owners: list[bytes], book: ContractBook, clock: Clock
) -> int:
    added = ingest_capture(session, capture, book, clock.now()).facts_added
    move_scans(session, capture.chain_id, owners, capture.to_block + 1)
    return added
