"""``sync_liquidity``: the money at stake (open interest) and what the market believes (books)."""

from collections import Counter

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.client import PolymarketClient
from service.store.hot import list_book_markets, list_open_by_volume
from service.store.issues import add_issues
from service.store.liquidity import add_books, add_open_interest
from service.store.sources import record_health

MICRO_USDC = 10**6
# Two tokens a market, a hundred a request: ten requests a run.
MOST_BOOK_MARKETS = 500


def sync_liquidity(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    min_volume_usdc: int = 0,
    most_book_markets: int = MOST_BOOK_MARKETS,
) -> CycleReport:
    """Open interest of followed markets above a volume (USD), books of the most pressing ones.

    The two sources fail apart: one that is down costs only what it alone gives.
    """
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    try:
        # Books first: there is no history of them anywhere, and they are few.
        try:
            _sync_books(sessions, client, clock, counts, most_book_markets)
        except SourceError as error:
            degraded.append(f"books: {error}")
        try:
            _sync_open_interest(sessions, client, counts, min_volume_usdc)
        except SourceError as error:
            degraded.append(f"open interest: {error}")
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _sync_books(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    counts: Counter[str],
    most_markets: int,
) -> None:
    with sessions() as session:
        markets = list_book_markets(session, clock.now(), most_markets)
    owners = {token: market.market_id for market in markets for token in market.token_ids}
    for batch in client.fetch_books(list(owners)):
        ids = {owners[book.token_id] for book in batch.rows}
        with sessions.begin() as session:
            done = add_books(session, batch.rows, ids, batch.fetched_at)
            counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
        counts["books_added"] += done.added
        counts["books_unchanged"] += done.unchanged
        counts["books_missing"] += len(batch.missing)


def _sync_open_interest(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    counts: Counter[str],
    min_volume_usdc: int,
) -> None:
    with sessions() as session:
        markets = list_open_by_volume(session, min_volume_usdc * MICRO_USDC)
    for batch in client.fetch_open_interest([market.condition_id for market in markets]):
        with sessions.begin() as session:
            done = add_open_interest(session, batch.rows, batch.fetched_at)
            counts["refused"] += add_issues(session, batch.refused, batch.fetched_at)
        counts["open_interest_added"] += done.added
        counts["open_interest_unchanged"] += done.unchanged
        counts["open_interest_missing"] += len(batch.missing)
