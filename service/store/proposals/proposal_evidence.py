"""What is stored of a market that speaks for or against its proposal: books, trades, prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.fill import Fill, ReportedFill
from models.liquidity import BookSnapshot
from service.protocol.fills import MarketFill
from service.protocol.listings import BookLevel
from service.risk.proposals.contrary import OUTCOMES
from service.risk.proposals.executable import TokenBook
from service.risk.proposals.proposal_signals import DRIFT_FROM, BookReading, MarketEvidence
from service.risk.proposals.trades import TradedFill
from service.store.latest import latest_by_market
from service.store.money.earlier_prices import list_earlier_prices
from service.store.money.fill_watches import FillCoverage, list_fill_coverage
from service.store.money.fills import list_fills
from service.store.proposals.watched_proposals import WatchedProposal
from service.store.upserts import IN_CHUNK, chunks

# An older book says nothing of now: one that is read and does not change is kept every ten minutes.
BOOK_AGE = timedelta(minutes=15)
# A market where nothing moved is looked at again after this: its book may have grown too old.
LOOK_AGAIN = timedelta(minutes=5)
LAST_HALF_HOUR = timedelta(minutes=30)
_MICRO = Decimal(10**6)


@dataclass(frozen=True, slots=True)
class Seen:
    """From what a verdict was given: the proposal, the time, and up to where trades were read."""

    request_timestamp: int | None
    proposed_price: int
    at: datetime
    fills_to: datetime | None
    is_whole: bool
    # When the books it was given from were read; the verdict's own time without any.
    books_to: datetime


def find_moved(
    session: Session, watched: Sequence[WatchedProposal], seen: Mapping[int, Seen], now: datetime
) -> set[int]:
    """Markets whose evidence is another than their last verdict was given from.

    Those seen ``LOOK_AGAIN`` ago are among them, whatever moved.
    """
    moved = {one.market_id for one in watched if not _is_as_seen(one, seen, now)}
    rest = [one.market_id for one in watched if one.market_id not in moved]
    coverage = list_fill_coverage(session, rest)
    for market_id in rest:
        known, last = coverage.get(market_id), seen[market_id]
        is_read = known is not None and known.read_to is not None
        is_whole = known is not None and is_read and known.is_whole
        if (is_read, is_whole) != (last.fills_to is not None, last.is_whole):
            moved.add(market_id)
    for part in chunks([market_id for market_id in rest if market_id not in moved], IN_CHUNK):
        moved |= _newer_books(session, part, seen) | _newer_fills(session, part, seen)
    return moved


def to_seen(one: WatchedProposal, evidence: MarketEvidence, now: datetime) -> Seen:
    """What to remember of a verdict given now."""
    return Seen(
        request_timestamp=one.request_timestamp,
        proposed_price=one.proposed_price,
        at=now,
        fills_to=evidence.fills_as_of,
        is_whole=evidence.fills_as_of is not None and evidence.fills_lack is None,
        # Not ``now``: another job may store later what it read before.
        books_to=max((book.as_of for book in evidence.books if book), default=now),
    )


def _is_as_seen(one: WatchedProposal, seen: Mapping[int, Seen], now: datetime) -> bool:
    last = seen.get(one.market_id)
    return (
        last is not None
        and (last.request_timestamp, last.proposed_price)
        == (one.request_timestamp, one.proposed_price)
        and now - last.at < LOOK_AGAIN
        and not _has_begun_its_end(one, last.at, now)
    )


def _has_begun_its_end(one: WatchedProposal, last: datetime, now: datetime) -> bool:
    """Whether the last half hour, the only one baseline B2 looks at, began meanwhile."""
    ends = one.challenge_ends_at
    return ends is not None and last <= ends - LAST_HALF_HOUR < now


def _newer_books(session: Session, part: Sequence[int], seen: Mapping[int, Seen]) -> set[int]:
    query = (
        select(BookSnapshot.market_id, func.max(BookSnapshot.known_at))
        .where(
            BookSnapshot.market_id.in_(part),
            BookSnapshot.known_at > min(seen[market_id].books_to for market_id in part),
        )
        .group_by(BookSnapshot.market_id)
    )
    return {market_id for market_id, at in session.execute(query) if at > seen[market_id].books_to}


def _newer_fills(session: Session, part: Sequence[int], seen: Mapping[int, Seen]) -> set[int]:
    found: set[int] = set()
    begins = [at for market_id in part if (at := seen[market_id].fills_to) is not None]
    if not begins:
        return found
    for model in (Fill, ReportedFill):
        query = (
            select(model.market_id, func.max(model.traded_at))
            .where(model.market_id.in_(part), model.traded_at > min(begins))
            .group_by(model.market_id)
        )
        for market_id, at in session.execute(query):
            last = seen[market_id].fills_to
            if last is None or at > last:
                found.add(market_id)
    return found


def load_evidence(
    session: Session,
    watched: Sequence[WatchedProposal],
    as_of: datetime,
    gone: Mapping[str, datetime] | None = None,
) -> dict[int, MarketEvidence]:
    """The evidence on each proposal as known at a time, by market.

    ``gone``: tokens, with when the venue last gave no book of them; none read before then counts.
    """
    gone = gone or {}
    ids = [one.market_id for one in watched]
    books = latest_by_market(session, BookSnapshot, ids, as_of, BookSnapshot.outcome_index)
    coverage = list_fill_coverage(session, ids)
    since = {
        one.market_id: one.proposed_at
        for one in watched
        if one.proposed_at is not None and one.market_id in coverage
    }
    fills = list_fills(session, list(since), since, as_of)
    prices = list_earlier_prices(
        session,
        {one.market_id: one.proposed_at for one in watched if one.proposed_at is not None},
        DRIFT_FROM,
        as_of,
    )
    return {
        one.market_id: _to_evidence(
            one,
            tuple(_standing_book(books.get((one.market_id, i)), one, gone) for i in OUTCOMES),
            fills.get(one.market_id, ()),
            coverage.get(one.market_id),
            prices.get(one.market_id, ()),
            as_of,
        )
        for one in watched
    }


def _to_evidence(  # what was read, each by its own query
    one: WatchedProposal,
    books: tuple[BookSnapshot | None, ...],
    fills: Sequence[MarketFill],
    coverage: FillCoverage | None,
    prices: Sequence[tuple[datetime, Decimal]],
    as_of: datetime,
) -> MarketEvidence:
    first, second = (_book(row, as_of) for row in books)
    return MarketEvidence(
        books=(first, second),
        fills=[_trade(fill) for fill in fills],
        fills_as_of=None if coverage is None else coverage.read_to,
        fills_lack=_lack(coverage),
        prices=prices,
        proposed_at=one.proposed_at,
    )


def _standing_book(
    row: BookSnapshot | None, one: WatchedProposal, gone: Mapping[str, datetime]
) -> BookSnapshot | None:
    """A book, unless it is older than the proposal, on which it then says nothing, or gone."""
    if row is None or (one.proposed_at is not None and row.known_at < one.proposed_at):
        return None
    missed_at = gone.get(row.token_id)
    return row if missed_at is None or row.known_at > missed_at else None


def _book(row: BookSnapshot | None, as_of: datetime) -> BookReading | None:
    if row is None or as_of - row.known_at > BOOK_AGE:
        return None
    return BookReading(TokenBook(_levels(row.bids), _levels(row.asks)), row.known_at)


def _levels(rows: Sequence[Sequence[str]]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(Decimal(price), Decimal(size)) for price, size in rows)


def _trade(fill: MarketFill) -> TradedFill:
    return TradedFill(
        outcome_index=fill.outcome_index,
        price=Decimal(fill.usdc) / Decimal(fill.shares),
        shares=Decimal(fill.shares) / _MICRO,
        at=fill.traded_at,
    )


def _lack(coverage: FillCoverage | None) -> str | None:
    if coverage is None or coverage.is_whole:
        return None
    return "trades right after the proposal are not read yet"
