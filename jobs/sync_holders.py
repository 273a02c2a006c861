"""``sync_holders``: in whose hands the watched markets are."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.due_reads import LOOKAHEAD, plan_now
from jobs.transactions import in_transaction
from models.data_enums import DataIssueKind
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.batches import Batch
from service.polymarket.client import PolymarketClient
from service.protocol.holders import TokenHolders
from service.protocol.ids import to_hex
from service.store.checks.issues import add_issues, drop_issues
from service.store.markets.due_reads import DueMarket, list_due, record_asked
from service.store.money.holdings import add_holders
from service.store.operations.sources import record_health

# Twenty markets a request: 25 requests a run, which is what the refresh plan counts with.
MOST_MARKETS = 500
# The hottest are read by position, up to four requests each: what was paid is known there alone.
MOST_BY_POSITION = 20
# Holders kept of a token.
TOP = 100
TOP_BY_POSITION = 500
PAIR = 2

Select = Callable[[Session, datetime, int], Sequence[DueMarket]]
Fetch = Callable[[Mapping[bytes, Sequence[str]]], Iterator[Batch[TokenHolders]]]


def list_due_holders(session: Session, now: datetime, limit: int) -> Sequence[DueMarket]:
    """The markets whose holders are due before the next run."""
    return list_due(session, ReadKind.HOLDERS, now + LOOKAHEAD, limit)


def sync_holders(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    select: Select = list_due_holders,
    most_markets: int = MOST_MARKETS,
    most_by_position: int = MOST_BY_POSITION,
) -> CycleReport:
    """The largest holders of the most pressing markets, ``select``'s first with what was paid.

    The two routes fail apart; a market whose positions cannot be had is asked for by holders.
    """
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    plan = plan_now(sessions, clock)
    with sessions() as session:
        found = select(session, clock.now(), most_markets)
    # Asked by now, and those told of; the others are asked again later and later.
    asked = {market.market_id for market in found if len(market.token_ids) != PAIR}
    heard: set[int] = set()
    markets = [market for market in found if len(market.token_ids) == PAIR]
    hottest, others = markets[:most_by_position], markets[most_by_position:]
    try:
        left = hottest
        try:
            left = _sync(
                sessions,
                hottest,
                lambda m: client.fetch_positions(m, TOP_BY_POSITION),
                counts,
                heard,
                set(),
            )
        except SourceError as error:
            degraded.append(f"positions: {error}")
        try:
            waiting = [*left, *others]
            _sync(sessions, waiting, lambda m: client.fetch_holders(m, TOP), counts, heard, asked)
        except SourceError as error:
            degraded.append(f"holders: {error}")
    finally:
        in_transaction(
            sessions,
            lambda session: record_asked(
                session, ReadKind.HOLDERS, asked | heard, heard, plan, clock.now()
            ),
        )
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _sync(
    sessions: sessionmaker[Session],
    markets: Sequence[DueMarket],
    fetch: Fetch,
    counts: Counter[str],
    heard: set[int],
    asked: set[int],
) -> list[DueMarket]:
    """Store what a route tells of these markets; returns those it told nothing of.

    A request that fails has asked for its markets all the same, or they would stay first in line.
    """
    owners = {token: market for market in markets for token in market.token_ids}
    for batch in fetch({market.condition_id: market.token_ids for market in markets}):
        told = [owners[row.token_id] for row in batch.rows]
        heard |= {market.market_id for market in told}
        asked |= {owners[token].market_id for token in batch.missing}
        with sessions.begin() as session:
            done = add_holders(
                session, batch.rows, {market.market_id for market in told}, batch.fetched_at
            )
            healed = {row.token_id for row in batch.rows}
            healed |= {to_hex(market.condition_id) for market in told}
            drop_issues(session, DataIssueKind.REFUSED_HOLDERS, sorted(healed))
            counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
        counts["holdings_added"] += done.added
        counts["holdings_unchanged"] += done.unchanged
        counts["tokens_read"] += len(batch.rows)
        counts["tokens_missing"] += len(batch.missing)
    return [market for market in markets if market.market_id not in heard]
