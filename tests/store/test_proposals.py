from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models.enums import MarketState, OracleVersion
from models.market import ResolutionReport
from models.oracle import PriceRequest
from service.protocol.prices import NO, YES
from service.store.markets.markets import get_market
from service.store.proposals.proposals import list_open_proposals
from tests.store.chain_scenes import Chain
from tests.store.scenes import (
    ADAPTER,
    MANAGED,
    NOW,
    OOV2,
    STRANGER,
    USDC_COIN,
    add_contracts,
    add_market,
    add_scored,
)

HOUR = timedelta(hours=1)
ASKED = NOW - timedelta(days=1)


@pytest.fixture
def book(session: Session) -> Session:
    add_contracts(session)
    return session


def proposed(session: Session, number: int, *, oracle: bytes, ago: timedelta) -> Chain:
    """A market with a proposal made some time ago under a liveness of two hours."""
    add_market(session, number)
    chain = Chain(session, number, oracle)
    chain.initialize(ASKED)
    chain.propose(ASKED, NOW - ago, YES)
    return chain


def test_the_queue_is_ordered_by_the_end_of_the_window(book: Session) -> None:
    proposed(book, 1, oracle=OOV2, ago=HOUR / 2)
    proposed(book, 2, oracle=MANAGED, ago=HOUR)
    proposed(book, 3, oracle=MANAGED, ago=5 * HOUR)
    queue = list_open_proposals(book, NOW)
    assert [entry.title[12:13] for entry in queue] == ["3", "2", "1"]
    assert [entry.is_past_window for entry in queue] == [True, False, False]
    assert queue[2].oracle_version is OracleVersion.OOV2


@pytest.mark.parametrize(("seconds", "listed"), [(-1, 1), (0, 0), (1, 0)])
def test_oov2_closes_at_the_second_of_expiry(book: Session, seconds: int, listed: int) -> None:
    proposed(book, 1, oracle=OOV2, ago=HOUR)
    at = NOW + HOUR + timedelta(seconds=seconds)
    assert len(list_open_proposals(book, at)) == listed


def test_the_managed_oracle_stays_open_until_it_is_settled(book: Session) -> None:
    chain = proposed(book, 1, oracle=MANAGED, ago=20 * HOUR)
    assert len(list_open_proposals(book, NOW)) == 1
    chain.settle(ASKED, NOW, YES)
    assert list_open_proposals(book, NOW) == []


def test_a_managed_proposal_forgotten_for_weeks_is_found_by_its_markets_standing(
    book: Session,
) -> None:
    chain = Chain(book, 1, MANAGED)
    market = add_market(book, 1)
    long_ago = NOW - timedelta(days=40)
    chain.initialize(long_ago)
    chain.propose(long_ago, long_ago + HOUR, YES)
    assert list_open_proposals(book, NOW) == []
    add_scored(book, 1, market, state=MarketState.PROPOSED, challenge_open=True)
    assert len(list_open_proposals(book, NOW)) == 1


def test_a_dispute_takes_a_proposal_off_the_queue(book: Session) -> None:
    chain = proposed(book, 1, oracle=MANAGED, ago=HOUR)
    chain.dispute(ASKED, NOW, YES)
    assert list_open_proposals(book, NOW) == []


def test_only_the_request_that_pays_out_is_worth_a_dispute(book: Session) -> None:
    chain = proposed(book, 1, oracle=MANAGED, ago=HOUR)
    chain.add(
        chain.block(NOW),
        PriceRequest,
        MANAGED,
        **chain.key(NOW),
        currency=USDC_COIN,
        reward=0,
        final_fee=0,
    )
    assert list_open_proposals(book, NOW) == []


def test_a_market_paid_meanwhile_is_off_the_queue(book: Session) -> None:
    proposed(book, 1, oracle=MANAGED, ago=HOUR).pay(NOW, ["1", "0"])
    assert list_open_proposals(book, NOW) == []


def test_a_strangers_question_to_the_same_oracle_is_not_listed(book: Session) -> None:
    chain = Chain(book, 1, OOV2)
    chain.propose(ASKED, NOW - HOUR, YES, requester=STRANGER)
    assert list_open_proposals(book, NOW) == []


def test_a_market_the_catalogue_has_not_shown_is_listed_by_its_questions_title(
    book: Session,
) -> None:
    chain = Chain(book, 1, OOV2)
    chain.initialize(ASKED, "Known from the chain only")
    chain.propose(ASKED, NOW - HOUR, YES)
    queue = list_open_proposals(book, NOW)
    assert [(e.title, e.standing, e.requester) for e in queue] == [
        ("Known from the chain only", None, ADAPTER)
    ]


def test_without_the_chain_the_feed_fills_the_queue(book: Session) -> None:
    market = add_scored(
        book,
        1,
        state=MarketState.REPROPOSED,
        challenge_open=True,
        challenge_ends_at=NOW + HOUR,
    )
    for status, price in (("proposed", YES), ("reproposed", NO)):
        book.add(
            ResolutionReport(
                market_id=market.id,
                status=status,
                proposed_price=str(YES),
                reproposed_price=str(price) if status == "reproposed" else None,
                was_disputed=False,
                extended_review=False,
                rules_updated=False,
                known_at=NOW,
            )
        )
    book.flush()
    [entry] = list_open_proposals(book, NOW)
    assert (entry.source, entry.proposed_price, entry.proposer) == ("feed", NO, None)
    assert entry.challenge_ends_at == NOW + HOUR
    assert entry.standing is not None


def test_where_the_chain_speaks_the_feed_is_not_asked(book: Session) -> None:
    chain = proposed(book, 1, oracle=OOV2, ago=HOUR)
    market = get_market(book, "market-1")
    add_scored(book, 1, market, state=MarketState.PROPOSED, challenge_open=True)
    [entry] = list_open_proposals(book, NOW)
    assert entry.source == "chain"
    assert entry.standing is not None
    # The standing still says open; the chain knows better.
    chain.dispute(ASKED, NOW, YES)
    assert list_open_proposals(book, NOW) == []
