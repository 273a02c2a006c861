"""An announced remedy is written once, for a market that is known, and asks for a new score."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.assessment import Announcement
from models.enums import Category, Remedy
from models.market import Market
from service.store.markets.announcements import add_announcement

AT = datetime(2024, 6, 27, 23, 30, tzinfo=UTC)
CONDITION = b"\x01" * 32


@pytest.fixture
def market(session: Session) -> Market:
    """A stored market that is not waiting for a score."""
    made = Market(
        condition_id=CONDITION,
        title="A market",
        category=Category.OTHER,
        tags=[],
        outcomes=["Yes", "No"],
        token_ids=[],
        closed=True,
        uma_statuses=[],
        known_at=AT,
        refreshed_at=AT,
    )
    session.add(made)
    session.flush()
    return made


def _announce(session: Session, condition: bytes = CONDITION, source: str = "a paper") -> bool:
    return add_announcement(
        session, condition, remedy=Remedy.REFUND, announced_at=AT, source=source, known_at=AT
    )


def test_an_announcement_is_stored_and_its_market_scored_again(
    session: Session, market: Market
) -> None:
    assert _announce(session)

    row = session.scalars(select(Announcement)).one()
    assert (row.market_id, row.remedy, row.announced_at) == (market.id, Remedy.REFUND, AT)
    assert market.stale_since == AT


def test_the_same_announcement_from_another_paper_is_not_a_second_one(
    session: Session, market: Market
) -> None:
    _announce(session)
    market.stale_since = None

    assert not _announce(session, source="another paper")
    assert market.stale_since is None


def test_an_announcement_about_an_unknown_market_is_left_out(session: Session) -> None:
    assert not _announce(session, condition=b"\x02" * 32)
