"""What CoinGecko's and Coinbase's answers become, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.price_enums import VolumeScope
from service.errors import UsageError
from service.protocol.asset_prices import AssetReading
from service.quotes.asset_sources import read_coinbase, read_coingecko, read_names
from service.quotes.values import LEAST_USD, MOST_USD, to_price
from service.transport.answers import RawAnswer, read_answer
from tests.loopback.price_sources import coinbase_ticker, coingecko_price

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def sent(value: object) -> object:
    """A value as it comes out of the transport: floats as exact decimals."""
    return read_answer("test", RawAnswer(200, {}, json.dumps(value).encode()), NOW)


def test_coingecko_tells_price_market_volume_and_its_own_time() -> None:
    answer = sent(coingecko_price(NOW, usd=1.2345678901234567, volume=9876543.21))
    assert read_coingecko(answer, NOW) == AssetReading(
        "coingecko", Decimal("1.2345678901234567"), Decimal("9876543.21"), VolumeScope.MARKET, NOW
    )


def test_coinbase_volume_comes_in_uma_and_is_valued_at_the_last_trade() -> None:
    answer = sent(coinbase_ticker(NOW, price="1.25", volume="1000.4"))
    assert read_coinbase(answer, NOW) == AssetReading(
        "coinbase", Decimal("1.25"), Decimal("1250.5"), VolumeScope.VENUE, NOW
    )


@pytest.mark.parametrize("number", [1.5, "1.5", " 1.50 ", "15e-1"])
def test_a_number_may_come_as_its_text(number: object) -> None:
    assert read_coingecko(sent(coingecko_price(NOW, usd=number)), NOW).price_usd == Decimal("1.5")


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        (0, "usd is no price: 0"),
        (-1.5, "usd is no price: -1.5"),
        ("NaN", "usd is not finite"),
        ("-Infinity", "usd is not finite"),
        ("1,25", "usd is no number"),
        ("1e400", "usd is no price"),
        (True, "usd is no number"),
        ([1], "usd is no number"),
        (None, "usd is missing"),
        ("", "usd is missing"),
    ],
)
def test_what_is_no_price_is_refused_by_name(price: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_coingecko(sent(coingecko_price(NOW, usd=price)), NOW)


@pytest.mark.parametrize("volume", [None, 0, "0.00", ""])
def test_a_volume_nobody_knows_is_missing_and_not_zero(volume: object) -> None:
    found = read_coingecko(sent(coingecko_price(NOW, volume=volume)), NOW)
    assert found.volume_usd is None


@pytest.mark.parametrize("volume", [-1, "NaN", "1e300"])
def test_a_volume_that_cannot_be_spoils_the_whole_reading(volume: object) -> None:
    with pytest.raises(ValueError, match="usd_24h_vol"):
        read_coingecko(sent(coingecko_price(NOW, volume=volume)), NOW)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (None, "is no time"),
        (0, "is no time"),
        (-5, "is no time"),
        (10**18, "is no time"),
        (True, "is no time"),
        (int((NOW + timedelta(minutes=3)).timestamp()), "lies ahead of our clock"),
    ],
)
def test_a_time_that_would_never_grow_stale_is_refused(at: object, reason: str) -> None:
    answer = sent({"uma": {"usd": 1, "last_updated_at": at}})
    with pytest.raises(ValueError, match=f"last_updated_at {reason}"):
        read_coingecko(answer, NOW)


@pytest.mark.parametrize("answer", [{}, [], None, "uma", {"uma": None}, {"uma": []}])
def test_an_answer_of_another_shape_is_refused(answer: Any) -> None:
    for read in (read_coingecko, read_coinbase):
        with pytest.raises(ValueError, match=r"missing|no object|no 'uma'"):
            read(sent(answer), NOW)


def test_a_time_without_zone_is_refused() -> None:
    ticker = coinbase_ticker(NOW) | {"time": "2026-11-25T12:00:00"}
    with pytest.raises(ValueError, match="time is no time"):
        read_coinbase(sent(ticker), NOW)


def test_nanoseconds_in_a_time_are_read() -> None:
    ticker = coinbase_ticker(NOW) | {"time": "2026-11-25T11:59:59.123456789Z"}
    assert read_coinbase(sent(ticker), NOW).observed_at == datetime(
        2026, 11, 25, 11, 59, 59, 123456, tzinfo=UTC
    )


@given(st.decimals(allow_nan=True, allow_infinity=True) | st.text() | st.booleans() | st.none())
def test_whatever_comes_is_a_price_in_range_or_refused(value: object) -> None:
    try:
        price = to_price(value, "usd")
    except ValueError:
        return
    assert 0 < LEAST_USD <= price <= MOST_USD


@pytest.mark.parametrize(
    ("parts", "urls"),
    [
        ((), {}),
        (("coinbase",), {"coinbase": "https://api.exchange.coinbase.com"}),
        (("coingecko = http://h/ ",), {"coingecko": "http://h"}),
    ],
)
def test_a_source_is_named_with_or_without_an_address(
    parts: tuple[str, ...], urls: dict[str, str]
) -> None:
    assert read_names(parts) == urls


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (("binance",), "unknown source 'binance'. Choose of: coingecko, coinbase"),
        (("coinbase", "coinbase=http://h"), "named twice"),
        (("coinbase=ftp://h",), "must start with"),
    ],
)
def test_a_source_that_cannot_be_asked_is_named(parts: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_names(parts)
