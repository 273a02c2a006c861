"""What is watched for trades: live proposals and disputes, from their beginning, until they end."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models.enums import MarketState
from models.fill import FillWatch
from models.fill_enums import FillSource
from models.market import ResolutionReport
from service.protocol.prices import YES
from service.store.money.fill_watches import (
    CURSOR,
    LOOK_BACK,
    MARGIN,
    MARGIN_BLOCKS,
    begin_reading,
    list_fill_coverage,
    mark_read_from,
    mark_reported,
    owners_of,
    sync_watches,
)
from service.store.money.fills import TokenOwner
from service.store.oracle.blocks import move_cursor
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW, POLYGON, add_market, add_scored

HOUR = timedelta(hours=1)


def report(
    session: Session,
    market_id: int,
    status: str,
    hours_ago: int,
    reported_at: datetime | None = None,
) -> None:
    session.add(
        ResolutionReport(
            market_id=market_id,
            status=status,
            was_disputed=False,
            extended_review=False,
            rules_updated=False,
            reported_at=reported_at,
            known_at=NOW - hours_ago * HOUR,
        )
    )
    session.flush()


@pytest.mark.parametrize("state", [s for s in MarketState if s is not MarketState.PRE_PROPOSAL])
def test_a_market_is_watched_in_every_state_between_proposal_and_payout(
    session: Session, state: MarketState
) -> None:
    add_scored(session, 0, state=state)
    add_scored(session, 1, state=MarketState.PRE_PROPOSAL)
    assert len(sync_watches(session, NOW)) == (state is not MarketState.RESOLVED)


def test_a_market_that_closed_long_ago_is_watched_no_more_whatever_its_state(
    session: Session,
) -> None:
    closed = (NOW - 24 * HOUR, NOW - 300 * 24 * HOUR, None)
    lately, *_ = [
        add_scored(
            session,
            number,
            add_market(session, number, closed=True, closed_at=at),
            state=MarketState.ANSWERED,
        )
        for number, at in enumerate(closed)
    ]
    assert [watch.market_id for watch in sync_watches(session, NOW)] == [lately.id]


def test_a_proposal_is_watched_before_its_market_is_scored_from_a_margin_before_it(
    session: Session,
) -> None:
    market = add_market(session, 0)
    chain = Chain(session, 0)
    chain.propose(NOW - 2 * HOUR, NOW - HOUR, YES)
    [watch] = sync_watches(session, NOW)
    assert watch.market_id == market.id
    assert watch.since == NOW - HOUR - MARGIN
    assert watch.from_block == chain.height - MARGIN_BLOCKS
    assert owners_of([watch]) == {
        10**70: TokenOwner(market.id, 0),
        10**70 + 1: TokenOwner(market.id, 1),
    }


def test_a_settled_proposal_of_an_unscored_market_is_not_watched(session: Session) -> None:
    add_market(session, 0)
    chain = Chain(session, 0)
    chain.propose(NOW - 2 * HOUR, NOW - HOUR, YES)
    chain.settle(NOW - 2 * HOUR, NOW, YES)
    assert sync_watches(session, NOW) == []


def test_a_second_proposal_does_not_move_the_beginning(session: Session) -> None:
    market = add_scored(session, 0, state=MarketState.REPROPOSED)
    chain = Chain(session, 0)
    chain.propose(NOW - 9 * HOUR, NOW - 8 * HOUR, YES)
    chain.propose(NOW - 5 * HOUR, NOW - 4 * HOUR, YES)
    [watch] = sync_watches(session, NOW)
    assert (watch.market_id, watch.since) == (market.id, NOW - 8 * HOUR - MARGIN)


def test_without_the_chain_a_watch_begins_where_the_feed_first_told_of_an_answer(
    session: Session,
) -> None:
    market = add_scored(session, 0, state=MarketState.PROPOSED)
    for status, hours_ago in (("posed", 9), ("proposed", 5), ("challenged", 2)):
        report(session, market.id, status, hours_ago)
    [watch] = sync_watches(session, NOW)
    assert (watch.since, watch.from_block) == (NOW - 5 * HOUR - MARGIN, None)


@pytest.mark.parametrize(
    ("status", "ago", "begin", "is_whole"),
    [
        ("proposed", timedelta(minutes=90), timedelta(minutes=90), True),
        ("proposed", None, timedelta(0), False),
        ("proposed", -HOUR, timedelta(0), True),
        ("proposed", timedelta(days=300), LOOK_BACK, False),
        ("challenged", HOUR, HOUR, False),
        ("reproposed", HOUR, HOUR, False),
    ],
)
def test_a_watch_of_the_feed_alone_begins_at_its_time_of_the_proposal_and_else_is_never_whole(
    session: Session,
    status: str,
    ago: timedelta | None,
    begin: timedelta,
    is_whole: bool,  # noqa: FBT001  # a case
) -> None:
    market = add_scored(session, 0, state=MarketState.PROPOSED).id
    report(session, market, status, 0, None if ago is None else NOW - ago)
    [watch] = sync_watches(session, NOW)
    assert watch.since == NOW - begin - MARGIN
    mark_reported(session, [market], watch.since, NOW)
    assert list_fill_coverage(session, [market])[market].is_whole is is_whole


def test_a_watch_that_nobody_gave_a_beginning_is_never_whole(session: Session) -> None:
    market = add_scored(session, 0, state=MarketState.PROPOSED).id
    [watch] = sync_watches(session, NOW)
    mark_reported(session, [market], watch.since, NOW)
    assert not list_fill_coverage(session, [market])[market].is_whole
    # The feed's time comes later and lies before the first trade that was asked for.
    report(session, market, "proposed", 0, NOW - HOUR)
    assert not list_fill_coverage(session, [market])[market].is_whole


def test_a_watch_ends_once_and_begins_anew_when_the_market_is_live_again(session: Session) -> None:
    market = add_scored(session, 0, state=MarketState.PROPOSED)
    [watch] = sync_watches(session, NOW)
    begin_reading(session, [market.id], 7)
    add_scored(session, 0, market, state=MarketState.RESOLVED, inputs_digest=b"\1" * 32)
    assert sync_watches(session, NOW + HOUR) == []
    assert sync_watches(session, NOW + 2 * HOUR) == []
    row = session.get_one(FillWatch, market.id, populate_existing=True)
    assert row.ended_at == NOW + HOUR
    add_scored(session, 0, market, state=MarketState.FLAGGED, inputs_digest=b"\2" * 32)
    [again] = sync_watches(session, NOW + 3 * HOUR)
    assert (again.market_id, again.read_from_block) == (watch.market_id, None)


def test_coverage_says_how_much_is_stored_and_by_whose_word(session: Session) -> None:
    market = add_market(session, 0).id
    chain = Chain(session, 0)
    chain.propose(NOW - 2 * HOUR, NOW - HOUR, YES)
    head = chain.height
    [watch] = sync_watches(session, NOW)

    def coverage() -> tuple[bool, object, object]:
        found = list_fill_coverage(session, [market, 99])
        assert list(found) == [market]
        return found[market].is_whole, found[market].read_to, found[market].source

    assert coverage() == (False, None, None)
    mark_reported(session, [market], watch.since, NOW)
    assert coverage() == (True, NOW, FillSource.DATA_API)
    move_cursor(session, POLYGON, CURSOR, expected=None, to=head + 1, at=NOW)
    begin_reading(session, [market], head)
    assert coverage() == (False, NOW - HOUR, FillSource.CHAIN)
    mark_read_from(session, [market], head - MARGIN_BLOCKS)
    assert coverage() == (True, NOW - HOUR, FillSource.CHAIN)
