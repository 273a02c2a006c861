"""Every recorded answer parses or is refused by name; the recordings are no part of the project."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.enums import Category
from service.polymarket.feeds import to_book, to_open_interest, to_resolution
from service.polymarket.kinds import MICRO_MARKET, NOT_UMA
from service.polymarket.money_feeds import to_position, to_price_reading, to_token_holders
from service.polymarket.translate import to_listing
from service.protocol.holders import PositionRow, TokenHolders
from service.protocol.ids import to_hex
from service.protocol.listings import MarketListing, Refused, ResolutionRow
from service.protocol.price_history import PriceReading
from service.transport.answers import RawAnswer, error_of, read_answer
from tests.loopback.polymarket_client import NOW

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "polymarket"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no recorded answers at {SAMPLES} (they are not published)"
)

REFUSED_MARKETS = {
    "gamma_market_updown_5m": MICRO_MARKET,
    "gamma_market_legacy_zero_zero": NOT_UMA,
    "gamma_market_legacy_nonbinary": NOT_UMA,
}


def load(name: str) -> Any:  # recorded JSON of any shape
    body = (SAMPLES / f"{name}.json").read_bytes()
    return read_answer("sample", RawAnswer(200, {}, body), NOW)


def listing(name: str) -> MarketListing:
    made = to_listing(load(name))
    assert isinstance(made, MarketListing), made
    return made


def names(pattern: str) -> list[str]:
    return sorted(path.stem for path in SAMPLES.glob(pattern))


@pytest.mark.parametrize("name", names("gamma_market_*.json"))
def test_each_recorded_market_is_taken_or_refused_by_name(name: str) -> None:
    made = to_listing(load(name))
    expected = REFUSED_MARKETS.get(name)
    assert (made.reason if isinstance(made, Refused) else None) == expected


@pytest.mark.parametrize("name", names("gamma_event_*.json") + names("gamma_public_search.json"))
def test_each_market_of_a_recorded_group_is_taken(name: str) -> None:
    answer = load(name)
    events = answer if isinstance(answer, list) else answer.get("events", [answer])
    markets = [market for event in events for market in event["markets"]]
    refused = [made for made in map(to_listing, markets) if isinstance(made, Refused)]
    assert markets
    assert refused == []


def test_records_of_other_kinds_are_refused_and_not_mistaken_for_markets() -> None:
    for name in ("clob_market_closed", "gamma_tags", "data_v2_status", "ws_market_book"):
        record = load(name)
        for item in record if isinstance(record, list) else [record]:
            made = to_listing(item)
            assert isinstance(made, Refused), name
            assert made.reason


def test_the_market_disputed_twice_keeps_its_history() -> None:
    made = listing("gamma_market_disputed_twice_resolved")
    assert made.uma_statuses == ("proposed", "disputed", "proposed", "disputed")
    assert made.uma_status == "resolved"
    assert made.closed
    assert made.volume is not None
    assert made.volume > 50_000_000 * 10**6


def test_the_large_market_keeps_its_bond_and_every_digit_of_its_volume() -> None:
    made = listing("gamma_market_large_bond")
    assert made.uma_bond == 99_750 * 10**6
    assert made.volume == 1_531_479_284_504_353
    assert made.category is Category.POLITICS


def test_a_neg_risk_market_is_known_to_uma_by_its_request_id() -> None:
    made = listing("gamma_market_negrisk_other")
    assert made.uma_question_id != made.question_id
    assert made.uma_question_id is not None
    assert to_hex(made.uma_question_id).startswith("0x4636098d")
    assert made.group is not None
    assert made.group.neg_risk_market_id is not None


def test_times_in_the_space_form_are_utc() -> None:
    made = listing("gamma_market_closed_resolved")
    assert made.closed_at is not None
    assert made.closed_at.isoformat() == "2026-03-19T23:20:15+00:00"
    assert made.end_at is not None
    assert made.end_at.year == 2028


def test_pending_resolutions_keep_their_prices_and_unset_ones_are_none() -> None:
    disputed, proposed = map(to_resolution, load("data_v2_resolutions_pending")["data"])
    assert isinstance(disputed, ResolutionRow)
    assert isinstance(proposed, ResolutionRow)
    assert (disputed.proposed_price, disputed.reproposed_price) == (10**18, 5 * 10**17)
    assert disputed.price is None
    assert disputed.reported_at is not None
    assert disputed.reported_at.isoformat() == "2026-09-29T02:43:29+00:00"
    assert proposed.reproposed_price is None
    assert proposed.settlement_basis == "managed_proposal_expiration"


def test_a_paid_resolution_without_uma_fields_is_read() -> None:
    (row,) = map(to_resolution, load("data_v2_resolutions_resolved")["data"])
    assert isinstance(row, ResolutionRow)
    assert (row.status, row.payouts, row.proposed_price) == ("resolved", (1_000_000, 0), None)


def test_open_interest_is_read_and_the_global_figure_refused() -> None:
    (row,) = map(to_open_interest, load("data_v2_oi_market")["data"])
    assert not isinstance(row, Refused)
    assert row.value == 3_356_035_556
    (whole,) = map(to_open_interest, load("data_v2_oi_global")["data"])
    assert isinstance(whole, Refused)
    assert whole.key == "GLOBAL"


def test_recorded_holders_positions_and_prices_are_read() -> None:
    lists = [to_token_holders(record, 2) for record in load("data_v2_holders")["data"]]
    assert all(isinstance(one, TokenHolders) and len(one.holders) == 2 for one in lists)
    first = lists[0]
    assert isinstance(first, TokenHolders)
    assert first.holders[0].size == 784_380_000
    (position,) = map(to_position, load("data_v2_positions")["data"][:1])
    assert isinstance(position, PositionRow)
    assert (position.held.size, str(position.held.avg_price)) == (28_090_000, "0.669900")
    points = [to_price_reading(record) for record in load("data_v2_prices_history")["data"]]
    assert all(isinstance(one, PriceReading) and one.resolution_seconds == 60 for one in points)


def test_a_recorded_market_keeps_its_volume_windows() -> None:
    windows = listing("gamma_market_disputed_twice_resolved").windows
    assert windows.volume_1wk == windows.volume_1wk_clob == 13_336_881_390_797
    # Left out is not zero; a zero that was sent is kept as one.
    assert windows.volume_24h_clob is None
    assert listing("gamma_market_large_bond").windows.volume_1yr == 0


def test_a_recorded_book_is_ordered_best_first() -> None:
    book = to_book(load("ws_market_book"))
    assert not isinstance(book, Refused)
    assert book.asks[0].price < book.asks[-1].price == Decimal("0.999")
    assert book.bids[0].price > book.bids[-1].price


def test_every_recorded_error_body_is_seen_as_an_error() -> None:
    bodies = [item["body"] for item in json.loads((SAMPLES / "error_bodies.json").read_text())]
    assert bodies
    assert all(error_of(body) for body in bodies)
