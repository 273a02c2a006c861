"""What somebody holds, put together from two sources. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

YES, NO = 0, 1


@dataclass(frozen=True, slots=True)
class HeldMarket:
    """What one wallet holds of one market (micro-shares), as one source last said."""

    wallet: bytes
    market_id: int
    yes: int
    no: int
    # "positions" of the wallet, or "holders" of the market, which are netted and the largest only.
    source: str
    known_at: datetime


def join_outcomes(
    rows: Iterable[tuple[bytes, int, int, int, datetime]], source: str
) -> dict[tuple[bytes, int], HeldMarket]:
    """Rows of (wallet, market, outcome, size, known at) by wallet and market."""
    found: dict[tuple[bytes, int], HeldMarket] = {}
    for wallet, market_id, outcome, size, known_at in rows:
        key = wallet, market_id
        before = found.get(key)
        yes, no, seen = (
            (0, 0, known_at) if before is None else (before.yes, before.no, before.known_at)
        )
        yes, no = (yes + size, no) if outcome == YES else (yes, no + size)
        found[key] = HeldMarket(wallet, market_id, yes, no, source, max(seen, known_at))
    return found


def newest_source(
    positions: dict[tuple[bytes, int], HeldMarket], holders: dict[tuple[bytes, int], HeldMarket]
) -> list[HeldMarket]:
    """Of each wallet's market what was seen last; its own positions where both are as new."""
    found = dict(holders)
    for key, held in positions.items():
        other = found.get(key)
        if other is None or held.known_at >= other.known_at:
            found[key] = held
    return [found[key] for key in sorted(found)]
