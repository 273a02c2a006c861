"""The catalogue into rows: markets and groups as last seen, what changed as history."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from models.data_enums import DataIssueKind
from models.market import Market
from service.protocol.ids import to_hex
from service.protocol.listings import MarketListing, Refused
from service.protocol.sources import GAMMA
from service.store.listing_history import add_activity, add_rules
from service.store.market_groups import upsert_groups
from service.store.upserts import IN_CHUNK, chunks, insert_for

# What a score reads of a market's own row; a change of these makes its assessment stale.
SCORED = frozenset({
    "uma_question_id", "category", "adapter", "closed", "end_at", "uma_status", "uma_statuses",
    "uma_bond", "custom_liveness_seconds", "neg_risk", "outcomes",
})  # fmt: skip
# A source that says nothing of these has forgotten, not withdrawn them.
KEPT = frozenset({
    "gamma_id", "question_id", "uma_question_id", "group_id", "slug", "title", "tags", "outcomes",
    "token_ids", "adapter", "neg_risk", "end_at", "uma_bond", "custom_liveness_seconds",
})  # fmt: skip
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Upserted:
    """What a page of the catalogue did."""

    added: int
    changed: int
    unchanged: int
    rules_versions: int
    activity: int
    refused: tuple[Refused, ...]


def upsert_listings(
    session: Session, listings: Sequence[MarketListing], known_at: datetime
) -> Upserted:
    """Store a page of markets: rows as last seen, rule texts and volume as history."""
    pages, refused = _without_clashes(session, _once_each(listings))
    groups = upsert_groups(session, [m.group for m in pages if m.group], known_at)
    known = _get_markets(session, [m.condition_id for m in pages])
    fresh: list[dict[str, Any]] = []
    same: list[int] = []
    changed: set[bytes] = set()
    for listing in pages:
        old = known.get(listing.condition_id)
        words = _words(listing, groups, old)
        moved = set(words) if old is None else {k for k, v in words.items() if getattr(old, k) != v}
        if moved & SCORED:
            changed.add(listing.condition_id)
        if old is not None and not moved:
            same.append(old.id)
        else:
            fresh.append({**words, "known_at": known_at, "refreshed_at": known_at})
    _write_markets(session, fresh)
    _touch(session, same, known_at)
    ids = _get_ids(session, [m.condition_id for m in pages])
    rules = add_rules(session, {ids[m.condition_id]: m.rules for m in pages}, known_at)
    activity = add_activity(session, {ids[m.condition_id]: m for m in pages}, known_at)
    mark_changed(session, {ids[c] for c in changed} | rules | activity, known_at)
    added = sum(m.condition_id not in known for m in pages)
    return Upserted(added, len(fresh) - added, len(same), len(rules), len(activity), tuple(refused))


def mark_changed(session: Session, market_ids: Collection[int], at: datetime) -> None:
    """Mark markets as changed at ``at``; a later change moves the mark, so none is overlooked.

    A mark that is later already stays: what it stands for is not known before.
    """
    later = case((Market.stale_since > at, Market.stale_since), else_=at)
    for part in chunks(sorted(market_ids), IN_CHUNK):
        session.connection().execute(
            update(Market).where(Market.id.in_(part)).values(stale_since=later)
        )


def list_unseen_since(session: Session, since: datetime) -> Sequence[bytes]:
    """Condition ids of open markets the catalogue has not shown since."""
    return session.scalars(
        select(Market.condition_id)
        .where(Market.closed.is_(False), Market.refreshed_at < since)
        .order_by(Market.id)
    ).all()


def _once_each(listings: Iterable[MarketListing]) -> list[MarketListing]:
    """One listing a condition: the newest by the source's own time, the last among equals."""
    newest: dict[bytes, MarketListing] = {}
    for listing in listings:
        seen = newest.get(listing.condition_id)
        if seen is None or (listing.updated_at or _LONG_AGO) >= (seen.updated_at or _LONG_AGO):
            newest[listing.condition_id] = listing
    return list(newest.values())


def _without_clashes(
    session: Session, listings: Sequence[MarketListing]
) -> tuple[list[MarketListing], list[Refused]]:
    """Refuse a listing whose Gamma id belongs to another condition: one of the two is wrong."""
    wanted = [m.gamma_id for m in listings if m.gamma_id is not None]
    owners: dict[str, bytes] = {}
    for part in chunks(wanted, IN_CHUNK):
        query = select(Market.gamma_id, Market.condition_id).where(Market.gamma_id.in_(part))
        owners.update((gamma_id, cid) for gamma_id, cid in session.execute(query) if gamma_id)
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


def _words(listing: MarketListing, groups: dict[str, int], old: Market | None) -> dict[str, Any]:
    """The columns of a market's row, what the source left out taken from the old row."""
    words: dict[str, Any] = {
        "gamma_id": listing.gamma_id,
        "condition_id": listing.condition_id,
        "question_id": listing.question_id,
        "uma_question_id": listing.uma_question_id,
        "group_id": groups[listing.group.gamma_id] if listing.group else None,
        "slug": listing.slug,
        "title": listing.title,
        "category": listing.category,
        "tags": list(listing.tags),
        "outcomes": list(listing.outcomes),
        "token_ids": list(listing.token_ids),
        "adapter": listing.adapter,
        "neg_risk": listing.neg_risk,
        "closed": listing.closed,
        "end_at": listing.end_at,
        "closed_at": listing.closed_at,
        "uma_status": listing.uma_status,
        "uma_statuses": list(listing.uma_statuses),
        "uma_bond": listing.uma_bond,
        "custom_liveness_seconds": listing.custom_liveness_seconds,
    }
    if old is not None:
        silent = {name for name in KEPT if words[name] is None or words[name] in ("", [])}
        words |= {name: getattr(old, name) for name in silent}
    return words


def _write_markets(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    insert = insert_for(session, Market)
    # known_at stays the first sighting; stale_since is another statement's (mark_changed).
    shown = [name for name in rows[0] if name not in ("condition_id", "known_at")]
    session.connection().execute(
        insert.on_conflict_do_update(
            index_elements=["condition_id"], set_={name: insert.excluded[name] for name in shown}
        ),
        list(rows),
    )


def _touch(session: Session, market_ids: Sequence[int], at: datetime) -> None:
    for part in chunks(market_ids, IN_CHUNK):
        session.connection().execute(
            update(Market).where(Market.id.in_(part)).values(refreshed_at=at)
        )
