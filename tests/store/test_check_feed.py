"""The feed and the catalogue's closed markets against recorded chains, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from jobs.fold_facts import fold_facts
from models.chain import IndexedRange
from models.market import Market, ResolutionReport
from models.oracle import Payout, QuestionChange
from models.question_state import QuestionState
from service.protocol.invariants import Finding
from service.protocol.listings import ResolutionRow
from service.store.checks.check_feed import check_closed_markets, check_feed
from service.store.markets.resolution_rows import add_resolution_rows
from service.store.oracle.contracts import load_book
from tests.store.scenes import add_market
from tests.store.test_resolution_rows import PROPOSED
from tests.store.voted import add_captures

HOUR = timedelta(hours=1)


class World:
    """One recorded question, disputed twice and paid by the vote, with its market."""

    def __init__(self, session: Session) -> None:
        self.session = session
        [self.state] = session.scalars(
            select(QuestionState).where(QuestionState.disputes == 2).limit(1)
        )
        assert self.state.paid_at is not None
        self.paid_at: datetime = self.state.paid_at
        assert self.state.payouts is not None
        payouts = [int(n) for n in self.state.payouts]
        self.market = add_market(
            session,
            1,
            condition_id=self.state.condition_id,
            closed=True,
            closed_at=self.paid_at,
            refreshed_at=self.paid_at,
        )
        self.final = replace(
            PROPOSED,
            condition_id=self.state.condition_id,
            status="resolved",
            proposed_price=self.state.first_proposed_price,
            was_disputed=True,
            payouts=tuple(10**6 * n // sum(payouts) for n in payouts),
            reported_at=None,
        )

    def say(self, row: ResolutionRow, *times: datetime) -> Finding:
        for at in times:
            add_resolution_rows(self.session, [row], at)
        return self.check()

    def check(self) -> Finding:
        return check_feed(self.session, load_book(self.session))


@pytest.fixture
def world(sessions: sessionmaker[Session]) -> Iterator[World]:
    add_captures(sessions, "00-deployment", "c-dvm-vote")
    fold_facts(sessions)
    with sessions() as session:
        yield World(session)


def test_a_row_that_tells_what_the_chain_tells_agrees(world: World) -> None:
    found = world.say(world.final, world.paid_at + HOUR)
    assert (found.checked, found.breaks, found.lagging) == (1, (), 0)


def test_a_row_left_behind_lags_and_is_a_break_once_it_was_heard_again_later(
    world: World,
) -> None:
    stuck = replace(world.final, status="disputed", payouts=None)
    found = world.say(stuck, world.paid_at - HOUR, world.paid_at + timedelta(minutes=10))
    assert (found.checked, found.breaks, found.lagging) == (1, (), 1)
    found = world.say(stuck, world.paid_at + timedelta(days=300))
    assert (found.checked, found.lagging) == (1, 0)
    [told] = found.breaks
    assert told.reason == "lags: the feed says disputed; the tokens pay"
    assert told.evidence["agreement"] == "lags"
    # Of two rows of one market the newest counts.
    assert world.say(world.final, world.paid_at + timedelta(days=301)).breaks == ()


def test_another_payout_is_a_break_with_both_sides_as_evidence(world: World) -> None:
    assert world.final.payouts is not None
    other = replace(world.final, payouts=tuple(reversed(world.final.payouts)))
    [told] = world.say(other, world.paid_at, world.paid_at + HOUR).breaks
    assert told.reason.startswith("contradicts: ")
    feed, chain = told.evidence["feed"], told.evidence["chain_says"]
    assert isinstance(feed, dict)
    assert isinstance(chain, dict)
    assert (feed["status"], chain["state"]) == ("resolved", "resolved")
    assert [int(n) for n in feed["payouts"]] != [int(n) * 10**6 for n in chain["payouts"]]


def test_a_word_ahead_of_the_logs_is_a_break_only_where_all_logs_were_read(world: World) -> None:
    session, early = world.session, world.state.initialized_at + timedelta(minutes=1)
    session.execute(delete(Payout))
    session.execute(delete(QuestionChange).where(QuestionChange.kind == "resolved"))
    session.execute(update(QuestionState).values(payouts=None, paid_at=None, resolved=False))
    [told] = world.say(world.final, early).breaks
    assert told.reason == "ahead: the feed says resolved; no log resolves the question"
    session.execute(delete(IndexedRange))
    assert world.check() == Finding(0, (), not_checkable=1)


def test_closed_and_unpaid_or_paid_and_open_for_long_are_breaks(world: World) -> None:
    session, market = world.session, world.market
    assert check_closed_markets(session) == Finding(1, ())
    market.closed = False
    session.flush()
    assert check_closed_markets(session).lagging == 1
    market.refreshed_at = world.paid_at + HOUR
    session.flush()
    [told] = check_closed_markets(session).breaks
    assert told.reason == "the tokens pay, and the catalogue shows it open"
    market.closed, market.closed_at = True, world.state.initialized_at
    session.execute(update(QuestionState).values(paid_at=None))
    [told] = check_closed_markets(session).breaks
    assert told.reason == "the catalogue closed it, and no log pays it"
    session.execute(delete(IndexedRange))
    assert check_closed_markets(session).not_checkable == 1


def test_a_market_or_row_the_chain_knows_nothing_of_is_not_counted(world: World) -> None:
    world.session.execute(delete(ResolutionReport))
    world.session.execute(update(Market).values(condition_id=b"\x01" * 32))
    assert check_closed_markets(world.session).checked == 0
    assert world.check() == Finding(0, ())
