"""What one wallet holds: every page of its open positions, as the source says now."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from models.data_enums import DataIssueKind
from service.clock import Clock
from service.polymarket import routes
from service.polymarket.money import walk_pages
from service.polymarket.money_feeds import to_position
from service.polymarket.scalars import to_condition_id
from service.protocol.holders import PositionRow
from service.protocol.ids import to_hex
from service.protocol.listings import Refused
from service.protocol.sources import DATA_API
from service.transport.answers import RequestRefused
from service.transport.client import JsonClient

ROWS_A_PAGE = 500
# Two thousand open positions; a wallet with more makes markets.
MOST_PAGES = 4


@dataclass(frozen=True, slots=True)
class WalletPosition:
    """A position with its market."""

    condition_id: bytes
    position: PositionRow


@dataclass(frozen=True, slots=True)
class WalletPositions:
    """A wallet's positions, or why there is no answer."""

    wallet: bytes
    rows: tuple[WalletPosition, ...]
    refused: tuple[Refused, ...]
    # Positions that are no market's: combinations, whose ids are shorter or padded.
    combinations: int
    is_cut: bool
    fetched_at: datetime
    # The source refused to answer for this wallet at all, or failed.
    fault: str | None = None


def fetch_wallet_positions(api: JsonClient, clock: Clock, wallet: bytes) -> WalletPositions:
    """All open positions of a wallet; what is another wallet's, or has no size, is refused."""
    key = to_hex(wallet)
    fixed = (
        ("user", key),
        ("status", "OPEN"),
        ("sort_by", "TOKENS"),
        ("sort_direction", "DESC"),
        ("limit", str(ROWS_A_PAGE)),
    )
    try:
        walked = walk_pages(partial(api.ask, routes.POSITIONS), fixed, MOST_PAGES)
    except RequestRefused as refusal:
        return failed(wallet, clock.now(), refusal.reason)
    rows: dict[str, WalletPosition] = {}
    refused: list[Refused] = []
    combinations = 0
    for record in walked.records:
        made = to_position(record)
        condition = _condition_of(record)
        if isinstance(made, Refused):
            refused.append(Refused(DataIssueKind.REFUSED_POSITION, DATA_API, key, made.reason))
        elif made.held.wallet != wallet:
            reason = "a position of a wallet that was not asked for"
            refused.append(Refused(DataIssueKind.REFUSED_POSITION, DATA_API, key, reason))
        elif condition is None:
            combinations += 1
        else:
            # A page read while the ranking moved repeats a position; the first is the newer one.
            rows.setdefault(made.token_id, WalletPosition(condition, made))
    return WalletPositions(
        wallet,
        tuple(rows.values()),
        tuple(refused),
        combinations,
        walked.is_cut,
        clock.now(),
    )


def failed(wallet: bytes, at: datetime, reason: str) -> WalletPositions:
    """A wallet that was asked for and of which nothing was told, and why."""
    return WalletPositions(wallet, (), (), 0, is_cut=False, fetched_at=at, fault=reason)


def _condition_of(record: object) -> bytes | None:
    """A position's market; ``None`` for a combination, which is of no one market."""
    sent = record.get("condition_id") if isinstance(record, dict) else None
    try:
        return to_condition_id(sent if isinstance(sent, str) else None)
    except ValueError:
        return None
