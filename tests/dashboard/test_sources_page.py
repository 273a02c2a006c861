"""The page of sources: URLs, prices and rules, on both databases."""

from decimal import Decimal

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from models.enums import SourceState
from models.price_enums import VolumeScope
from service.protocol.asset_prices import UMA, AssetReading
from service.protocol.invariants import Break, Finding, Invariant
from service.protocol.sources import SourceHealth, UrlHealth
from service.store.checks.data_checks import record_finding
from service.store.money.asset_prices import add_reading
from service.store.operations.sources import record_node
from tests.store.scenes import NOW


def test_a_chain_s_urls_are_shown_by_number_with_what_went_wrong(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    url = UrlHealth(1, SourceState.DEGRADED, "HTTP 502", 300, 200, 41, 1, NOW, NOW, None)
    with sessions.begin() as session:
        health = SourceHealth("polygon_rpc", SourceState.OK, since=NOW)
        record_node(session, health, [url], {"heads_jumped_back": 3}, NOW)
    page = client.get("/sources").text
    assert "URL 1" in page
    assert "HTTP 502" in page
    assert "200 behind" in page
    assert "heads jumped back" in page


def test_umas_price_is_shown_with_its_spread_or_missing_with_the_reason(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    assert "Missing: no source has given a price" in client.get("/sources").text
    with sessions.begin() as session:
        for source, price in (("coingecko", "1.0"), ("coinbase", "1.5")):
            volume = Decimal(1000)
            item = AssetReading(source, Decimal(price), volume, VolumeScope.VENUE, NOW)
            add_reading(session, UMA, item, NOW)
    page = " ".join(client.get("/sources").text.split())
    assert "<strong>$1.25</strong>, from 2 of 2 sources" in page
    assert "more than 10 % apart ($1 to $1.5)" in page
    assert "at least $1000." in page


def test_the_sources_page_shows_each_rule_and_whether_it_is_broken(
    sessions: sessionmaker[Session], client: TestClient
) -> None:
    broken = Finding(7, (Break("key", "reason", 137),), 2)
    with sessions.begin() as session:
        record_finding(session, Invariant.BLOCKS_CHAIN, Finding(9, ()), NOW, 0.1)
        record_finding(session, Invariant.DISPUTES_ARE_BRIDGED, broken, NOW, 0.1)
    page = client.get("/sources").text
    assert Invariant.DISPUTES_ARE_BRIDGED.says in page
    assert '<span class="badge badge-source-down">1</span>' in page
    assert '<span class="badge badge-source-ok">none</span>' in page
