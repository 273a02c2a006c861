"""``watch_proposals``: every proposal that can be disputed, held against its market.

It works from what is stored: the chain's and the feed's proposals, trades, books. It asks only for
the books that are due, many a request, and for markets the catalogue has not shown. What did not
move since its last verdict is not judged again. The most urgent comes first everywhere, and what a
run leaves over waits for the next.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.contradiction_alerts import raise_contradictions
from jobs.cycle import CycleReport
from jobs.watch_books import read_due_books
from jobs.watch_memory import WatchMemory
from service.alerts.contradiction import ContradictionRule
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.protocol.watch_order import urgency
from service.risk.proposals.contrary import SignalRule
from service.risk.proposals.notifier import NotifierRule
from service.risk.proposals.proposal_signals import read_signals
from service.store.checks.issues import add_issues
from service.store.markets.listings import upsert_listings
from service.store.operations.sources import record_health
from service.store.proposals.notifier_facts import notifier_verdicts
from service.store.proposals.proposal_evidence import find_moved, load_evidence, to_seen
from service.store.proposals.proposal_signals import NewSignals, add_signals
from service.store.proposals.watched_proposals import (
    LiveProposals,
    WatchedProposal,
    list_live_proposals,
)
from service.store.upserts import chunks

# A transaction each, so that an alert does not wait for the whole list.
PART = 100
# A run that takes longer leaves the rest to the next one, which begins with the most urgent again.
RUN_SECONDS = 45
MOST_LOOK_UPS = 100


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told, and from when on."""

    rule: ContradictionRule
    # Fingerprints of the destinations.
    destinations: tuple[str, ...]
    page_base_url: str = ""


def watch_proposals(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    memory: WatchMemory,
    telling: Telling,
    signal_rule: SignalRule | None = None,
) -> CycleReport:
    """One look at all live proposals; a source that fails costs only what it alone gives."""
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    run = _Run(sessions, clock, memory, telling, signal_rule or SignalRule(), counts)
    try:
        live = run.list_live()
        try:
            if _look_up(sessions, client, clock, memory, live, counts):
                live = run.list_live()
        except SourceError as error:
            degraded.append(f"look-up of markets: {error}")
        watched = run.in_order(live)
        memory.forget_others(watched, live.unlisted)
        try:
            read_due_books(sessions, client, clock, watched, memory, counts)
        except SourceError as error:
            degraded.append(f"books: {error}")
        run.judge(watched)
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    if counts["left"]:
        degraded.append(
            f"{counts['left']} of {counts['moved']} proposals were left to the next run"
        )
    return CycleReport(dict(counts), tuple(degraded))


@dataclass(frozen=True, slots=True)
class _Run:
    """What every step of a run works with."""

    sessions: sessionmaker[Session]
    clock: Clock
    memory: WatchMemory
    telling: Telling
    rule: SignalRule
    counts: Counter[str]

    def list_live(self) -> LiveProposals:
        """The live proposals, counted."""
        with self.sessions() as session:
            live = list_live_proposals(session, self.clock.now())
        self.counts.update(live=0, unlisted=len(live.unlisted) - self.counts["unlisted"], unknown=0)
        self.counts["live"] = len(live.watched)
        self.counts["unknown"] = live.unknown
        return live

    def in_order(self, live: LiveProposals) -> list[WatchedProposal]:
        """The most urgent first."""
        now = self.clock.now()
        return sorted(
            live.watched,
            key=lambda one: (
                urgency(one.challenge_ends_at, one.open_interest, now),
                one.market_id,
            ),
        )

    def judge(self, watched: Sequence[WatchedProposal]) -> None:
        """Give a verdict on each proposal whose evidence moved, keep it, tell what is news."""
        started = self.clock.now()
        with self.sessions() as session:
            moved = find_moved(session, watched, self.memory.seen, started)
        due = [one for one in watched if one.market_id in moved]
        self.counts["moved"] = len(due)
        done = 0
        for part in chunks(due, PART):
            if self.clock.now() - started >= timedelta(seconds=RUN_SECONDS):
                break
            self._judge_part(part, watched)
            done += len(part)
        self.counts["left"] = len(due) - done

    def _judge_part(self, part: Sequence[WatchedProposal], live: Sequence[WatchedProposal]) -> None:
        now = self.clock.now()
        with self.sessions.begin() as session:
            evidence = load_evidence(session, part, now, self.memory.gone)
            verdicts = [
                (one, read_signals(one.answer, evidence[one.market_id], self.rule)) for one in part
            ]
            baseline = notifier_verdicts(session, live, part, now, NotifierRule())
            rows = [
                NewSignals(
                    one.market_id,
                    one.request_timestamp,
                    one.proposed_price,
                    signals,
                    baseline.get(one.market_id),
                )
                for one, signals in verdicts
            ]
            kept = add_signals(session, rows, self.rule, now)
            telling = self.telling
            raised, late = raise_contradictions(
                session, verdicts, telling.rule, telling.destinations, telling.page_base_url, now
            )
        for one in part:
            self.memory.seen[one.market_id] = to_seen(one, evidence[one.market_id], now)
        self.counts.update(judged=len(part), kept=kept, raised=raised, late=late)


def _look_up(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    memory: WatchMemory,
    live: LiveProposals,
    counts: Counter[str],
) -> int:
    """Ask for markets the catalogue has not shown; returns how many it gave."""
    now = clock.now()
    wanted = [c for c in live.unlisted if memory.may_look_up(c, now)][:MOST_LOOK_UPS]
    found = 0
    if wanted:
        for batch in client.fetch_markets_by_condition_ids(wanted):
            with sessions.begin() as session:
                stored = upsert_listings(session, batch.rows, batch.fetched_at)
                issues = (*batch.refused, *stored.refused)
                counts["refused"] += add_issues(session, issues, batch.fetched_at)
            found += len(stored.market_ids)
        # Only a whole answer says that a market is not there; a failure is tried again at once.
        for condition in wanted:
            memory.looked_up(condition, now)
    counts["looked_up"], counts["found"] = len(wanted), found
    return found
