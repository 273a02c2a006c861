"""Which markets could still be brought into a vote, as known at a time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models.liquidity import OpenInterest
from models.oracle import PriceRequest
from service.protocol.prices import NO, YES
from service.store.oracle.contracts import load_book
from service.store.rounds.open_markets import LOOK_BACK, list_open_markets
from tests.store.chain_scenes import Chain
from tests.store.scenes import (
    ADAPTER,
    MANAGED,
    MICRO,
    NOW,
    OOV2,
    STRANGER,
    add_contracts,
    add_market,
)

HOUR = timedelta(hours=1)
ASKED = NOW - timedelta(days=1)
LEAST = 10_000 * MICRO


@pytest.fixture
def book(session: Session) -> Session:
    add_contracts(session)
    return session


def proposed(
    session: Session,
    number: int,
    interest: int = 20_000,
    *,
    oracle: bytes = OOV2,
    ago: timedelta = HOUR,
    **changes: Any,
) -> Chain:
    """A market with so much open interest, and an answer under two hours of liveness."""
    market = add_market(session, number, **changes)
    chain = Chain(session, number, oracle)
    chain.initialize(ASKED)
    chain.propose(ASKED, NOW - ago, YES)
    session.add(OpenInterest(market_id=market.id, value=interest * MICRO, known_at=NOW - 3 * HOUR))
    session.flush()
    return chain


def open_at(session: Session, at: datetime = NOW, most: int = 300) -> list[str]:
    found = list_open_markets(session, load_book(session), LEAST, most, at)
    return [market.slug or "" for market in found.markets]


def test_the_largest_come_first_and_those_left_out_are_counted(book: Session) -> None:
    for number, interest in ((1, 20_000), (2, 90_000), (3, 50_000), (4, 10_000)):
        proposed(book, number, interest)
    found = list_open_markets(book, load_book(book), LEAST, 2, NOW)
    assert [market.slug for market in found.markets] == ["market-2", "market-3"]
    # The fourth is not above the least.
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("oracle", "ago", "is_listed"),
    [
        (OOV2, HOUR, True),
        (OOV2, 2 * HOUR, False),
        # The managed oracle's proposals are open until they are settled.
        (MANAGED, 2 * HOUR, True),
        (MANAGED, 2 * HOUR + LOOK_BACK, False),
    ],
)
def test_a_window_ends_by_the_rules_of_its_oracle(
    book: Session, oracle: bytes, ago: timedelta, *, is_listed: bool
) -> None:
    proposed(book, 1, oracle=oracle, ago=ago)
    assert open_at(book) == ["market-1"] * is_listed


def test_what_was_disputed_settled_asked_anew_or_paid_is_closed(book: Session) -> None:
    since = NOW - HOUR / 2
    proposed(book, 1).dispute(ASKED, since, YES)
    proposed(book, 2).settle(ASKED, since, YES)
    anew = proposed(book, 3)
    anew.add(
        anew.block(since),
        PriceRequest,
        anew.oracle,
        **anew.key(since),
        currency=bytes(20),
        reward=0,
        final_fee=0,
    )
    proposed(book, 4).pay(since, ["1", "0"])
    proposed(book, 5)
    assert open_at(book) == ["market-5"]
    # Each was open until that was known, 5 s after its block.
    before = open_at(book, since + timedelta(seconds=4))
    assert before == [f"market-{number}" for number in range(1, 6)]


def test_only_what_was_known_by_the_time_counts(book: Session) -> None:
    proposed(book, 1)
    proposed(book, 2, known_at=NOW + HOUR)
    assert open_at(book) == ["market-1"]
    assert open_at(book, NOW - HOUR) == []
    assert open_at(book, NOW - HOUR + timedelta(seconds=5)) == ["market-1"]


def test_a_proposal_to_somebody_elses_question_opens_no_market(book: Session) -> None:
    """A market is of its text and of the adapter that asked."""
    add_market(book, 1, adapter=STRANGER)
    chain = Chain(book, 1, OOV2)
    chain.propose(ASKED, NOW - HOUR, NO)
    assert chain.key(ASKED)["requester"] == ADAPTER
    assert open_at(book) == []
