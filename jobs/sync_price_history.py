"""``sync_price_history``: what the market thought before an answer was proposed, and since."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.due_reads import plan_now
from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.errors import SourceError, SourcePaused
from service.polymarket.batches import MOST_FAILURES
from service.polymarket.client import PolymarketClient
from service.protocol.contracts import ContractBook
from service.protocol.listings import Refused
from service.protocol.sources import DATA_API
from service.store.checks.issues import add_issues, drop_issues
from service.store.markets.due_reads import DueMarket, list_due, record_asked
from service.store.money.price_history import (
    PriceStretch,
    add_price_history,
    list_closed_lately,
    list_due_stretches,
)
from service.store.operations.sources import record_health
from service.transport.answers import RequestRefused

# One to a few requests each.
MOST_MARKETS = 400

Select = Callable[[Session, datetime, int], Sequence[DueMarket]]


def list_due_prices(session: Session, now: datetime, limit: int) -> Sequence[DueMarket]:
    """The markets whose prices are due."""
    return list_due(session, ReadKind.PRICE_HISTORY, now, limit)


def sync_price_history(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    book: ContractBook,
    clock: Clock,
    *,
    select: Select = list_due_prices,
    most_markets: int = MOST_MARKETS,
) -> CycleReport:
    """The prices of markets with a proposal, from 48 hours before it on, never asked for twice.

    A stretch longer than 15 days takes several runs. A token the source refuses, or fails on, costs
    only itself, while the source's circuit is closed and few fail.
    """
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    now = clock.now()
    plan = plan_now(sessions, clock)
    with sessions() as session:
        selected = select(session, now, most_markets)
        closed = list_closed_lately(session, now, most_markets)
        due = list_due_stretches(session, [*selected, *closed], book, now)
    waiting = {stretch.market_id for stretch in due}
    failures: set[int] = set()
    try:
        for stretch in due[:most_markets]:
            try:
                _sync(sessions, client, clock, stretch, counts)
            except SourceError as error:
                if not failures:
                    degraded.append(str(error))
                if isinstance(error, SourcePaused):
                    break
                failures.add(stretch.market_id)
            waiting.discard(stretch.market_id)
            if len(failures) >= MOST_FAILURES:
                break
    finally:
        # Without a stretch there was nothing to ask, which is an answer, too.
        asked = {market.market_id for market in selected} - waiting
        answered = asked - failures
        in_transaction(
            sessions,
            lambda session: record_asked(
                session, ReadKind.PRICE_HISTORY, asked, answered, plan, clock.now()
            ),
        )
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _sync(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    stretch: PriceStretch,
    counts: Counter[str],
) -> None:
    kind = DataIssueKind.REFUSED_PRICE_POINT
    try:
        history = client.fetch_price_history(stretch.token_id, stretch.from_at, stretch.to_at)
    except RequestRefused as refusal:
        refused = Refused(kind, DATA_API, stretch.token_id, refusal.reason)
        with sessions.begin() as session:
            counts["refused"] += add_issues(session, [refused], clock.now())
        return
    fetched_at = clock.now()
    with sessions.begin() as session:
        done = add_price_history(session, stretch, history, fetched_at)
        if not history.refused:
            drop_issues(session, kind, [stretch.token_id])
        counts["refused"] += add_issues(session, history.refused, fetched_at)
    counts["stretches"] += 1
    counts["stretches_from_clob"] += history.source == "clob"
    counts["points_added"] += done.added
    counts["points_unchanged"] += done.unchanged
