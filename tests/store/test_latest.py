"""The newest row by market, whatever lies before it, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market
from service.store.latest import latest_by_market, latest_values
from service.store.markets.listings import upsert_listings
from tests.store.test_listings import T0, a_listing

MINUTE = timedelta(minutes=1)


def add_markets(session: Session, *outcomes: int) -> list[int]:
    """Markets with so many outcomes each; returns their row ids in this order."""
    listings = [
        a_listing(
            number,
            outcomes=tuple("abcde"[:count]),
            token_ids=tuple(str(number * 10 + index) for index in range(count)),
        )
        for number, count in enumerate(outcomes, 1)
    ]
    upsert_listings(session, listings, T0)
    return list(session.scalars(select(Market.id).order_by(Market.id)))


def add_book(session: Session, market_id: int, outcome: int, minute: int, bid: str = "0.5") -> int:
    row = BookSnapshot(
        market_id=market_id,
        token_id=f"{market_id}0{outcome}",
        outcome_index=outcome,
        best_bid=Decimal(bid),
        best_ask=None,
        bid_depth=0,
        ask_depth=0,
        bids=[],
        asks=[],
        known_at=T0 + minute * MINUTE,
    )
    session.add(row)
    session.flush()
    return row.id


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database meanwhile, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Connection, _k: object, statement: str, values: object, *_: object) -> None:
        sent.append((statement, values))

    bind = session.get_bind()
    event.listen(bind, "before_cursor_execute", note)
    yield sent
    event.remove(bind, "before_cursor_execute", note)


def test_each_outcome_of_each_market_has_its_newest_row_by_then(session: Session) -> None:
    one, two, three = add_markets(session, 2, 2, 3)
    wanted: dict[tuple[int, int], int] = {}
    for minute in range(4):
        wanted |= {
            (market, outcome): add_book(session, market, outcome, minute)
            for market, count in ((one, 2), (three, 3))
            for outcome in range(count)
        }
    # Only the second outcome was ever read of this one, and something later is not known yet.
    wanted[two, 1] = add_book(session, two, 1, 0)
    add_book(session, one, 0, 9)
    as_of = T0 + 3 * MINUTE
    found = latest_by_market(
        session, BookSnapshot, [three, two, one], as_of, BookSnapshot.outcome_index
    )
    assert {key: row.id for key, row in found.items()} == wanted
    some = latest_by_market(session, BookSnapshot, [two], as_of)
    assert {key: row.id for key, row in some.items()} == {two: wanted[two, 1]}


def test_of_rows_known_at_once_the_one_stored_last_counts(session: Session) -> None:
    (one,) = add_markets(session, 2)
    session.add_all(
        OpenInterest(market_id=one, value=value, known_at=T0 + minute * MINUTE)
        for value, minute in ((7, 0), (8, 1), (9, 1), (6, 0))
    )
    session.flush()
    assert latest_by_market(session, OpenInterest, [one], T0 + MINUTE)[one].value == 9
    assert latest_by_market(session, OpenInterest, [one], T0)[one].value == 6
    assert latest_by_market(session, OpenInterest, [one], T0 - MINUTE) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_newest_row_is_one_look_at_the_end_of_an_index(session: Session) -> None:
    (one,) = add_markets(session, 2)
    with statements(session) as sent:
        latest_by_market(session, BookSnapshot, [one], T0, BookSnapshot.outcome_index)
        latest_by_market(session, OpenInterest, [one], T0)
    connection = session.connection()
    plans = [
        " / ".join(
            row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
        )
        for query, values in sent
        if "known_at" in query
    ]
    assert len(plans) == 3
    for plan in plans:
        assert "_market_id_known_at (market_id=? AND known_at<?)" in plan
        assert "TEMP B-TREE" not in plan


def test_single_columns_are_those_of_the_same_rows(session: Session) -> None:
    ids = add_markets(session, 2, 2, 2)
    for market_id in ids[:2]:
        for minute in (1, 2, 3):
            add_book(session, market_id, 0, minute, bid=f"0.{market_id}{minute}")
            add_book(session, market_id, 1, minute, bid="0.9")
    at = T0 + 2 * MINUTE
    whole = latest_by_market(session, BookSnapshot, ids, at, BookSnapshot.outcome_index)
    read = latest_values(
        session, BookSnapshot, (BookSnapshot.best_bid,), ids, at, BookSnapshot.outcome_index == 0
    )
    expected = {market_id: whole[market_id, 0].best_bid for market_id in ids[:2]}
    assert dict(read) == expected
