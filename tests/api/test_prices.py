"""Prices from outside Polymarket in answers: present with their age, or missing and why."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.price_enums import Venue, VolumeScope
from service.api.schemas import MarketDetail, SourceList
from service.protocol.asset_prices import UMA, AssetReading
from service.protocol.ids import parse_hex32
from service.protocol.sibling_prices import SiblingLink, SiblingReading
from service.store.markets.sibling_prices import add_sibling_readings
from service.store.money.asset_prices import add_reading
from tests.store.scenes import NOW, ref_of


def add_price(
    sessions: sessionmaker[Session], source: str, price: str, age: timedelta = timedelta()
) -> None:
    scope = VolumeScope.VENUE if source == "coinbase" else VolumeScope.MARKET
    item = AssetReading(source, Decimal(price), Decimal("1000.50"), scope, NOW - age)
    with sessions.begin() as session:
        add_reading(session, UMA, item, NOW)


def uma(client: TestClient) -> Any:
    (line,) = SourceList.model_validate_json(client.get("/v1/sources").content).prices
    return line


def test_a_price_that_is_not_configured_is_missing_and_no_zero(client: TestClient) -> None:
    line = uma(client)
    assert (line.state, line.price_usd, line.volume_24h_usd) == ("missing", None, None)
    assert "SETTLEWATCH_UMA_PRICE_SOURCES" in line.reason


def test_a_price_is_shown_with_its_spread_its_sources_and_their_ages(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_price(sessions, "coingecko", "1.000000000001")
    add_price(sessions, "coinbase", "1.3", timedelta(seconds=90))
    line = uma(client)
    assert (line.state, line.price_usd) == ("present", "1.1500000000005")
    assert (line.low_usd, line.high_usd, line.disagrees) == ("1.000000000001", "1.3", True)
    assert (line.age_seconds, line.sources_used) == (90, 2)
    assert (line.volume_24h_usd, line.volume_scope) == ("1000.5", "market")
    assert [(s.source, s.age_seconds, s.is_stale) for s in line.sources] == [
        ("coingecko", 0, False),
        ("coinbase", 90, False),
    ]


def test_stale_prices_stay_visible_beside_the_reason(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    add_price(sessions, "coinbase", "1.3", timedelta(hours=1))
    line = uma(client)
    assert (line.state, line.price_usd) == ("missing", None)
    assert line.reason == "every price is older than 30 minutes (coinbase)"
    assert [(s.price_usd, s.is_stale) for s in line.sources] == [("1.3", True)]


@pytest.mark.usefixtures("told")
def test_a_market_says_whether_another_venue_asks_the_same(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    link = SiblingLink(parse_hex32(ref_of(1)), Venue.KALSHI, "KXA", 1)
    bid, ask = Decimal("0.42"), Decimal("0.44")
    item = SiblingReading(link, "active", bid, ask, None, "https://kalshi.example/KXA")
    with sessions.begin() as session:
        add_sibling_readings(session, [item], NOW - timedelta(minutes=2))
    found, absent = (
        MarketDetail.model_validate_json(client.get(f"/v1/markets/{ref_of(n)}").content)
        for n in (1, 2)
    )
    (quote,) = found.sibling_prices.quotes
    assert (quote.venue, quote.outcome_index, quote.price) == ("kalshi", 1, "0.43")
    assert (quote.age_seconds, quote.is_stale) == (120, False)
    for siblings in (found.sibling_prices, absent.sibling_prices):
        assert (siblings.support, siblings.likelihood_ratio) == ("assumed", 1)
    assert (absent.sibling_prices.state, absent.sibling_prices.quotes) == ("missing", [])
