"""UMA's price in rows, on both databases."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.price import AssetQuote
from models.price_enums import VolumeScope
from service.protocol.asset_prices import UMA, AssetPrice, AssetReading, Unavailable
from service.store.money.asset_prices import add_reading, get_uma_price

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def reading(
    price: str, at: datetime = NOW, source: str = "coingecko", volume: str | None = None
) -> AssetReading:
    traded = None if volume is None else Decimal(volume)
    return AssetReading(source, Decimal(price), traded, VolumeScope.MARKET, at)


def add(session: Session, item: AssetReading, known_at: datetime = NOW) -> bool:
    return add_reading(session, UMA, item, known_at)


def price(session: Session, as_of: datetime = NOW) -> AssetPrice:
    found = get_uma_price(session, as_of)
    assert isinstance(found, AssetPrice)
    return found


def test_a_price_comes_back_digit_for_digit(session: Session) -> None:
    add(session, reading("123456789.123456789012345678", volume="987654321.01"))
    session.expire_all()
    found = price(session)
    assert found.price_usd == Decimal("123456789.123456789012345678")
    assert str(found.volume_usd) == "987654321.01"


def test_before_any_row_the_price_is_missing_with_a_reason(session: Session) -> None:
    assert isinstance(get_uma_price(session, NOW), Unavailable)


def test_what_was_learned_later_is_not_known_before(session: Session) -> None:
    add(session, reading("1", NOW - 5 * MINUTE), NOW - 5 * MINUTE)
    add(session, reading("2", NOW - MINUTE), NOW)
    assert price(session, NOW - MINUTE).price_usd == 1
    assert price(session, NOW).price_usd == 2


def test_a_cached_older_answer_is_kept_and_hides_nothing(session: Session) -> None:
    add(session, reading("2", NOW), NOW)
    assert add(session, reading("1", NOW - 10 * MINUTE), NOW + MINUTE)
    assert price(session, NOW + MINUTE).price_usd == 2


def test_the_same_time_and_price_again_adds_no_row(session: Session) -> None:
    assert add(session, reading("1.10"), NOW)
    assert not add(session, reading("1.1"), NOW + 5 * MINUTE)
    assert add(session, reading("1.2"), NOW + 5 * MINUTE)
    assert session.scalar(select(func.count()).select_from(AssetQuote)) == 2


def test_two_sources_make_a_median_and_both_stay_visible(session: Session) -> None:
    add(session, reading("1"))
    add(session, reading("3", NOW - MINUTE, "coinbase"))
    found = price(session)
    assert found.price_usd == 2
    assert found.disagrees
    assert [(item.reading.source, item.age) for item in found.sources] == [
        ("coingecko", timedelta()),
        ("coinbase", MINUTE),
    ]


def test_a_price_nobody_refreshes_becomes_missing(session: Session) -> None:
    add(session, reading("1"))
    later = get_uma_price(session, NOW + 31 * MINUTE)
    assert isinstance(later, Unavailable)
    assert later.sources[0].is_stale
