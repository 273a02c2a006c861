"""Stored trades come back for many markets at once, each trade once, as they were known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.fill import Fill as FillRow
from models.fill import ReportedFill
from models.fill_enums import FillSide, FillSource
from service.protocol.fills import Fill, TradeRow
from service.protocol.log_position import BlockHeader, LogPosition
from service.store.money.fills import TokenOwner, add_fills, add_reported_fills, list_fills
from service.store.oracle.blocks import add_blocks, remove_blocks_from
from tests.store.scenes import NOW, POLYGON, add_market

YES, NO = 10**70, 10**70 + 1
OWNERS = {YES: TokenOwner(1, 0), NO: TokenOwner(1, 1)}
EXCHANGE, MAKER, TAKER = b"\xe1" * 20, b"\xaa" * 20, b"\xbb" * 20


def at(number: int, index: int = 0) -> LogPosition:
    """Each block is a transaction of its own here."""
    return LogPosition(POLYGON, number, bytes([number]) * 32, index, bytes([number]) * 32, EXCHANGE)


def fill(number: int, index: int = 0, token: int = YES) -> Fill:
    return Fill(at(number, index), token, FillSide.SELL, 2_000_000, 1_800_000, MAKER, TAKER)


def traded(number: int) -> datetime:
    return NOW + timedelta(seconds=2 * number)


def add(session: Session, fills: Sequence[Fill]) -> int:
    headers = [
        BlockHeader(POLYGON, n, bytes([n]) * 32, bytes([n - 1]) * 32, traded(n))
        for n in sorted({fill.at.block_number for fill in fills})
    ]

    def times(position: LogPosition) -> tuple[datetime, datetime]:
        mined_at = traded(position.block_number)
        return mined_at, mined_at + timedelta(seconds=5)

    return add_fills(session, fills, OWNERS, add_blocks(session, headers), times)


def trade(number: int, token: int = YES) -> TradeRow:
    """The Data API's row of what ``fill(number)`` is."""
    return TradeRow(
        condition_id=bytes(32),
        token_id=token,
        taker_side=FillSide.SELL,
        shares=2_000_000,
        usdc=1_800_000,
        taker=TAKER,
        transaction_hash=bytes([number]) * 32,
        traded_at=traded(number),
    )


@pytest.fixture(autouse=True)
def market(session: Session) -> None:
    assert add_market(session, 0).id == 1


def test_a_fill_is_stored_once_and_read_back_as_it_was(session: Session) -> None:
    assert add(session, [fill(3, 7, NO)]) == 1
    assert add(session, [fill(3, 7, NO), fill(4)]) == 1
    first, second = list_fills(session, [1], NOW, NOW + timedelta(days=1))[1]
    assert (first.market_id, first.outcome_index, first.token_id) == (1, 1, NO)
    assert (first.taker_side, first.shares, first.usdc) == (FillSide.SELL, 2_000_000, 1_800_000)
    assert (first.maker, first.taker, first.exchange) == (MAKER, TAKER, EXCHANGE)
    assert (first.transaction_hash, first.log_index) == (bytes([3]) * 32, 7)
    assert (first.traded_at, first.price) == (traded(3), Decimal("0.9"))
    assert first.known_at == traded(3) + timedelta(seconds=5)
    assert first.source is FillSource.CHAIN
    assert second.traded_at == traded(4)


def test_a_reorg_takes_its_fills_with_it(session: Session) -> None:
    add(session, [fill(3), fill(4), fill(5)])
    remove_blocks_from(session, POLYGON, 4)
    assert session.scalar(select(func.count()).select_from(FillRow)) == 1


def test_only_what_was_traded_since_and_known_by_then_is_read(session: Session) -> None:
    add(session, [fill(3), fill(4), fill(5)])
    found = list_fills(session, [1], traded(4), traded(5) + timedelta(seconds=4))[1]
    assert [one.traded_at for one in found] == [traded(4)]


def test_each_market_may_have_its_own_beginning_and_always_has_its_list(session: Session) -> None:
    other = add_market(session, 1).id
    add(session, [fill(3), fill(9)])
    far = NOW + timedelta(days=1)
    found = list_fills(session, [1, other], {1: traded(9), other: NOW}, far)
    assert [one.traded_at for one in found[1]] == [traded(9)]
    assert found[other] == []


def test_the_chain_is_preferred_to_the_same_transaction_in_the_data_api(session: Session) -> None:
    known = NOW + timedelta(minutes=1)
    assert add_reported_fills(session, [trade(3), trade(4)], OWNERS, known) == 2
    before = list_fills(session, [1], NOW, known)[1]
    assert [one.source for one in before] == [FillSource.DATA_API] * 2
    add(session, [fill(3, 0), fill(3, 1)])
    found = list_fills(session, [1], NOW, known)[1]
    assert [(one.source, one.traded_at) for one in found] == [
        (FillSource.CHAIN, traded(3)),
        (FillSource.CHAIN, traded(3)),
        (FillSource.DATA_API, traded(4)),
    ]
    assert sum(one.shares for one in found) == 6_000_000


def test_rows_alike_in_everything_are_as_many_trades_however_often_they_are_read(
    session: Session,
) -> None:
    known = NOW + timedelta(minutes=1)
    twice = [trade(3), trade(3), trade(3, NO)]
    assert add_reported_fills(session, twice, OWNERS, known) == 3
    assert add_reported_fills(session, twice, OWNERS, known + timedelta(hours=1)) == 0
    assert set(session.scalars(select(ReportedFill.known_at))) == {known}


def test_a_summary_is_never_stored(session: Session) -> None:
    with pytest.raises(ValueError, match="sum of others"):
        add(session, [replace(fill(3), taker=EXCHANGE)])


def test_two_thousand_markets_are_read_in_few_queries_by_the_index(session: Session) -> None:
    add(session, [fill(3)])
    sent: list[str] = []
    connection = session.connection()
    original = connection.exec_driver_sql
    from sqlalchemy import event  # noqa: PLC0415  # only here

    def note(_1: object, _2: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    found = list_fills(session, range(1, 2_001), NOW, NOW + timedelta(days=1))
    event.remove(connection, "before_cursor_execute", note)
    assert len(found) == 2_000
    assert len(sent) == 8
    if connection.dialect.name == "sqlite":
        plan = original(
            "EXPLAIN QUERY PLAN SELECT 1 FROM fills WHERE market_id IN (1, 2) AND traded_at >= '2'"
        ).all()
        assert "ix_fills_market_id_traded_at" in str(plan)
