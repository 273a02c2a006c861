"""One listing as columns of a market's row, and the digest that tells it from the last one."""

import hashlib
from datetime import datetime
from typing import Any

from models.market import Market
from service.protocol.listings import MarketListing

# What a score reads of a market's own row; a change of these makes its assessment stale.
SCORED = frozenset({
    "uma_question_id", "category", "adapter", "closed", "end_at", "uma_status", "uma_statuses",
    "uma_bond", "custom_liveness_seconds", "neg_risk", "outcomes",
})  # fmt: skip
# A source that says nothing of these has forgotten, not withdrawn them.
KEPT = frozenset({
    "gamma_id", "question_id", "uma_question_id", "group_id", "slug", "title", "tags", "outcomes",
    "token_ids", "adapter", "neg_risk", "neg_risk_other", "group_item_title", "version",
    "position_ids", "end_at", "uma_bond", "custom_liveness_seconds",
})  # fmt: skip
# Part of the digest: raise it when ``to_columns`` reads more of a listing.
_DIGEST_VERSION = 1


def digest(listing: MarketListing) -> bytes:
    """A digest of all of a listing that its row, its group and its rules hold.

    Not of the amounts, which move with every trade and are a history of their own, nor of the
    source's time of the record.
    """
    parts = (
        _DIGEST_VERSION,
        listing.gamma_id,
        listing.condition_id,
        listing.question_id,
        listing.uma_question_id,
        listing.group,
        listing.slug,
        listing.title,
        listing.rules,
        str(listing.category),
        listing.tags,
        listing.outcomes,
        listing.token_ids,
        listing.adapter,
        listing.neg_risk,
        listing.neg_risk_other,
        listing.group_item_title,
        listing.version,
        listing.position_ids,
        listing.closed,
        listing.end_at,
        listing.closed_at,
        listing.uma_status,
        listing.uma_statuses,
        listing.uma_bond,
        listing.custom_liveness_seconds,
    )
    return hashlib.blake2b(repr(parts).encode(), digest_size=32).digest()


def to_columns(listing: MarketListing, group_id: int | None, old: Market | None) -> dict[str, Any]:
    """The columns of a market's row, what the source left out taken from the old row."""
    words: dict[str, Any] = {
        "gamma_id": listing.gamma_id,
        "condition_id": listing.condition_id,
        "question_id": listing.question_id,
        "uma_question_id": listing.uma_question_id,
        "group_id": group_id,
        "slug": listing.slug,
        "title": listing.title,
        "category": listing.category,
        "tags": list(listing.tags),
        "outcomes": list(listing.outcomes),
        "token_ids": list(listing.token_ids),
        "adapter": listing.adapter,
        "neg_risk": listing.neg_risk,
        "neg_risk_other": listing.neg_risk_other,
        "group_item_title": listing.group_item_title,
        "version": listing.version,
        "position_ids": None if listing.position_ids is None else list(listing.position_ids),
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


def moved_columns(words: dict[str, Any], old: Market | None) -> set[str]:
    """The columns that differ from the old row: all of them where there was none."""
    if old is None:
        return set(words)
    return {name for name, value in words.items() if getattr(old, name) != value}


def is_older_copy(
    updated_at: datetime | None, known: datetime | None, age_seconds: float, longest: float
) -> bool:
    """Whether a record is a cached copy from before the one a row is made of.

    Only for as long as caches live: a source that goes on showing an older record has gone back
    to it.
    """
    if updated_at is None or known is None or age_seconds > longest:
        return False
    return updated_at < known
