"""An asset's price in USD out of several sources (methodology, "Prices from outside"). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal, localcontext

from models.price_enums import VolumeScope

UMA = "UMA"
# Older by the source's own time, a price is shown and not used.
STALE_AFTER = timedelta(minutes=30)
NEVER_GIVEN = "no source has given a price; SETTLEWATCH_UMA_PRICE_SOURCES names those asked"
# Sources further apart than this share of the lower one disagree.
DISAGREEMENT = Decimal("0.10")
# Prices have up to 27 digits; a mean of two needs one more.
_EXACT = Context(prec=50)


@dataclass(frozen=True, slots=True)
class AssetReading:
    """What one source says an asset costs."""

    source: str
    price_usd: Decimal
    # Of the last 24 hours; None where the source did not say.
    volume_usd: Decimal | None
    volume_scope: VolumeScope
    # The source's own time of the price.
    observed_at: datetime


def issue_key(source: str, asset: str) -> str:
    """What a refused reading of a source is called by."""
    return f"{source}:{asset}"


@dataclass(frozen=True, slots=True)
class SourcePrice:
    """A reading and how old it is."""

    reading: AssetReading
    known_at: datetime
    age: timedelta

    @property
    def is_stale(self) -> bool:
        """Whether it is too old to be used."""
        return self.age > STALE_AFTER


@dataclass(frozen=True, slots=True)
class AssetPrice:
    """The median of the sources that are fresh, with their spread."""

    price_usd: Decimal
    low_usd: Decimal
    high_usd: Decimal
    # The oldest time among the prices used.
    observed_at: datetime
    used: int
    disagrees: bool
    # Market-wide where a fresh source knows it, else one venue's; None where none says.
    volume_usd: Decimal | None
    volume_scope: VolumeScope | None
    # Stale ones among them.
    sources: tuple[SourcePrice, ...]


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No price, and why; what sources last said stays visible."""

    reason: str
    sources: tuple[SourcePrice, ...] = ()


def combine(sources: Iterable[SourcePrice]) -> AssetPrice | Unavailable:
    """The median of the fresh prices, one a source; no fresh price is a reason, never a 0."""
    shown = tuple(sources)
    fresh = [item for item in shown if not item.is_stale]
    if not shown:
        return Unavailable(NEVER_GIVEN)
    if not fresh:
        minutes = int(STALE_AFTER.total_seconds() // 60)
        names = ", ".join(item.reading.source for item in shown)
        return Unavailable(f"every price is older than {minutes} minutes ({names})", shown)
    prices = sorted(item.reading.price_usd for item in fresh)
    low, high = prices[0], prices[-1]
    volume, scope = _volume([item.reading for item in fresh])
    with localcontext(_EXACT):
        disagrees = high > low * (1 + DISAGREEMENT)
    return AssetPrice(
        price_usd=median(prices),
        low_usd=low,
        high_usd=high,
        observed_at=min(item.reading.observed_at for item in fresh),
        used=len(fresh),
        disagrees=disagrees,
        volume_usd=volume,
        volume_scope=scope,
        sources=shown,
    )


def median(ordered: Sequence[Decimal]) -> Decimal:
    """The middle of ascending numbers, exactly; half-way between the two middle ones if even."""
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    with localcontext(_EXACT):
        return (ordered[middle - 1] + ordered[middle]) / 2


def _volume(readings: Sequence[AssetReading]) -> tuple[Decimal | None, VolumeScope | None]:
    for scope in (VolumeScope.MARKET, VolumeScope.VENUE):
        known = [r.volume_usd for r in readings if r.volume_scope is scope and r.volume_usd]
        if known:
            return max(known), scope
    return None, None
