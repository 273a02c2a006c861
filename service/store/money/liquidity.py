"""Open interest and order books into rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market
from service.protocol.book_depth import depth_within
from service.protocol.listings import BookLevel, BookRow, OpenInterestRow
from service.store.latest import latest_by_market
from service.store.markets.listing_history import has_moved
from service.store.markets.listings import mark_changed
from service.store.markets.resolution_rows import market_ids_of
from service.store.upserts import IN_CHUNK, chunks

# What did not move is still written this often, so that the age of a row tells when it was seen.
INTEREST_REPEAT = timedelta(hours=1)
BOOK_REPEAT = timedelta(minutes=10)
CENT = Decimal("0.01")
DEPTH_BAND = 5 * CENT
# So many best levels are kept as they are; deeper ones are merged by the cent, none is left out.
LEVELS = 20
# The column's: NUMERIC(10, 6).
PRICE_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Snapped:
    """What a batch of snapshots did."""

    added: int
    unchanged: int
    # Rows of markets or tokens that are not followed.
    unknown: int


def add_open_interest(
    session: Session, rows: Sequence[OpenInterestRow], known_at: datetime
) -> Snapped:
    """Keep open interest where it moved by a step, and once an hour where it did not."""
    values = {row.condition_id: row.value for row in rows}
    ids = market_ids_of(session, list(values))
    latest = latest_by_market(session, OpenInterest, ids.values(), known_at)
    moved: set[int] = set()
    added = 0
    for condition_id, market_id in ids.items():
        last = latest.get(market_id)
        value = values[condition_id]
        is_move = has_moved(last.value if last else None, value)
        if is_move:
            moved.add(market_id)
        if last is None or is_move or known_at - last.known_at >= INTEREST_REPEAT:
            session.add(OpenInterest(market_id=market_id, value=value, known_at=known_at))
            added += 1
    session.flush()
    mark_changed(session, moved, known_at)
    return Snapped(added, len(ids) - added, len(values) - len(ids))


def add_books(
    session: Session,
    books: Sequence[BookRow],
    market_ids: Collection[int],
    known_at: datetime,
    keep_from: Mapping[int, datetime] | None = None,
) -> Snapped:
    """Keep the books of these markets' tokens where they changed, and every ten minutes.

    A market's first book read at or after its ``keep_from`` is kept though nothing changed.
    """
    keep_from = keep_from or {}
    places = token_places(session, market_ids)
    latest = latest_by_market(
        session, BookSnapshot, market_ids, known_at, BookSnapshot.outcome_index
    )
    moved: set[int] = set()
    added = unknown = 0
    for book in {book.token_id: book for book in books}.values():
        place = places.get(book.token_id)
        if place is None:
            unknown += 1
            continue
        snapshot = _to_snapshot(book, place, known_at)
        last = latest.get(place)
        if last is None or (last.best_bid, last.best_ask) != (snapshot.best_bid, snapshot.best_ask):
            moved.add(place[0])
        if not _is_repeat(last, snapshot, keep_from.get(place[0])):
            session.add(snapshot)
            added += 1
    session.flush()
    mark_changed(session, moved, known_at)
    return Snapped(added, len(books) - added - unknown, unknown)


def depth(levels: Sequence[BookLevel]) -> int:
    """Executable value within 5 cents of the best price, in micro-USDC; levels best first."""
    return depth_within(levels, DEPTH_BAND)


def token_places(session: Session, market_ids: Collection[int]) -> dict[str, tuple[int, int]]:
    """Which of these markets, and which of its outcomes, a token belongs to."""
    found: dict[str, tuple[int, int]] = {}
    for part in chunks(sorted(market_ids), IN_CHUNK):
        query = select(Market.id, Market.token_ids).where(Market.id.in_(part))
        for market_id, tokens in session.execute(query):
            found.update((token, (market_id, index)) for index, token in enumerate(tokens))
    return found


def _to_snapshot(book: BookRow, place: tuple[int, int], known_at: datetime) -> BookSnapshot:
    return BookSnapshot(
        market_id=place[0],
        token_id=book.token_id,
        outcome_index=place[1],
        booked_at=book.booked_at,
        best_bid=_best(book.bids),
        best_ask=_best(book.asks),
        bid_depth=depth(book.bids),
        ask_depth=depth(book.asks),
        bid_depth_1c=depth_within(book.bids, CENT),
        bid_depth_2c=depth_within(book.bids, 2 * CENT),
        bid_depth_10c=depth_within(book.bids, 10 * CENT),
        ask_depth_1c=depth_within(book.asks, CENT),
        ask_depth_2c=depth_within(book.asks, 2 * CENT),
        ask_depth_10c=depth_within(book.asks, 10 * CENT),
        bids=_texts(book.bids, ROUND_CEILING),
        asks=_texts(book.asks, ROUND_FLOOR),
        known_at=known_at,
    )


def _is_repeat(last: BookSnapshot | None, new: BookSnapshot, keep_from: datetime | None) -> bool:
    if last is None or (keep_from is not None and last.known_at < keep_from <= new.known_at):
        return False
    same = (last.bids, last.asks, last.bid_depth, last.ask_depth) == (
        new.bids,
        new.asks,
        new.bid_depth,
        new.ask_depth,
    )
    return same and new.known_at - last.known_at < BOOK_REPEAT


def _best(levels: Sequence[BookLevel]) -> Decimal | None:
    return levels[0].price.quantize(PRICE_STEP) if levels else None


def _texts(levels: Sequence[BookLevel], to_cent: str) -> list[list[str]]:
    """The best levels, then one a cent at the worst price merged into it.

    So no order is hidden behind dust, at most 120 levels are kept, and what a merged order pays,
    or stakes against an answer, is understated by less than a cent a share, never overstated.
    ``to_cent`` rounds towards the best price, so that none crosses a margin told in whole cents.
    """
    merged: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for level in levels[LEVELS:]:
        cent = level.price.quantize(CENT, to_cent)
        _, size = merged.get(cent, (level.price, Decimal(0)))
        merged[cent] = (level.price, size + level.size)
    kept = [(level.price, level.size) for level in levels[:LEVELS]]
    return [[f"{price:f}", f"{size:f}"] for price, size in (*kept, *merged.values())]
