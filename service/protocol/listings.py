"""What Polymarket's APIs say, translated: ``service.polymarket`` makes it, the store writes it.

Money is an int in micro-USDC, prices are Decimal, instants aware UTC. ``None`` means the source
did not say; it is never a zero.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.data_enums import DataIssueKind
from models.enums import Category


@dataclass(frozen=True, slots=True)
class GroupListing:
    """Polymarket's "event"; a market's own record shows only the first of these."""

    gamma_id: str
    slug: str | None
    title: str
    neg_risk_market_id: bytes | None
    neg_risk: bool | None = None
    # Markets may be added while it trades.
    neg_risk_augmented: bool | None = None
    closed: bool | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    closed_at: datetime | None = None
    # The series it repeats in, and how often.
    series_slug: str | None = None
    recurrence: str | None = None


@dataclass(frozen=True, slots=True)
class VolumeWindows:
    """Traded volume of the last week, month and year, and the order book's part of each.

    Sources leave windows out on closed and quiet markets; a zero they send is a zero.
    """

    volume_1wk: int | None = None
    volume_1mo: int | None = None
    volume_1yr: int | None = None
    volume_clob: int | None = None
    volume_24h_clob: int | None = None
    volume_1wk_clob: int | None = None
    volume_1mo_clob: int | None = None
    volume_1yr_clob: int | None = None
    liquidity_clob: int | None = None


@dataclass(frozen=True, slots=True)
class MarketListing:
    """One market of the catalogue."""

    gamma_id: str | None
    condition_id: bytes
    question_id: bytes | None
    # The id the UMA adapter knows: negRiskRequestID on neg-risk markets, else questionID.
    uma_question_id: bytes | None
    group: GroupListing | None
    slug: str | None
    title: str
    rules: str
    category: Category
    tags: tuple[str, ...]
    outcomes: tuple[str, ...]
    # ERC-1155 ids as base-10 strings, aligned with outcomes.
    token_ids: tuple[str, ...]
    # resolvedBy: the oracle adapter; None on markets without UMA.
    adapter: bytes | None
    neg_risk: bool | None
    closed: bool
    end_at: datetime | None
    closed_at: datetime | None
    uma_status: str | None
    uma_statuses: tuple[str, ...]
    uma_bond: int | None
    custom_liveness_seconds: int | None
    volume: int | None
    volume_24h: int | None
    liquidity: int | None
    # The source's own time of the record: tells an older cached copy from a newer one.
    updated_at: datetime | None = None
    # Within a neg-risk group: the catch-all, and what tells it from its siblings.
    neg_risk_other: bool | None = None
    group_item_title: str | None = None
    # The position system's word, and its ids where they are not the tokens'.
    version: str | None = None
    position_ids: tuple[str, ...] | None = None
    windows: VolumeWindows = VolumeWindows()


@dataclass(frozen=True, slots=True)
class ResolutionRow:
    """One market's row of Polymarket's resolution feed."""

    condition_id: bytes
    question_id: bytes | None
    status: str
    # Raw prices scaled by 1e18; None where unset (the feed's "69") or absent.
    proposed_price: int | None
    reproposed_price: int | None
    price: int | None
    was_disputed: bool
    extended_review: bool
    rules_updated: bool
    expected_settlement_at: datetime | None
    settlement_basis: str | None
    reported_at: datetime | None
    payouts: tuple[int, ...] | None
    # Kept as sent; evidence is the chain's.
    resolved_at: datetime | None = None
    resolved_block: int | None = None
    resolution_source: str | None = None
    reporter: str | None = None
    market_type: str | None = None
    was_arbitrated: bool | None = None
    transaction_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class OpenInterestRow:
    """Collateral locked in one market, micro-USDC."""

    condition_id: bytes
    value: int


@dataclass(frozen=True, slots=True)
class BookLevel:
    """A price and the shares offered or wanted at it."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class BookRow:
    """One token's order book, best level first on both sides."""

    token_id: str
    booked_at: datetime | None
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that parsed as JSON and was refused, with the reason by name."""

    kind: DataIssueKind
    source: str
    key: str
    reason: str
