"""UMA's price in USD: what each source said, and what was known of it at a time."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.price import AssetQuote
from models.price_enums import VolumeScope
from service.protocol.asset_prices import (
    UMA,
    AssetPrice,
    AssetReading,
    SourcePrice,
    Unavailable,
    combine,
)
from service.protocol.sources import ASSET_SOURCES


def add_reading(session: Session, asset: str, reading: AssetReading, known_at: datetime) -> bool:
    """Keep a reading unless it is known already; whether it was kept.

    A source that answers from its cache sends the same time and price again.
    """
    same_time = select(AssetQuote.price_usd).where(
        AssetQuote.asset == asset,
        AssetQuote.source == reading.source,
        AssetQuote.observed_at == reading.observed_at,
    )
    if reading.price_usd in set(session.scalars(same_time)):
        return False
    row = AssetQuote(
        asset=asset,
        source=reading.source,
        price_usd=reading.price_usd,
        volume_usd=reading.volume_usd,
        volume_scope=reading.volume_scope,
        observed_at=reading.observed_at,
        known_at=known_at,
    )
    session.add(row)
    session.flush()
    return True


def get_uma_price(session: Session, as_of: datetime) -> AssetPrice | Unavailable:
    """UMA in USD as known at ``as_of``: the median of fresh sources, or why there is none.

    Ages count from the sources' own times. A cached older answer never hides a newer one.
    """
    found = [_newest(session, UMA, source, as_of) for source in ASSET_SOURCES]
    return combine(_to_source_price(row, as_of) for row in found if row is not None)


def _newest(session: Session, asset: str, source: str, as_of: datetime) -> AssetQuote | None:
    return session.scalars(
        select(AssetQuote)
        .where(
            AssetQuote.asset == asset,
            AssetQuote.source == source,
            AssetQuote.known_at <= as_of,
        )
        .order_by(AssetQuote.observed_at.desc(), AssetQuote.id.desc())
        .limit(1)
    ).first()


def _to_source_price(row: AssetQuote, as_of: datetime) -> SourcePrice:
    reading = AssetReading(
        source=row.source,
        price_usd=row.price_usd,
        volume_usd=row.volume_usd,
        # The column gives back plain text.
        volume_scope=VolumeScope(row.volume_scope),
        observed_at=row.observed_at,
    )
    return SourcePrice(reading, row.known_at, as_of - row.observed_at)
