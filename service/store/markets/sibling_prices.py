"""The same question's price on another venue: rows in, and what was known of a market at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.price import SiblingQuote
from models.price_enums import Venue
from service.protocol.asset_prices import Unavailable
from service.protocol.sibling_prices import STALE_AFTER, SiblingReading
from service.store.markets.resolution_rows import market_ids_of

# What did not move is still written this often, so that a row's age tells when it was seen.
REPEAT = timedelta(minutes=10)
NOT_LINKED = (
    "no quote of another venue is known; SETTLEWATCH_SIBLING_MARKETS names the markets linked"
)


@dataclass(frozen=True, slots=True)
class SiblingsAdded:
    """What a batch of sibling quotes did."""

    added: int
    unchanged: int
    # Quotes of markets that are not followed.
    unknown: int


@dataclass(frozen=True, slots=True)
class KnownSibling:
    """A venue's newest quote, and whether it is too old to be relied on."""

    quote: SiblingQuote
    age: timedelta

    @property
    def is_stale(self) -> bool:
        """Whether it was not seen again for too long."""
        return self.age > STALE_AFTER


def add_sibling_readings(
    session: Session, rows: Sequence[SiblingReading], known_at: datetime
) -> SiblingsAdded:
    """Keep what moved, and every ten minutes what did not."""
    ids = market_ids_of(session, list({row.link.condition_id for row in rows}))
    added = unchanged = unknown = 0
    for row in rows:
        market_id = ids.get(row.link.condition_id)
        if market_id is None:
            unknown += 1
            continue
        quote = _to_quote(row, market_id, known_at)
        last = _newest(session, market_id, row.link.venue, known_at)
        if last is not None and _is_repeat(last, quote):
            unchanged += 1
            continue
        session.add(quote)
        session.flush()
        added += 1
    return SiblingsAdded(added, unchanged, unknown)


def get_sibling_prices(
    session: Session, market_id: int, as_of: datetime
) -> tuple[KnownSibling, ...] | Unavailable:
    """Each venue's newest quote of the same question as known at ``as_of``, or why there is none.

    A venue whose two sides are not both quoted has a row without a price.
    """
    found = [_newest(session, market_id, venue, as_of) for venue in Venue]
    known = tuple(
        KnownSibling(row, as_of - (row.observed_at or row.known_at))
        for row in found
        if row is not None
    )
    return known or Unavailable(NOT_LINKED)


def _newest(session: Session, market_id: int, venue: Venue, as_of: datetime) -> SiblingQuote | None:
    return session.scalars(
        select(SiblingQuote)
        .where(
            SiblingQuote.market_id == market_id,
            SiblingQuote.venue == venue,
            SiblingQuote.known_at <= as_of,
        )
        .order_by(SiblingQuote.known_at.desc(), SiblingQuote.id.desc())
        .limit(1)
    ).first()


def _to_quote(row: SiblingReading, market_id: int, known_at: datetime) -> SiblingQuote:
    return SiblingQuote(
        market_id=market_id,
        venue=row.link.venue,
        reference=row.link.reference,
        outcome_index=row.link.outcome_index,
        status=row.status,
        bid=row.bid,
        ask=row.ask,
        price=row.price,
        observed_at=row.observed_at,
        known_at=known_at,
        link=row.url,
    )


def _is_repeat(last: SiblingQuote, new: SiblingQuote) -> bool:
    names = ("reference", "outcome_index", "status", "bid", "ask", "observed_at", "link")
    same = all(getattr(last, name) == getattr(new, name) for name in names)
    return same and new.known_at - last.known_at < REPEAT
