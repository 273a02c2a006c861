"""An asset's price out of several sources."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from models.price_enums import VolumeScope
from service.protocol.asset_prices import (
    STALE_AFTER,
    AssetPrice,
    AssetReading,
    SourcePrice,
    Unavailable,
    combine,
)

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PRICES = st.decimals(min_value="1e-9", max_value="1e9", places=18)


def said(
    price: str | Decimal,
    age: timedelta = timedelta(),
    volume: str | None = None,
    scope: VolumeScope = VolumeScope.MARKET,
) -> SourcePrice:
    at = NOW - age
    traded = None if volume is None else Decimal(volume)
    return SourcePrice(AssetReading("source", Decimal(price), traded, scope, at), NOW, age)


def priced(*sources: SourcePrice) -> AssetPrice:
    found = combine(sources)
    assert isinstance(found, AssetPrice)
    return found


def test_two_fresh_prices_make_their_exact_middle() -> None:
    found = priced(said("1.000000000000000001"), said("1.000000000000000002"))
    assert found.price_usd == Decimal("1.0000000000000000015")
    assert found.used == 2
    assert not found.disagrees


def test_prices_more_than_a_tenth_apart_are_flagged_and_the_median_still_stated() -> None:
    assert not priced(said("1"), said("1.1")).disagrees
    found = priced(said("1"), said("1.100001"))
    assert found.disagrees
    assert (found.low_usd, found.high_usd) == (Decimal(1), Decimal("1.100001"))
    assert found.price_usd == Decimal("1.0500005")


def test_a_price_goes_stale_past_its_limit_and_not_at_it() -> None:
    assert priced(said("1", STALE_AFTER)).used == 1
    stale = said("1", STALE_AFTER + timedelta(seconds=1))
    found = combine([stale])
    assert isinstance(found, Unavailable)
    assert found.reason == "every price is older than 30 minutes (source)"
    assert found.sources == (stale,)


def test_a_stale_price_is_shown_and_not_used() -> None:
    stale = said("9", timedelta(hours=2))
    found = priced(stale, said("1", timedelta(minutes=5)))
    assert (found.price_usd, found.used, found.disagrees) == (Decimal(1), 1, False)
    assert stale in found.sources
    assert found.observed_at == NOW - timedelta(minutes=5)


def test_a_median_is_as_old_as_the_oldest_price_in_it() -> None:
    found = priced(said("1", timedelta(minutes=20)), said("1", timedelta(minutes=1)))
    assert found.observed_at == NOW - timedelta(minutes=20)


def test_no_source_at_all_is_a_reason_and_no_number() -> None:
    found = combine([])
    assert isinstance(found, Unavailable)
    assert "SETTLEWATCH_UMA_PRICE_SOURCES" in found.reason


def test_the_markets_volume_goes_before_a_single_venues() -> None:
    venue = said("1", volume="900", scope=VolumeScope.VENUE)
    found = priced(venue, said("1", volume="500"))
    assert (found.volume_usd, found.volume_scope) == (Decimal(500), VolumeScope.MARKET)
    found = priced(venue, said("1"))
    assert (found.volume_usd, found.volume_scope) == (Decimal(900), VolumeScope.VENUE)
    assert (priced(said("1")).volume_usd, priced(said("1")).volume_scope) == (None, None)


@given(st.lists(PRICES, min_size=1, max_size=5))
def test_the_median_lies_within_the_spread_and_no_order_matters(prices: list[Decimal]) -> None:
    found = priced(*map(said, prices))
    assert found.low_usd <= found.price_usd <= found.high_usd
    assert priced(*map(said, reversed(prices))).price_usd == found.price_usd
