"""The catalogue into rows: markets and groups as last seen, what changed as history.

Most of a sweep says nothing new: a page of it is one query and one bulk update, by the digest each
row keeps of the listing it was made of.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from models.data_enums import DataIssueKind
from models.market import Market, TradingActivity
from service.protocol.ids import to_hex
from service.protocol.listings import MarketListing, Refused
from service.protocol.sources import GAMMA
from service.store.markets.listing_history import add_activity, add_rules, has_moved
from service.store.markets.listing_rows import (
    SCORED,
    digest,
    is_older_copy,
    moved_columns,
    to_columns,
)
from service.store.markets.market_groups import upsert_groups
from service.store.upserts import IN_CHUNK, chunks, insert_for

# Caches hand out copies for minutes; what is shown for longer than this is what the source says.
CACHED_SECONDS = 3_600.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Upserted:
    """What a page of the catalogue did."""

    added: int
    changed: int
    unchanged: int
    # Cached copies from before the one that is stored; left aside.
    older_copies: int
    rules_versions: int
    activity: int
    # The rows of all markets the page showed, the older copies' among them.
    market_ids: tuple[int, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """As much of a stored market as tells whether a listing is news."""

    id: int
    condition_id: bytes
    gamma_id: str | None
    content_hash: bytes | None
    source_updated_at: datetime | None
    refreshed_at: datetime
    # The traded volume that was kept last.
    volume: int | None


def upsert_listings(
    session: Session, listings: Sequence[MarketListing], known_at: datetime
) -> Upserted:
    """Store a page of markets: rows as last seen, rule texts and volume as history.

    A market twice on a page, or sent again by an older cache, is stored once and as the newest.
    """
    page = _once_each(listings)
    rows = _get_known(session, page)
    page, refused = _without_clashes(page, rows)
    known = {row.condition_id: row for row in rows}
    current = [listing for listing in page if not _is_older(listing, known, known_at)]
    digests = {listing.condition_id: digest(listing) for listing in current}
    news = [m for m in current if not _is_same(known, m, digests)]
    written = _write_news(session, news, known, digests, known_at)
    same = [listing for listing in current if _is_same(known, listing, digests)]
    _touch(session, same, known, known_at)
    added = written.ids.keys() - known.keys()
    traded = {
        known[m.condition_id].id if m.condition_id in known else written.ids[m.condition_id]: m
        for m in current
        if m.condition_id not in known or has_moved(known[m.condition_id].volume, m.volume)
    }
    activity = add_activity(session, traded, known_at)
    new_ids = {written.ids[condition_id] for condition_id in added}
    mark_changed(session, (written.stale | written.rules | activity) - new_ids, known_at)
    shown = {known[m.condition_id].id for m in page if m.condition_id in known} | new_ids
    return Upserted(
        added=len(added),
        changed=written.changed,
        unchanged=len(current) - len(added) - written.changed,
        older_copies=len(page) - len(current),
        rules_versions=len(written.rules),
        activity=len(activity),
        market_ids=tuple(shown),
        refused=tuple(refused),
    )


def mark_changed(session: Session, market_ids: Collection[int], at: datetime) -> None:
    """Mark markets as changed at ``at``; a later change moves the mark, so none is overlooked.

    A mark that is later already stays: what it stands for is not known before.
    """
    later = case((Market.stale_since > at, Market.stale_since), else_=at)
    for part in chunks(sorted(market_ids), IN_CHUNK):
        session.connection().execute(
            update(Market).where(Market.id.in_(part)).values(stale_since=later)
        )


def list_open(session: Session, after_id: int, limit: int) -> Sequence[tuple[int, bytes]]:
    """Row and condition ids of open markets, by row id, a page at a time."""
    query = (
        select(Market.id, Market.condition_id)
        .where(Market.closed.is_(False), Market.id > after_id)
        .order_by(Market.id)
        .limit(limit)
    )
    return [(row.id, row.condition_id) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class _Written:
    """What became of the listings that said something new."""

    ids: dict[bytes, int]
    # Markets known before of which a column moved.
    changed: int
    # Of these a column moved that scores read.
    stale: set[int]
    rules: set[int]


def _write_news(
    session: Session,
    news: Sequence[MarketListing],
    known: Mapping[bytes, _Known],
    digests: Mapping[bytes, bytes],
    known_at: datetime,
) -> _Written:
    if not news:
        return _Written({}, 0, set(), set())
    groups = upsert_groups(session, [m.group for m in news if m.group], known_at)
    olds = _get_markets(session, [m.condition_id for m in news if m.condition_id in known])
    fresh: list[dict[str, Any]] = []
    rewritten: list[dict[str, Any]] = []
    changed, stale = 0, set()
    for listing in news:
        old = olds.get(listing.condition_id)
        words = to_columns(listing, groups[listing.group.gamma_id] if listing.group else None, old)
        moved = moved_columns(words, old)
        words |= {
            "known_at": known_at,
            "refreshed_at": known_at,
            "source_updated_at": listing.updated_at,
            "content_hash": digests[listing.condition_id],
        }
        if old is None:
            fresh.append({**words, "stale_since": known_at})
            continue
        rewritten.append(words)
        changed += bool(moved)
        if moved & SCORED:
            stale.add(old.id)
    _write_markets(session, fresh)
    _write_markets(session, rewritten)
    ids = {old.condition_id: old.id for old in olds.values()}
    ids |= _get_ids(session, [words["condition_id"] for words in fresh])
    rules = add_rules(session, {ids[m.condition_id]: m.rules for m in news}, known_at)
    return _Written(ids, changed, stale, rules)


def _is_same(
    known: Mapping[bytes, _Known], listing: MarketListing, digests: Mapping[bytes, bytes]
) -> bool:
    row = known.get(listing.condition_id)
    return row is not None and row.content_hash == digests[listing.condition_id]


def _is_older(listing: MarketListing, known: Mapping[bytes, _Known], known_at: datetime) -> bool:
    row = known.get(listing.condition_id)
    if row is None:
        return False
    age = (known_at - row.refreshed_at).total_seconds()
    return is_older_copy(listing.updated_at, row.source_updated_at, age, CACHED_SECONDS)


def _once_each(listings: Iterable[MarketListing]) -> list[MarketListing]:
    """One listing a condition: the newest by the source's own time, the last among equals."""
    newest: dict[bytes, MarketListing] = {}
    for listing in listings:
        seen = newest.get(listing.condition_id)
        if seen is None or (listing.updated_at or _LONG_AGO) >= (seen.updated_at or _LONG_AGO):
            newest[listing.condition_id] = listing
    return list(newest.values())


def _get_known(session: Session, listings: Sequence[MarketListing]) -> list[_Known]:
    """The stored markets that these listings name, by condition or by Gamma id."""
    volume = (
        select(TradingActivity.volume)
        .where(TradingActivity.market_id == Market.id)
        .order_by(TradingActivity.known_at.desc(), TradingActivity.id.desc())
        .limit(1)
        .correlate(Market)
        .scalar_subquery()
    )
    found: list[_Known] = []
    for part in chunks(listings, IN_CHUNK // 2):
        query = select(
            Market.id,
            Market.condition_id,
            Market.gamma_id,
            Market.content_hash,
            Market.source_updated_at,
            Market.refreshed_at,
            volume,
        ).where(
            or_(
                Market.condition_id.in_([m.condition_id for m in part]),
                Market.gamma_id.in_([m.gamma_id for m in part if m.gamma_id is not None]),
            )
        )
        found += [_Known(*row) for row in session.execute(query)]
    return found


def _without_clashes(
    listings: Sequence[MarketListing], rows: Iterable[_Known]
) -> tuple[list[MarketListing], list[Refused]]:
    """Refuse a listing whose Gamma id belongs to another condition: one of the two is wrong."""
    owners = {row.gamma_id: row.condition_id for row in rows if row.gamma_id is not None}
    kept: list[MarketListing] = []
    refused: list[Refused] = []
    for listing in listings:
        owner = (
            owners.setdefault(listing.gamma_id, listing.condition_id) if listing.gamma_id else None
        )
        if owner is None or owner == listing.condition_id:
            kept.append(listing)
            continue
        reason = f"Gamma id {listing.gamma_id} belongs to condition {to_hex(owner)}"
        key = to_hex(listing.condition_id)
        refused.append(Refused(DataIssueKind.REFUSED_MARKET, GAMMA, key, reason))
    return kept, refused


def _get_markets(session: Session, condition_ids: Sequence[bytes]) -> dict[bytes, Market]:
    found: dict[bytes, Market] = {}
    for part in chunks(condition_ids, IN_CHUNK):
        # Rows are written past the session's own memory of them: read what the database holds.
        query = select(Market).where(Market.condition_id.in_(part))
        rows = session.scalars(query.execution_options(populate_existing=True))
        found.update((market.condition_id, market) for market in rows)
    return found


def _get_ids(session: Session, condition_ids: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for part in chunks(condition_ids, IN_CHUNK):
        query = select(Market.condition_id, Market.id).where(Market.condition_id.in_(part))
        found.update((condition_id, row_id) for condition_id, row_id in session.execute(query))
    return found


def _write_markets(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    insert = insert_for(session, Market)
    # known_at stays the first sighting.
    shown = [name for name in rows[0] if name not in ("condition_id", "known_at")]
    session.connection().execute(
        insert.on_conflict_do_update(
            index_elements=["condition_id"], set_={name: insert.excluded[name] for name in shown}
        ),
        list(rows),
    )


def _touch(
    session: Session, same: Sequence[MarketListing], known: Mapping[bytes, _Known], at: datetime
) -> None:
    """Note when unchanged markets were seen, and of what time the copy was."""
    moved = [m for m in same if m.updated_at != known[m.condition_id].source_updated_at]
    if moved:
        times = (
            update(Market)
            .where(Market.id == bindparam("row"))
            .values(refreshed_at=at, source_updated_at=bindparam("copied_at"))
        )
        rows = [{"row": known[m.condition_id].id, "copied_at": m.updated_at} for m in moved]
        session.connection().execute(times, rows)
    ids = {known[m.condition_id].id for m in same} - {known[m.condition_id].id for m in moved}
    for part in chunks(sorted(ids), IN_CHUNK):
        session.connection().execute(
            update(Market).where(Market.id.in_(part)).values(refreshed_at=at)
        )
