"""What a score reads: everything known by its time, and nothing of the future."""

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from models.adjudication_enums import Verdict
from models.assessment import Announcement
from models.enums import ContractKind, MarketState, Outcome, QuestionChangeKind, Remedy
from models.liquidity import BookSnapshot, OpenInterest
from models.market import Market, ResolutionReport, TradingActivity
from models.oracle import AncillaryText, Condition, Question
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.prices import NO, YES
from service.risk.inputs import MarketInputs
from service.store.scores.inputs import load_inputs
from tests.store.chain_scenes import Chain
from tests.store.judged import judge
from tests.store.scenes import ADAPTER, CREATOR, MANAGED, MICRO, NOW, OOV2, POLYGON, add_market

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
START = NOW - timedelta(days=2)
BOOK = ContractBook(
    (
        ContractEntry(POLYGON, ADAPTER, ContractKind.UMA_CTF_ADAPTER, 1, version="3.1.0"),
        ContractEntry(POLYGON, OOV2, ContractKind.OPTIMISTIC_ORACLE_V2, 1),
        ContractEntry(POLYGON, MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 1),
    )
)


def add_book(session: Session, market: Market, at: datetime, mid: str) -> None:
    session.add(
        BookSnapshot(
            market_id=market.id,
            token_id=market.token_ids[0],
            outcome_index=0,
            best_bid=Decimal(mid) - Decimal("0.01"),
            best_ask=Decimal(mid) + Decimal("0.01"),
            bid_depth=0,
            ask_depth=0,
            bids=[],
            asks=[],
            known_at=at,
        )
    )


def add_report(session: Session, market: Market, at: datetime, status: str, price: int) -> None:
    session.add(
        ResolutionReport(
            market_id=market.id,
            status=status,
            proposed_price=str(price),
            was_disputed=False,
            extended_review=False,
            rules_updated=False,
            reported_at=at,
            known_at=at,
        )
    )


def add_money(session: Session, market: Market, at: datetime, usdc: int) -> None:
    amount = usdc * MICRO
    session.add(OpenInterest(market_id=market.id, value=amount, known_at=at))
    session.add(TradingActivity(market_id=market.id, volume=amount, known_at=at))


def add_future(session: Session, market: Market, chain: Chain, after: datetime) -> None:
    """One more row of every kind a score reads, each known just after an instant."""
    next_ = after + timedelta(microseconds=1)
    add_book(session, market, next_, "0.11")
    add_report(session, market, next_, "disputed", NO)
    add_money(session, market, next_, 9_000_000)
    session.add(
        Announcement(
            market_id=market.id,
            remedy=Remedy.REFUND,
            announced_at=after - HOUR,
            source="a post",
            known_at=next_,
        )
    )
    # Mined before the instant, known after it: the chain's finality lies between.
    mined = after - timedelta(seconds=4)
    disputed = chain.dispute(START, mined, YES)
    chain.change(disputed, QuestionChangeKind.RESET)
    chain.override(mined, ["0", "1"])
    chain.pay(mined, ["0", "1"])
    chain.settle(START, mined, NO)
    chain.push(disputed, mined, NO)
    session.flush()


def loaded(session: Session, market: Market, at: datetime = NOW) -> MarketInputs:
    (inputs,) = load_inputs(session, [market], BOOK, at)
    return inputs


def a_proposed_market(session: Session, oracle: bytes = OOV2) -> tuple[Market, Chain]:
    market = add_market(session, 1)
    chain = Chain(session, 1, oracle)
    chain.initialize(START)
    for minutes, mid in ((-70, "0.20"), (-50, "0.90"), (-30, "0.92"), (-6, "0.94"), (-2, "0.30")):
        add_book(session, market, START + HOUR + minutes * MINUTE, mid)
    chain.propose(START, START + HOUR, YES, liveness=timedelta(days=2))
    add_report(session, market, START + HOUR, "proposed", YES)
    add_money(session, market, START, 400_000)
    session.flush()
    return market, chain


def test_rows_of_the_future_change_nothing_of_a_score_s_inputs(session: Session) -> None:
    market, chain = a_proposed_market(session)
    before = loaded(session, market)
    add_future(session, market, chain, NOW)
    assert repr(loaded(session, market)) == repr(before)
    # And they are all read once they are known.
    after = loaded(session, market, NOW + timedelta(seconds=5))
    assert after.state is MarketState.RESOLVED
    assert after.remedy is Remedy.OVERRIDE
    assert after.overridden
    assert after.disputes == 1
    assert after.open_interest == after.volume == 9_000_000 * MICRO
    assert after.yes_mid == 0.11
    assert after.freshness.block != before.freshness.block


def test_an_expiry_is_read_off_blocks_that_are_known(session: Session) -> None:
    market, chain = a_proposed_market(session)
    ends = START + HOUR + timedelta(days=2)
    before = loaded(session, market, ends - timedelta(seconds=1))
    chain.block(ends - timedelta(seconds=2))
    assert loaded(session, market, ends - timedelta(seconds=1)) == before
    assert before.challenge_open
    assert before.challenge_ends_at == ends
    after = loaded(session, market, ends)
    assert (after.challenge_open, after.challenge_ends_at) == (False, None)


def test_belief_is_the_median_from_an_hour_to_five_minutes_before_the_proposal(
    session: Session,
) -> None:
    market, _ = a_proposed_market(session)
    assert loaded(session, market).price_before_proposal == 0.92


def test_without_a_book_in_that_hour_the_last_of_the_day_stands_in(session: Session) -> None:
    market, _ = a_proposed_market(session)
    session.execute(delete(BookSnapshot).where(BookSnapshot.known_at >= START))
    assert loaded(session, market).price_before_proposal == 0.20
    session.execute(delete(BookSnapshot))
    assert loaded(session, market).price_before_proposal is None


def test_the_chain_wins_over_the_feed_and_the_feed_over_the_catalogue(session: Session) -> None:
    market, _ = a_proposed_market(session)
    add_report(session, market, NOW - HOUR, "disputed", YES)
    session.flush()
    chain = loaded(session, market)
    assert (chain.state, chain.state_source) == (MarketState.PROPOSED, "chain")
    other = add_market(session, 2, uma_status="proposed")
    add_report(session, other, NOW - HOUR, "disputed", YES)
    feed = loaded(session, other)
    assert (feed.state, feed.state_source, feed.disputes) == (MarketState.VOTING, "feed", 2)
    third = add_market(session, 3, uma_status="proposed")
    catalogue = loaded(session, third)
    assert (catalogue.state, catalogue.state_source) == (MarketState.PROPOSED, "catalogue")
    closed = add_market(session, 4, uma_status="proposed", closed=True)
    assert loaded(session, closed).state is MarketState.RESOLVED


def test_what_is_not_known_is_absent_and_named(session: Session) -> None:
    inputs = loaded(session, add_market(session, 5))
    assert inputs.open_interest is None
    assert inputs.volume is None
    assert inputs.yes_mid is None
    assert {line.split(":")[0] for line in inputs.freshness.missing} == {
        "open_interest",
        "book",
        "oracle",
    }


def test_a_neg_risk_question_from_before_indexing_began_is_found_by_its_adapter(
    session: Session,
) -> None:
    # Its condition is known from the operator's logs only, and those were not read.
    market = add_market(session, 1, neg_risk=True, condition_id=b"\x77" * 32)
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, NO)
    text = b"q: title: Will it?, description: x,initializer:" + CREATOR.hex().encode()
    session.add(AncillaryText(hash=chain.question_id, data=text))
    session.flush()
    session.execute(delete(Question))
    session.execute(delete(Condition))
    inputs = loaded(session, market)
    assert (inputs.state, inputs.state_source) == (MarketState.PROPOSED, "chain")
    assert inputs.current_proposal is not None
    assert inputs.current_proposal.outcome is Outcome.NO


def test_a_question_with_another_condition_is_not_the_market_s(session: Session) -> None:
    market = add_market(session, 1, neg_risk=False, condition_id=b"\x77" * 32)
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, NO)
    assert loaded(session, market).state_source == "catalogue"


def test_a_dispute_from_before_indexing_began_is_remembered_by_the_feed(session: Session) -> None:
    market, chain = a_proposed_market(session)
    add_report(session, market, START + HOUR, "reproposed", YES)
    text = b"q: title: Will it?, description: x,initializer:" + CREATOR.hex().encode()
    session.add(AncillaryText(hash=chain.question_id, data=text))
    session.flush()
    session.execute(update(ResolutionReport).values(was_disputed=True))
    # The chain's facts are whole: they win over the feed.
    assert (loaded(session, market).state, loaded(session, market).disputes) == (
        MarketState.PROPOSED,
        0,
    )
    for model in (Question, Condition):
        session.execute(delete(model))
    partial = loaded(session, market)
    assert partial.state_source == "chain"
    assert (partial.state, partial.disputes) == (MarketState.REPROPOSED, 1)


def test_whether_adjudicators_say_the_same_is_read_with_what_they_say(session: Session) -> None:
    markets = [add_market(session, number) for number in (1, 2)]
    judge(session, markets[0])
    differ = [("ada", Verdict.NO, True), ("bo", Verdict.NO, True), ("cy", Verdict.YES, True)]
    judge(session, markets[1], differ)
    found = [loaded(session, market).adjudicated for market in markets]
    assert [(said.adjudicators, said.is_unanimous) for said in found if said is not None] == [
        (3, True),
        (3, False),
    ]
