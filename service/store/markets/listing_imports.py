"""Imported listings into rows: never over what was seen later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import Market
from service.protocol.listings import MarketListing, Refused
from service.store.markets.listing_rows import digest
from service.store.markets.listings import upsert_listings
from service.store.upserts import IN_CHUNK, chunks

_SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ImportedListing:
    """A listing out of a dump, and when it was crawled, where the dump says so."""

    listing: MarketListing
    crawled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a batch of a dump; every listing is in exactly one of these."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    # A newer sight of the market is stored, or one of which the dump does not say that it is older.
    kept: int = 0
    refused: tuple[Refused, ...] = ()

    def plus(self, other: "Imported") -> "Imported":
        """The sum of two batches."""
        return Imported(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.kept + other.kept,
            (*self.refused, *other.refused),
        )


@dataclass(frozen=True, slots=True)
class _Stored:
    content_hash: bytes | None
    source_updated_at: datetime | None
    refreshed_at: datetime


def import_listings(session: Session, batch: Sequence[ImportedListing], now: datetime) -> Imported:
    """Store a batch in order; what a row does not say of its age counts as known ``now``.

    A stored market is written over only by a listing that is newer: crawled later than the market
    was last seen or, where the crawl's time is not known, of a later time of the source's own.
    """
    done = Imported()
    for page in _pages(batch):
        crawled = [item.crawled_at for item in page if item.crawled_at is not None]
        # Never earlier than each was crawled, at most an hour later, and not in the future.
        done = done.plus(_import(session, page, min(now, max(crawled, default=now))))
    return done


def _pages(batch: Sequence[ImportedListing]) -> Iterator[list[ImportedListing]]:
    """What is stored at once: crawled within an hour, or without a time; no market twice.

    A second sight of a market has to meet the row that the first one made.
    """
    page: dict[bytes, ImportedListing] = {}
    for item in batch:
        key = item.listing.condition_id
        if page and (key in page or not _is_near(item, next(iter(page.values())))):
            yield list(page.values())
            page = {}
        page[key] = item
    if page:
        yield list(page.values())


def _is_near(item: ImportedListing, first: ImportedListing) -> bool:
    if item.crawled_at is None or first.crawled_at is None:
        return item.crawled_at is first.crawled_at
    # Rows out of order start anew: the page is known when its last row was crawled.
    return timedelta(0) <= item.crawled_at - first.crawled_at <= _SPAN


def _import(session: Session, batch: Sequence[ImportedListing], known_at: datetime) -> Imported:
    stored = _get_stored(session, [item.listing.condition_id for item in batch])
    news: list[MarketListing] = []
    unchanged = kept = 0
    for item in batch:
        row = stored.get(item.listing.condition_id)
        if row is None or _is_newer(item, row):
            news.append(item.listing)
        elif row.content_hash == digest(item.listing):
            unchanged += 1
        else:
            kept += 1
    if not news:
        return Imported(unchanged=unchanged, kept=kept)
    done = upsert_listings(session, news, known_at)
    return Imported(
        added=done.added,
        changed=done.changed,
        unchanged=unchanged + done.unchanged,
        kept=kept + done.older_copies,
        refused=done.refused,
    )


def _is_newer(item: ImportedListing, row: _Stored) -> bool:
    if item.crawled_at is not None:
        return item.crawled_at > row.refreshed_at
    updated_at = item.listing.updated_at
    if updated_at is None:
        return False
    return updated_at > (row.source_updated_at or row.refreshed_at)


def _get_stored(session: Session, condition_ids: Sequence[bytes]) -> dict[bytes, _Stored]:
    found: dict[bytes, _Stored] = {}
    for part in chunks(condition_ids, IN_CHUNK):
        query = select(
            Market.condition_id,
            Market.content_hash,
            Market.source_updated_at,
            Market.refreshed_at,
        ).where(Market.condition_id.in_(part))
        for row in session.execute(query):
            found[row.condition_id] = _Stored(
                row.content_hash, row.source_updated_at, row.refreshed_at
            )
    return found
