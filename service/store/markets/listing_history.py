"""What of a market's listing is kept as history: its rules and its traded volume."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.market import RulesText, RulesVersion, TradingActivity
from service.protocol.listings import MarketListing
from service.store.latest import latest_by_market
from service.store.upserts import IN_CHUNK, chunks, insert_or_ignore

# Volume moves with every trade; a row is kept when it moved by this share, in per cent.
STEP_PERCENT = 1


def has_moved(old: int | None, new: int | None) -> bool:
    """Whether an amount has moved by a step; a source that falls silent moves nothing."""
    if new is None or new == old:
        return False
    return old is None or abs(new - old) * 100 >= STEP_PERCENT * abs(old)


def add_rules(session: Session, rules: Mapping[int, str], known_at: datetime) -> set[int]:
    """Keep each new rule text and the version it makes; returns the markets whose rules changed.

    An empty text is no version: the source left it out.
    """
    hashes = {
        market_id: hashlib.sha256(text.encode()).digest()
        for market_id, text in rules.items()
        if text
    }
    latest = _latest_versions(session, sorted(hashes))
    changed = {
        market_id
        for market_id, digest in hashes.items()
        if market_id not in latest or latest[market_id][1] != digest
    }
    texts = {hashes[market_id]: rules[market_id] for market_id in changed}
    insert_or_ignore(session, RulesText, [{"hash": h, "text": t} for h, t in texts.items()])
    versions = [
        {
            "market_id": market_id,
            "version": latest[market_id][0] + 1 if market_id in latest else 1,
            "text_hash": hashes[market_id],
            "known_at": known_at,
        }
        for market_id in sorted(changed)
    ]
    insert_or_ignore(session, RulesVersion, versions)
    return changed


def add_activity(
    session: Session, listings: Mapping[int, MarketListing], known_at: datetime
) -> set[int]:
    """Keep the volume of markets where it moved; returns those markets."""
    latest = latest_by_market(session, TradingActivity, listings.keys(), known_at)
    moved = {
        market_id
        for market_id, listing in listings.items()
        if has_moved(latest[market_id].volume if market_id in latest else None, listing.volume)
    }
    rows = [
        {
            "market_id": market_id,
            "volume": listings[market_id].volume,
            "volume_24h": listings[market_id].volume_24h,
            "liquidity": listings[market_id].liquidity,
            **asdict(listings[market_id].windows),
            "known_at": known_at,
        }
        for market_id in sorted(moved)
    ]
    insert_or_ignore(session, TradingActivity, rows)
    return moved


def _latest_versions(session: Session, market_ids: list[int]) -> dict[int, tuple[int, bytes]]:
    latest: dict[int, tuple[int, bytes]] = {}
    for part in chunks(market_ids, IN_CHUNK):
        query = (
            select(RulesVersion.market_id, RulesVersion.version, RulesVersion.text_hash)
            .where(RulesVersion.market_id.in_(part))
            .order_by(RulesVersion.version)
        )
        for market_id, version, digest in session.execute(query):
            latest[market_id] = (version, digest)
    return latest
