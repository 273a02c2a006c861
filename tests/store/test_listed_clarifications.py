"""The catalogue's clarifications in rows, on both databases."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.clarification import ListedClarification
from models.market import Market, MarketGroup
from service.polymarket.clarifications import to_clarification
from service.protocol.listed_clarifications import ClarificationListing
from service.store.markets.listed_clarifications import (
    Kept,
    add_clarifications,
    count_unlinked,
    link_clarifications,
    list_of_market,
)
from tests.loopback.polymarket_clarifications import a_clarification
from tests.store.scenes import NOW, add_market

LATER = NOW + timedelta(minutes=5)


def row(number: int, **changes: Any) -> ClarificationListing:
    made = to_clarification(a_clarification(number, **changes))
    assert isinstance(made, ClarificationListing)
    return made


def test_versions_links_and_what_was_known_when(session: Session) -> None:
    pending = row(1, state="pending", txHash=None)
    elsewhere = row(2, market=9, marketId=None)
    assert add_clarifications(session, [pending, elsewhere], NOW) == Kept(2, 0, 0, 0)
    assert add_clarifications(session, [row(1)], LATER) == Kept(0, 1, 0, 0)
    assert add_clarifications(session, [pending, elsewhere], LATER) == Kept(0, 0, 1, 1)
    assert (count_unlinked(session), link_clarifications(session, LATER)) == (2, 0)
    markets = [
        add_market(session, number, uma_question_id=row(1, market=number).question_id)
        for number in (1, 9)
    ]
    assert (link_clarifications(session, LATER), count_unlinked(session)) == (3, 0)
    stale = session.scalars(select(Market.stale_since)).all()
    assert stale == [LATER, LATER]
    first, second = (list_of_market(session, market) for market in markets)
    assert [(r.version, r.state) for r, _ in first] == [(1, "pending"), (2, "success")]
    assert [text for _, text in second] == [elsewhere.text]
    known = list_of_market(session, markets[0], NOW)
    assert [(r.version, r.state) for r, _ in known] == [(1, "pending")]


def test_a_new_version_of_a_linked_one_marks_its_market(session: Session) -> None:
    add_market(session, 1)
    add_clarifications(session, [row(1)], NOW)
    session.execute(update(Market).values(stale_since=None))
    add_clarifications(session, [row(1, content="Noon is UTC.")], LATER)
    assert session.scalars(select(Market.stale_since)).all() == [LATER]
    assert len(set(session.scalars(select(ListedClarification.text_hash)))) == 2


def test_one_about_a_whole_group_is_each_of_its_markets(session: Session) -> None:
    group = MarketGroup(gamma_id="900001", title="Ships", known_at=NOW)
    session.add(group)
    session.flush()
    markets = [add_market(session, number, group_id=group.id) for number in (1, 2)]
    about_all = row(1, marketId=None, questionId=None)
    add_clarifications(session, [about_all], NOW)
    assert session.scalars(select(Market.stale_since)).all() == [NOW, NOW]
    for market in markets:
        assert [text for _, text in list_of_market(session, market)] == [about_all.text]
