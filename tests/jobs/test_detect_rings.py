"""``detect_rings`` on stored facts: what it keeps, when it is known, and when it is over."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from jobs.detect_rings import detect_rings
from models.attack_enums import SignalSubject
from models.attack_signal import AttackSignal
from models.liquidity import OpenInterest
from models.price_point import PricePoint
from service.clock import SetClock
from service.protocol.ids import to_hex
from service.protocol.prices import YES
from service.store.oracle.first_disputes import list_first_disputes
from service.store.oracle.question_states import fold_questions
from tests.store.chain_scenes import Chain
from tests.store.rate_scenes import BOOK
from tests.store.scenes import MICRO, NOW, add_market, question_id_of, ref_of

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def add_dispute(
    session: Session,
    number: int,
    at: datetime,
    *,
    proposer: int | None = None,
    disputer: int | None = None,
    price: str = "0.98",
    interest: int = 50_000,
) -> None:
    market = add_market(session, number)
    session.add(
        PricePoint(
            market_id=market.id, at=at - HOUR, price=price, resolution_seconds=60, known_at=at
        )
    )
    session.add(OpenInterest(market_id=market.id, value=interest * MICRO, known_at=at - HOUR))
    chain = Chain(session, number)
    chain.initialize(at - 3 * HOUR)
    chain.propose(at - 3 * HOUR, at - HOUR, YES)
    chain.dispute(
        at - 3 * HOUR,
        at,
        YES,
        proposer=bytes([proposer or 100 + number % 7] * 20),
        disputer=bytes([disputer or 120 + number % 5] * 20),
    )


def add_history(session: Session, days: int = 40) -> None:
    """One dispute a day of a cheap proposal, each of another market."""
    for number in range(days):
        add_dispute(session, number, NOW - (days - number) * DAY - 5 * HOUR, price="0.5")


def fold(session: Session) -> None:
    fold_questions(session, [question_id_of(n) for n in range(400)], BOOK)


def kept(sessions: sessionmaker[Session], signal: str) -> list[AttackSignal]:
    with sessions() as session:
        query = select(AttackSignal).where(AttackSignal.signal == signal)
        return list(session.scalars(query.order_by(AttackSignal.id)))


@pytest.fixture
def burst(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    with sessions.begin() as session:
        add_history(session)
        for number in range(15):
            add_dispute(session, 100 + number, NOW - 6 * HOUR + number * HOUR / 3)
        fold(session)
    return sessions


def test_burst_is_kept_once_with_its_transactions_and_ends(burst: sessionmaker[Session]) -> None:
    first = detect_rings(burst, SetClock(NOW))
    again = detect_rings(burst, SetClock(NOW + 5 * HOUR / 60))

    (row,) = kept(burst, "sure_dispute_burst")
    assert row.value == 15
    assert row.log_lr > 3
    evidence = row.document["evidence"]
    assert isinstance(evidence, list)
    assert len({one["transaction"] for one in evidence}) == 15
    assert {one.subject for one in kept(burst, "in_sure_dispute_burst")} == {
        ref_of(100 + number) for number in range(15)
    }
    assert first.counts["added"] > 0
    assert again.counts["added"] == 0

    detect_rings(burst, SetClock(NOW + 4 * DAY))

    assert [one.log_lr > 0 for one in kept(burst, "sure_dispute_burst")] == [True, False]
    # What was disputed within it stays so.
    assert all(one.log_lr > 0 for one in kept(burst, "in_sure_dispute_burst"))


def test_it_is_not_seen_before_it_is_known(burst: sessionmaker[Session]) -> None:
    detect_rings(burst, SetClock(NOW - 6 * HOUR - timedelta(minutes=1)))

    assert kept(burst, "sure_dispute_burst") == []


def test_what_the_market_believed_is_read_as_of_the_dispute(session: Session) -> None:
    add_dispute(session, 1, NOW, price="0.98", interest=20_000)
    fold(session)

    (known,) = list_first_disputes(session, NOW - DAY, NOW + HOUR)
    unknown = list_first_disputes(session, NOW - DAY, NOW + timedelta(seconds=4))

    assert (known.proposed_price, known.open_interest) == (Decimal("0.98"), 20_000 * MICRO)
    assert to_hex(known.condition_id) == ref_of(1)
    assert unknown == []


def test_only_the_first_dispute_of_a_question_counts(session: Session) -> None:
    add_dispute(session, 1, NOW)
    chain = Chain(session, 1)
    chain.height += 100
    chain.propose(NOW, NOW + HOUR, YES)
    chain.dispute(NOW, NOW + 2 * HOUR, YES)
    fold(session)

    assert [one.disputed_at for one in list_first_disputes(session, NOW - DAY, NOW + DAY)] == [NOW]


def test_ring_is_told_of_its_members_until_it_is_over(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        add_history(session)
        for number in range(8):
            at = NOW - 24 * DAY + number * 3 * DAY
            add_dispute(session, 200 + number, at, proposer=7, disputer=9)
        fold(session)

    detect_rings(sessions, SetClock(NOW))

    members = kept(sessions, "ring_member")
    assert {row.subject for row in members} == {"0x" + "07" * 20, "0x" + "09" * 20}
    assert {row.subject_kind for row in members} == {SignalSubject.ENTITY}
    assert all(row.log_lr > 0 for row in members)

    detect_rings(sessions, SetClock(NOW + 200 * DAY))

    assert [row.log_lr for row in kept(sessions, "ring_member")[2:]] == [0.0, 0.0]


def test_without_disputes_nothing_is_said(sessions: sessionmaker[Session]) -> None:
    assert detect_rings(sessions, SetClock(NOW)).counts == {"disputes": 0}
