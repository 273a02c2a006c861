"""``sync_positions``: what those who propose, dispute and vote hold, through all their wallets.

Polymarket tells of now alone, so what is not asked for while a dispute is on is lost. A run asks
for a limited number of wallets, the most urgent first; the others follow in later runs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket.batches import MOST_FAILURES
from service.polymarket.client import PolymarketClient
from service.polymarket.wallet_positions import WalletPositions, failed
from service.protocol.ids import to_hex
from service.store.checks.issues import add_issues, drop_issues
from service.store.operations.sources import record_health
from service.store.wallets.position_queue import list_due_wallets
from service.store.wallets.positions import add_positions, note_check, places_of

# One request a wallet, or up to four of one that holds very much.
WALLETS_A_RUN = 120
# Answers kept in memory before they are stored together: the tokens are looked up once for all.
ANSWERS_A_STORE = 40


def sync_positions(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    most_wallets: int = WALLETS_A_RUN,
) -> CycleReport:
    """Ask for the wallets whose turn it is.

    A wallet that cannot be had waits for its next turn, and the others are asked all the same while
    the source's circuit is closed and few fail.
    """
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    with sessions() as session:
        wallets = list_due_wallets(session, clock.now(), most_wallets)
    answers = _ask(client, clock, wallets, degraded)
    try:
        while part := tuple(islice(answers, ANSWERS_A_STORE)):
            counts.update(in_transaction(sessions, partial(_store, part=part)))
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _ask(
    client: PolymarketClient, clock: Clock, wallets: Sequence[bytes], degraded: list[str]
) -> Iterator[WalletPositions]:
    failures = 0
    for wallet in wallets:
        try:
            answer = client.fetch_wallet_positions(wallet)
        except SourcePaused as pause:
            # Where it opened in this run, why is told already.
            degraded += [] if failures else [f"positions: {pause}"]
            return
        except SourceError as error:
            failures += 1
            degraded += [f"positions: {error}"] if failures == 1 else []
            answer = failed(wallet, clock.now(), error.reason)
        yield answer
        if failures >= MOST_FAILURES:
            return


def _store(session: Session, part: Sequence[WalletPositions]) -> Counter[str]:
    counts: Counter[str] = Counter()
    places = places_of(session, {row.condition_id for one in part for row in one.rows})
    for one in part:
        key = to_hex(one.wallet)
        counts["wallets"] += 1
        if one.fault is not None:
            note_check(session, one.wallet, one.fetched_at, fault=one.fault)
            counts["wallets_refused"] += 1
            continue
        # One that cannot be read may be any of those that are not listed.
        is_whole = not one.is_cut and not one.refused
        rows = [row.position for row in one.rows]
        done = add_positions(session, one.wallet, rows, places, one.fetched_at, is_whole=is_whole)
        note_check(
            session,
            one.wallet,
            one.fetched_at,
            outside=done.outside,
            is_cut=one.is_cut or bool(one.refused),
        )
        drop_issues(session, DataIssueKind.REFUSED_POSITION, [key])
        counts["refused"] += add_issues(session, one.refused[:1], one.fetched_at)
        counts["positions_added"] += done.added
        counts["positions_unchanged"] += done.unchanged
        counts["positions_outside"] += done.outside
        counts["combinations"] += one.combinations
    return counts
