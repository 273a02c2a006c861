"""Settings become price sources: which are asked, which are not configured, and what is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from jobs.schedule import PERIODS
from jobs.wiring import House, begin_service, open_house, run_job
from models.enums import JobOutcome, SourceState
from models.operation import Source
from models.price import AssetQuote
from service.clock import SetClock
from service.errors import UsageError
from service.settings import Settings
from tests.loopback.polymarket import PolymarketServer
from tests.loopback.polymarket_client import NOW
from tests.loopback.price_sources import answer_prices

LINK = {
    "condition_id": "0x" + "5f" * 32,
    "venue": "kalshi",
    "reference": "KXTEST",
    "outcome_index": 0,
}


@contextmanager
def house_with(tmp_path: Path, clock: SetClock, **settings: Any) -> Iterator[House]:
    database = SecretStr(f"sqlite:///{tmp_path / 'house.db'}")
    house = open_house(Settings(_env_file=None, database_url=database, **settings), clock)
    try:
        yield house
    finally:
        house.close()


def states(house: House) -> dict[str, str]:
    begin_service(house)
    with house.sessions() as session:
        return {source.name: source.state for source in session.scalars(select(Source))}


def test_every_scheduled_job_list_has_the_prices_every_five_minutes() -> None:
    assert PERIODS["sync_prices"][0] == 300


def test_by_default_no_price_source_is_configured_and_the_job_does_nothing(
    tmp_path: Path, clock: SetClock
) -> None:
    with house_with(tmp_path, clock) as house:
        found = states(house)
        result = run_job(house, "sync_prices")
    for name in ("coingecko", "coinbase", "kalshi"):
        assert found[name] == SourceState.NOT_CONFIGURED
    assert (result.outcome, result.counts) == (JobOutcome.OK, {})


def test_a_named_source_is_asked_at_its_address(
    tmp_path: Path, clock: SetClock, server: PolymarketServer
) -> None:
    answer_prices(server, NOW)
    with house_with(tmp_path, clock, uma_price_sources=(f"coinbase={server.url}",)) as house:
        found = states(house)
        assert run_job(house, "sync_prices").outcome is JobOutcome.OK
        with house.sessions() as session:
            assert session.scalars(select(AssetQuote.source)).all() == ["coinbase"]
    assert found["coinbase"] == SourceState.UNKNOWN
    assert found["coingecko"] == SourceState.NOT_CONFIGURED


def test_kalshi_is_configured_by_a_file_that_links_markets(tmp_path: Path, clock: SetClock) -> None:
    path = tmp_path / "siblings.json"
    path.write_text(json.dumps([LINK]))
    with house_with(tmp_path, clock, sibling_markets=path) as house:
        assert states(house)["kalshi"] == SourceState.UNKNOWN
    path.write_text("[]")
    with house_with(tmp_path, clock, sibling_markets=path) as house:
        assert "kalshi" not in house.quotes.configured


def test_a_source_nobody_knows_stops_the_start_with_one_line(
    tmp_path: Path, clock: SetClock
) -> None:
    with (
        house_with(tmp_path, clock, uma_price_sources=("binance",)) as house,
        pytest.raises(UsageError, match="SETTLEWATCH_UMA_PRICE_SOURCES: unknown source 'binance'"),
    ):
        begin_service(house)
