"""What the exchanges' logs say of trades, and what is not taken for one."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fill_enums import FillSide
from service.chain.events import EVENTS
from service.chain.fill_events import TOPICS, decode_fills, token_of
from service.chain.filters import fill_filter, filter_of
from service.chain.raw import RawLog
from service.protocol.fills import price_of
from tests.replays.fill_logs import (
    BOOK,
    BUY,
    EXCHANGES,
    MAKER,
    SELL,
    TAKER,
    V1,
    V2,
    Trade,
    raw_log,
)

TOKEN = 2**255 + 12_345
EACH = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda address: address.hex()[:8])


def reason(log: RawLog) -> str:
    found = decode_fills([log], BOOK)
    assert found.fills == []
    [refused] = found.undecodable
    return refused.reason


@EACH
@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_makers_order_becomes_the_takers_trade_on_every_exchange(
    exchange: bytes, side: int
) -> None:
    log = raw_log(exchange, Trade(TOKEN, side, usdc=520_000, shares=1_000_000))
    [fill] = decode_fills([log], BOOK).fills
    assert (fill.token_id, fill.usdc, fill.shares) == (TOKEN, 520_000, 1_000_000)
    assert fill.taker_side is (FillSide.SELL if side == BUY else FillSide.BUY)
    assert (fill.maker, fill.taker, fill.price) == (MAKER, TAKER, Decimal("0.52"))
    assert fill.at == log.at
    assert token_of(log) == TOKEN


@EACH
def test_the_takers_own_order_is_counted_as_a_summary_and_not_as_a_fill(exchange: bytes) -> None:
    orders = [Trade(TOKEN, SELL), Trade(TOKEN, SELL), Trade(TOKEN, BUY, 1_040_000, 2_000_000)]
    orders[2] = replace(orders[2], maker=TAKER, taker=exchange)
    found = decode_fills([raw_log(exchange, o, n) for n, o in enumerate(orders)], BOOK)
    assert (len(found.fills), found.summaries) == (2, 1)
    assert sum(fill.shares for fill in found.fills) == 2_000_000


@EACH
def test_a_layout_with_a_word_more_or_less_is_refused_with_its_length(exchange: bytes) -> None:
    log = raw_log(exchange, Trade(TOKEN))
    for data in (log.data + bytes(32), log.data[:-32], b""):
        assert f"data of {len(data)} bytes" in reason(replace(log, data=data))
    assert "3 topics" in reason(replace(log, topics=log.topics[:3]))


@EACH
@pytest.mark.parametrize(
    ("usdc", "shares", "words"),
    [
        (1_000_001, 1_000_000, "more than one dollar"),
        (0, 0, "is no trade"),
        (1, 2**63, "is no trade"),
    ],
)
def test_what_no_trade_can_be_is_refused(
    exchange: bytes, usdc: int, shares: int, words: str
) -> None:
    assert words in reason(raw_log(exchange, Trade(TOKEN, usdc=usdc, shares=shares)))


def test_assets_and_sides_that_name_no_direction_are_refused() -> None:
    first = raw_log(V1, Trade(TOKEN))
    for assets in (bytes(64), first.data[32:64] * 2):
        assert "collateral" in reason(replace(first, data=assets + first.data[64:]))
    second = raw_log(V2, Trade(TOKEN))
    assert "side 2" in reason(replace(second, data=bytes(31) + b"\x02" + second.data[32:]))
    assert "token 0" in reason(raw_log(V2, Trade(0)))


def test_other_contracts_and_other_topics_are_counted_and_dropped() -> None:
    log = raw_log(V1, Trade(TOKEN))
    stranger = replace(log, at=replace(log.at, address=b"\x99" * 20))
    other = replace(log, topics=(b"\x01" * 32, *log.topics[1:]))
    found = decode_fills([stranger, other, replace(log, topics=())], BOOK)
    assert (found.outside_book, found.unknown_topic, found.fills) == (1, 2, [])


def test_trades_are_asked_for_in_one_filter_and_never_with_the_oracles_logs() -> None:
    wanted = fill_filter(BOOK, 137)
    assert set(EXCHANGES) < set(wanted.addresses)
    assert len(wanted.topics) == 2
    assert not set(TOPICS) & set(filter_of(BOOK, 137).topics)
    assert not set(EXCHANGES) & set(filter_of(BOOK, 137).addresses)
    assert not {topic for _, topic in EVENTS} & set(TOPICS)


@given(shares=st.integers(1, 2**63 - 1), data=st.data())
def test_a_price_is_the_exact_ratio_to_half_a_millionth(shares: int, data: st.DataObject) -> None:
    usdc = data.draw(st.integers(0, shares))
    price = price_of(usdc, shares)
    assert abs(price * shares - usdc) <= Decimal("0.0000005") * shares
    assert 0 <= price <= 1
