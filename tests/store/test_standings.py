from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.enums import Category, MarketState
from service.store.keyset import BadCursor
from service.store.markets.standings import Sort, StandingQuery, list_standings
from tests.store.scenes import MICRO, NOW, add_scored


def walk(session: Session, query: StandingQuery, limit: int) -> list[str | None]:
    slugs: list[str | None] = []
    cursor: str | None = None
    for _ in range(100):
        lines, cursor = list_standings(session, query, limit=limit, cursor=cursor)
        slugs += [line.slug for line in lines]
        if cursor is None:
            return slugs
    pytest.fail("the cursor never ended")


@pytest.fixture
def ten(session: Session) -> Session:
    """Ten markets with ties in every order, unknown ends and one unknown loss."""
    for number in range(10):
        ends_in = None if number % 3 == 0 else NOW + timedelta(hours=number // 4)
        add_scored(
            session,
            number,
            expected_loss=None if number == 9 else (number // 3) * MICRO,
            p_mean=0.1 * (1 + number // 2),
            p_high=0.9,
            state=MarketState.PROPOSED if ends_in else MarketState.PRE_PROPOSAL,
            category=Category.SPORTS if number < 5 else Category.CRYPTO,
            open_interest=None if number == 0 else number * 1_000 * MICRO,
            challenge_ends_at=ends_in,
            challenge_open=ends_in is not None,
        )
    return session


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_of_any_size_show_every_market_once_in_the_same_order(
    ten: Session, sort: Sort
) -> None:
    whole, cursor = list_standings(ten, StandingQuery(sort=sort), limit=200)
    assert cursor is None
    assert len(whole) == 10
    for limit in (1, 2, 3, 7, 10):
        assert walk(ten, StandingQuery(sort=sort), limit) == [line.slug for line in whole]


def test_the_greatest_loss_comes_first_and_an_unknown_one_last(ten: Session) -> None:
    lines, _ = list_standings(ten, StandingQuery(), limit=200)
    losses = [line.expected_loss for line in lines]
    assert losses[-1] is None
    known = [loss for loss in losses if loss is not None]
    assert known == sorted(known, reverse=True)


def test_the_soonest_challenge_end_comes_first_and_unknown_ends_last(ten: Session) -> None:
    lines, _ = list_standings(ten, StandingQuery(sort=Sort.CHALLENGE_END), limit=200)
    ends = [line.challenge_ends_at for line in lines]
    known = [end for end in ends if end is not None]
    assert ends == [*sorted(known), *[None] * 4]


def test_filters_hold_together(ten: Session) -> None:
    query = StandingQuery(
        states=(MarketState.PROPOSED, MarketState.VOTING),
        category=Category.CRYPTO,
        min_open_interest=7_000 * MICRO,
    )
    assert sorted(walk(ten, query, 1), key=str) == ["market-7", "market-8"]


def test_a_market_of_unknown_open_interest_is_no_market_of_at_least_some(ten: Session) -> None:
    slugs = walk(ten, StandingQuery(min_open_interest=0), 5)
    assert "market-0" not in slugs
    assert len(slugs) == 9


def test_a_cursor_continues_only_the_query_it_came_from(ten: Session) -> None:
    _, cursor = list_standings(ten, StandingQuery(), limit=2)
    for other in (
        StandingQuery(sort=Sort.PROBABILITY),
        StandingQuery(category=Category.SPORTS),
        StandingQuery(states=(MarketState.PROPOSED,)),
        StandingQuery(min_open_interest=1),
    ):
        with pytest.raises(BadCursor, match="other filters"):
            list_standings(ten, other, limit=2, cursor=cursor)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sort", list(Sort))
def test_a_page_is_read_off_an_index_without_sorting(ten: Session, sort: Sort) -> None:
    asked: list[tuple[str, Any]] = []
    connection = ten.connection()
    event.listen(
        connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3]))
    )
    _, cursor = list_standings(ten, StandingQuery(sort=sort), limit=3)
    list_standings(ten, StandingQuery(sort=sort), limit=3, cursor=cursor)
    pages = asked.copy()
    for statement, parameters in pages:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = " | ".join(str(row[3]) for row in plan)
        assert "USING INDEX ix_market_standings_" in steps
        assert "TEMP B-TREE" not in steps
