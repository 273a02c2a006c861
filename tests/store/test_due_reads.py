"""Which markets are read when, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.refresh import MarketRead, MarketRefresh
from models.refresh_enums import ReadKind
from service.protocol.listings import MarketListing, OpenInterestRow
from service.store.markets.due_reads import (
    DueMarket,
    count_due,
    list_due,
    mark_due,
    plan_reads,
    record_asked,
)
from service.store.markets.listings import upsert_listings
from service.store.markets.refresh_states import count_states, note_money
from service.store.markets.resolution_rows import add_resolution_rows
from service.store.money.liquidity import add_open_interest
from tests.store.test_listings import T0, USDC, a_listing
from tests.store.test_resolution_rows import PAID, PROPOSED

YESTERDAY = T0 - timedelta(days=1)
MINUTE = timedelta(minutes=1)


def store(session: Session, *listings: MarketListing) -> None:
    upsert_listings(session, listings, T0)


def numbers(found: Sequence[DueMarket]) -> list[int]:
    return [int.from_bytes(item.condition_id, "big") for item in found]


def states(session: Session) -> dict[int, str]:
    query = select(MarketRefresh.market_id, MarketRefresh.state)
    return {market_id: str(state) for market_id, state in session.execute(query)}


def due(session: Session, kind: ReadKind = ReadKind.RESOLUTION, later: int = 0) -> list[int]:
    at = T0 + timedelta(seconds=later)
    plan_reads(session, at)
    return numbers(list_due(session, kind, at, 100))


def ask_all(session: Session, kind: ReadKind = ReadKind.RESOLUTION, later: int = 0) -> None:
    at = T0 + timedelta(seconds=later)
    plan = plan_reads(session, at)
    ids = [market.market_id for market in list_due(session, kind, at, 100)]
    record_asked(session, kind, ids, ids, plan, at)


def test_live_answers_come_first_then_overdue_markets_and_more_money_before_less(
    session: Session,
) -> None:
    store(
        session,
        a_listing(1, volume=1_000 * USDC),
        a_listing(2, end_at=YESTERDAY, volume=9_000_000 * USDC),
        a_listing(3, uma_status="proposed", volume=1_000 * USDC),
        a_listing(4, uma_status="disputed", volume=2_000 * USDC),
        a_listing(5, end_at=YESTERDAY, volume=None),
        a_listing(6, uma_status="proposed", closed=True, closed_at=T0),
        a_listing(7, volume=50_000 * USDC),
        a_listing(8, uma_status="proposed", volume=5_000 * USDC),
    )
    assert due(session) == [8, 3, 4, 2, 5, 6, 7, 1]
    assert numbers(list_due(session, ReadKind.RESOLUTION, T0, 2)) == [8, 3]
    assert list_due(session, ReadKind.BOOK, T0, 1)[0].token_ids == ("80", "81")
    assert due(session, ReadKind.BOOK) == [8, 3, 4, 2, 5, 7, 1]
    assert due(session, ReadKind.PRICE_HISTORY) == [8, 3, 4]


def test_a_market_is_due_again_after_the_period_of_its_state(session: Session) -> None:
    store(
        session,
        a_listing(1),
        a_listing(2, uma_status="proposed"),
        a_listing(3, end_at=T0 + timedelta(hours=2)),
    )
    ask_all(session)
    assert due(session, later=59) == []
    assert due(session, later=60) == [2]
    assert due(session, later=300) == [2, 3]
    assert due(session, later=3_599) == [2, 3]


def test_a_market_that_becomes_hot_is_pulled_forward(session: Session) -> None:
    store(session, a_listing(1), a_listing(2))
    ask_all(session)
    assert due(session, later=70) == []
    add_resolution_rows(session, [replace(PROPOSED, condition_id=(2).to_bytes(32, "big"))], T0)
    assert due(session, later=70) == [2]
    ask_all(session, later=70)
    store(session, a_listing(1, uma_status="disputed"))
    assert due(session, later=71) == [1]


def test_time_alone_makes_a_market_hotter(session: Session) -> None:
    store(session, a_listing(1, end_at=T0 + timedelta(days=2)))
    ask_all(session)
    (market_id,) = states(session)
    assert states(session)[market_id] == "calm"
    for later, state in ((86_401, "near_end"), (2 * 86_400, "overdue"), (10**6, "long_overdue")):
        plan_reads(session, T0 + timedelta(seconds=later))
        assert states(session)[market_id] == state


def test_the_feed_alone_makes_a_market_hot_until_it_is_left_behind(session: Session) -> None:
    store(session, a_listing(1))
    add_resolution_rows(session, [replace(PROPOSED, condition_id=(1).to_bytes(32, "big"))], T0)
    for days, state in ((0, "proposed"), (2, "proposed"), (70, "long_overdue")):
        plan_reads(session, T0 + timedelta(days=days))
        assert list(states(session).values()) == [state]
    # A report from before the states existed counts as well, from the second run on.
    session.execute(MarketRefresh.__table__.delete())  # type: ignore[attr-defined]  # a Table
    plan_reads(session, T0)
    plan_reads(session, T0)
    assert list(states(session).values()) == ["proposed"]
    add_resolution_rows(session, [replace(PAID, condition_id=(1).to_bytes(32, "big"))], T0)
    plan_reads(session, T0)
    assert list(states(session).values()) == ["awaiting"]


def test_a_report_that_comes_before_the_first_plan_hides_no_market(session: Session) -> None:
    store(session, a_listing(1), a_listing(2, closed=True, closed_at=T0))
    for number in (1, 2):
        posed = replace(PROPOSED, status="posed", condition_id=number.to_bytes(32, "big"))
        add_resolution_rows(session, [posed], T0)
    assert due(session) == [2, 1]
    assert due(session, ReadKind.BOOK) == [1]


def test_a_closed_market_is_asked_for_its_final_word_for_a_week(session: Session) -> None:
    store(
        session,
        a_listing(1, closed=True, closed_at=T0),
        a_listing(2, closed=True, closed_at=T0),
        a_listing(3, closed=True, closed_at=T0 - timedelta(days=30)),
    )
    add_resolution_rows(session, [replace(PAID, condition_id=(2).to_bytes(32, "big"))], T0)
    assert due(session) == [1]
    assert due(session, ReadKind.BOOK) == []
    assert due(session, later=8 * 86_400) == []


def test_a_market_that_closed_nobody_knows_when_is_asked_for_a_week_from_then(
    session: Session,
) -> None:
    store(session, a_listing(1))
    assert due(session) == [1]
    store(session, a_listing(1, closed=True, closed_at=None))
    for days, state in ((0, "awaiting"), (6, "awaiting"), (8, "closed"), (16, "closed")):
        plan_reads(session, T0 + timedelta(days=days))
        assert list(states(session).values()) == [state]


def test_the_catalogues_undated_word_makes_no_market_hot_long_after_its_end(
    session: Session,
) -> None:
    ended = T0 - timedelta(days=300)
    store(
        session,
        a_listing(1, uma_status="proposed", end_at=ended),
        a_listing(2, uma_status="disputed", end_at=ended),
        a_listing(3, uma_status="proposed", end_at=YESTERDAY),
        a_listing(4, uma_status="disputed", end_at=None),
        a_listing(5, uma_status="proposed", end_at=ended),
    )
    add_resolution_rows(session, [replace(PROPOSED, condition_id=(5).to_bytes(32, "big"))], T0)
    # The feed's word counts from the second run on.
    plan_reads(session, T0)
    plan_reads(session, T0)
    assert [state for _, state in sorted(states(session).items())] == [
        "long_overdue",
        "long_overdue",
        "proposed",
        "disputed",
        "proposed",
    ]


def test_a_market_that_closes_is_no_longer_asked_for_books(session: Session) -> None:
    store(session, a_listing(1, uma_status="proposed"))
    assert due(session, ReadKind.BOOK) == [1]
    store(session, a_listing(1, closed=True, closed_at=T0, uma_status="resolved"))
    assert due(session, ReadKind.BOOK) == []
    assert due(session) == [1]
    add_resolution_rows(session, [replace(PAID, condition_id=(1).to_bytes(32, "big"))], T0)
    plan_reads(session, T0)
    assert session.scalars(select(MarketRead)).all() == []
    assert count_states(session) == {}
    # Asked again, as after a payout that was taken back: it is followed again.
    store(session, a_listing(1, uma_status="proposed"))
    again = replace(PROPOSED, condition_id=(1).to_bytes(32, "big"), reported_at=None)
    add_resolution_rows(session, [again], T0 + MINUTE)
    assert due(session, ReadKind.BOOK, later=60) == [1]


def test_what_is_not_answered_backs_off_and_hot_markets_less(session: Session) -> None:
    store(session, a_listing(1), a_listing(2, uma_status="proposed"))
    plan = plan_reads(session, T0)
    query = select(MarketRead).where(MarketRead.kind == ReadKind.BOOK)
    ids = {row.market_id: row for row in session.scalars(query.order_by(MarketRead.market_id))}
    waits: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(8):
        record_asked(session, ReadKind.BOOK, list(ids), [], plan, T0)
        session.expire_all()
        for number, row in zip(waits, ids.values(), strict=True):
            waits[number].append((row.due_at - T0).total_seconds())
    assert waits[2] == [90] * 8
    assert waits[1] == sorted(waits[1])
    assert waits[1][-1] == 86_400
    record_asked(session, ReadKind.BOOK, list(ids), list(ids), plan, T0)
    session.expire_all()
    assert {row.misses for row in ids.values()} == {0}


def test_an_event_brings_reads_forward(session: Session) -> None:
    store(session, a_listing(1), a_listing(2))
    ask_all(session)
    ask_all(session, ReadKind.BOOK)
    (first, _second) = sorted(states(session))
    kinds = [ReadKind.RESOLUTION, ReadKind.BOOK]
    assert mark_due(session, [first], kinds, T0 + MINUTE) == 2
    assert mark_due(session, [first], kinds, T0 + MINUTE) == 0
    assert due(session, later=60) == [1]
    assert count_due(session, ReadKind.BOOK, T0 + MINUTE) == 1


def test_money_comes_from_open_interest_and_else_from_volume(session: Session) -> None:
    store(
        session,
        a_listing(1, volume=10_000_000 * USDC),
        a_listing(2, volume=10_000_000 * USDC),
        a_listing(3, volume=None),
    )
    row = OpenInterestRow((2).to_bytes(32, "big"), 4_000 * USDC)
    add_open_interest(session, [row], T0)
    plan_reads(session, T0)
    query = select(MarketRefresh.money).order_by(MarketRefresh.market_id)
    assert session.scalars(query).all() == [700_000 * USDC, 4_000 * USDC, None]
    (market_id, *_) = sorted(states(session))
    note_money(session, {market_id: 5 * USDC})
    assert session.scalars(query).first() == 5 * USDC
