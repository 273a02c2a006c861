"""Verdicts are kept when they say something new, and read as of a time."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.protocol.listings import BookLevel
from service.protocol.prices import YES
from service.protocol.proposed_answers import read_answer
from service.risk.proposals.contrary import MICRO, SignalRule
from service.risk.proposals.executable import TokenBook
from service.risk.proposals.proposal_signals import (
    BookReading,
    MarketEvidence,
    ProposalSignals,
    read_signals,
)
from service.store.proposals.proposal_signals import (
    NewSignals,
    add_signals,
    latest_signals,
    list_signals,
)
from tests.store.scenes import NOW, add_market

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RULE = SignalRule()
MINUTE = timedelta(minutes=1)


def verdict(offered: int, at: datetime = NOW) -> ProposalSignals:
    """A Yes whose winner is offered at 50 cents, so many shares."""
    offer = (BookLevel(Decimal("0.5"), Decimal(offered)),)
    book = BookReading(TokenBook((), offer), at)
    evidence = MarketEvidence((book, None), (), None, None, (), NOW - 10 * MINUTE)
    return read_signals(read_answer(YES), evidence, RULE)


def new(market_id: int, offered: int) -> NewSignals:
    return NewSignals(market_id, 1_700_000_000, YES, verdict(offered))


def test_a_verdict_is_kept_when_it_moved_by_a_step_and_each_half_hour(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        kept = [
            add_signals(session, [new(market, shares)], RULE, NOW + minutes * MINUTE)
            for minutes, shares in ((0, 1_000), (1, 1_050), (2, 1_100), (3, 1_100), (33, 1_100))
        ]
    assert kept == [1, 0, 1, 0, 1]
    with sessions() as session:
        assert [row.standing_stake for row in list_signals(session, market, 9)] == [
            550 * MICRO,
            550 * MICRO,
            500 * MICRO,
        ]


@SQLITE
def test_a_verdict_that_agrees_is_kept_once(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        kept = [
            add_signals(session, [new(market, 100)], RULE, NOW + minutes * MINUTE)
            for minutes in (0, 40, 80)
        ]
    assert kept == [1, 0, 0]


@SQLITE
def test_another_proposal_is_always_news(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        first = new(market, 1_000)
        again = replace(first, request_timestamp=1_700_009_000)
        assert add_signals(session, [first], RULE, NOW) == 1
        assert add_signals(session, [again], RULE, NOW + MINUTE) == 1


@SQLITE
def test_what_is_not_known_is_stored_as_unknown_and_not_as_zero(
    sessions: sessionmaker[Session],
) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        add_signals(session, [new(market, 1_000)], RULE, NOW)
        row = list_signals(session, market, 1)[0]
        assert (row.traded_stake, row.implied) == (None, None)
        assert row.document["trades_against"] == {
            "value": None,
            "depth_usdc": None,
            "as_of": None,
            "missing": "trades are not indexed",
        }


def test_a_reader_as_of_a_time_sees_no_later_verdict(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        add_signals(session, [new(market, 1_000)], RULE, NOW)
        add_signals(session, [new(market, 9_000)], RULE, NOW + MINUTE)
        known = latest_signals(session, [market], NOW)
        assert known[market].standing_stake == 500 * MICRO
        assert latest_signals(session, [market], NOW - MINUTE) == {}


@SQLITE
def test_history_continues_behind_the_last_one_seen(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        market = add_market(session, 1).id
        for step in range(4):
            add_signals(session, [new(market, 1_000 * (step + 1))], RULE, NOW + step * MINUTE)
        first = list_signals(session, market, 2)
        rest = list_signals(session, market, 9, (first[-1].known_at, first[-1].id))
        stakes = [row.standing_stake for row in (*first, *rest)]
    assert stakes == [2_000 * MICRO, 1_500 * MICRO, 1_000 * MICRO, 500 * MICRO]
