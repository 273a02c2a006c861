"""``sync_liquidity``: the money at stake (open interest) and what the market believes (books)."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from jobs.due_reads import DueRead, plan_now, read_due
from models.refresh_enums import ReadKind
from service.clock import Clock
from service.errors import SourceError
from service.polymarket.batches import Batch
from service.polymarket.client import (
    CONDITIONS_PER_ANSWER,
    TOKENS_PER_ANSWER,
    PolymarketClient,
)
from service.protocol.listings import BookRow, OpenInterestRow
from service.store.markets.due_reads import DueMarket
from service.store.markets.refresh_states import note_money
from service.store.money.liquidity import add_books, add_open_interest
from service.store.operations.sources import record_health

OUTCOMES = 2
REQUESTS_A_RUN = 60


def sync_liquidity(
    sessions: sessionmaker[Session],
    client: PolymarketClient,
    clock: Clock,
    *,
    requests_a_run: int = REQUESTS_A_RUN,
) -> CycleReport:
    """Books and open interest of the markets that are due, the most pressing first.

    The two sources fail apart: one that is down costs only what it alone gives.
    """
    counts: Counter[str] = Counter()
    degraded: list[str] = []
    plan = plan_now(sessions, clock)
    try:
        # Books first: there is no history of them anywhere.
        try:
            books = _book_read(client, requests_a_run)
            degraded += read_due(sessions, clock, plan, books, counts)
        except SourceError as error:
            degraded.append(f"books: {error}")
        try:
            interest = _interest_read(client, requests_a_run)
            degraded += read_due(sessions, clock, plan, interest, counts)
        except SourceError as error:
            degraded.append(f"open interest: {error}")
    finally:
        with sessions.begin() as session:
            record_health(session, client.health(), clock.now())
    return CycleReport(dict(counts), tuple(degraded))


def _book_read(client: PolymarketClient, requests_a_run: int) -> DueRead[BookRow]:
    def ask(part: Sequence[DueMarket]) -> Iterator[Batch[BookRow]]:
        return client.fetch_books([token for market in part for token in market.token_ids])

    def store(session: Session, batch: Batch[BookRow], part: Sequence[DueMarket]) -> Counter[str]:
        ids = answered(batch, part)
        done = add_books(session, batch.rows, ids, batch.fetched_at)
        return Counter(
            books_added=done.added,
            books_unchanged=done.unchanged,
            books_missing=len(batch.missing),
        )

    def answered(batch: Batch[BookRow], part: Sequence[DueMarket]) -> set[int]:
        told = {row.token_id for row in batch.rows}
        return {market.market_id for market in part if told.intersection(market.token_ids)}

    return DueRead(
        ReadKind.BOOK, TOKENS_PER_ANSWER // OUTCOMES, requests_a_run, ask, store, answered
    )


def _interest_read(client: PolymarketClient, requests_a_run: int) -> DueRead[OpenInterestRow]:
    def ask(part: Sequence[DueMarket]) -> Iterator[Batch[OpenInterestRow]]:
        return client.fetch_open_interest([market.condition_id for market in part])

    def store(
        session: Session, batch: Batch[OpenInterestRow], part: Sequence[DueMarket]
    ) -> Counter[str]:
        done = add_open_interest(session, batch.rows, batch.fetched_at)
        values = {row.condition_id: row.value for row in batch.rows}
        told = {m.market_id: values[m.condition_id] for m in part if m.condition_id in values}
        note_money(session, told)
        return Counter(
            open_interest_added=done.added,
            open_interest_unchanged=done.unchanged,
            open_interest_missing=len(batch.missing),
        )

    def answered(batch: Batch[OpenInterestRow], part: Sequence[DueMarket]) -> set[int]:
        told = {row.condition_id for row in batch.rows}
        return {market.market_id for market in part if market.condition_id in told}

    return DueRead(
        ReadKind.OPEN_INTEREST, CONDITIONS_PER_ANSWER, requests_a_run, ask, store, answered
    )
