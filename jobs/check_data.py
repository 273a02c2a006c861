"""``check_data``: hold all stored rows against what must be true of them."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.fold_facts import fold_facts
from service.clock import Clock, stopwatch
from service.protocol.contracts import ContractBook
from service.protocol.invariants import Finding, Invariant, add_up
from service.store.checks.check_feed import check_closed_markets, check_feed
from service.store.checks.check_games import check_sports_payouts
from service.store.checks.check_requests import (
    check_bridges,
    check_condition_ids,
    check_payouts,
    check_proposals,
)
from service.store.checks.check_rows import check_blocks, check_derived
from service.store.checks.check_votes import (
    check_crossings,
    check_prices,
    check_requests,
    check_voted_requests,
)
from service.store.checks.data_checks import record_finding
from service.store.oracle.contracts import load_book

Check = Callable[[Session, ContractBook], Finding]

CHECKS: Mapping[Invariant, Check] = {
    Invariant.VOTES_MAKE_PRICES: lambda session, _: check_prices(session),
    Invariant.DISPUTES_ARE_BRIDGED: lambda session, _: check_bridges(session),
    Invariant.SETTLEMENTS_HAVE_PROPOSALS: lambda session, _: check_proposals(session),
    Invariant.PAYOUTS_FOLLOW_PRICES: lambda session, book: add_up(
        (check_payouts(session), check_sports_payouts(session, book))
    ),
    Invariant.CONDITION_IDS_RECOMPUTE: lambda session, _: check_condition_ids(session),
    Invariant.BLOCKS_CHAIN: lambda session, _: check_blocks(session),
    Invariant.VOTES_HAVE_REQUESTS: lambda session, _: check_voted_requests(session),
    Invariant.REQUESTS_HAVE_QUESTIONS: check_requests,
    Invariant.DERIVED_ROWS_HAVE_FACTS: lambda session, _: check_derived(session),
    Invariant.PRICES_CROSS_UNCHANGED: lambda session, _: check_crossings(session),
    Invariant.FEED_AGREES_WITH_CHAIN: check_feed,
    Invariant.CLOSED_MARKETS_ARE_PAID: lambda session, _: check_closed_markets(session),
}


def check_data(
    sessions: sessionmaker[Session], read_sessions: sessionmaker[Session], clock: Clock
) -> CycleReport:
    """Check every invariant over all rows; zero breaks is the target, each one is a row.

    Each reads one snapshot and holds no lock, so that indexing goes on beside it.
    """
    fold_facts(sessions)
    counts = {"checked": 0, "broken": 0, "not_checkable": 0, "lagging": 0}
    degraded = []
    for invariant, check in CHECKS.items():
        elapsed, at = stopwatch(), clock.now()
        with read_sessions() as session:
            finding = check(_on_one_snapshot(session), load_book(session))
        with sessions.begin() as session:
            record_finding(session, invariant, finding, at, elapsed())
        counts["checked"] += finding.checked
        counts["broken"] += len(finding.breaks)
        counts["not_checkable"] += finding.not_checkable
        counts["lagging"] += finding.lagging
        if finding.breaks:
            first = finding.breaks[0]
            degraded.append(f"{invariant}: {len(finding.breaks)} broken, first {first.key}")
    return CycleReport(counts, tuple(degraded))


def _on_one_snapshot(session: Session) -> Session:
    """A fact stored between two queries would look like a break; SQLite reads snapshots anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return session
