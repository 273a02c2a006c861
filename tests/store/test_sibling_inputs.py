"""What a score reads of an event's other outcomes, and of its own wording and earlier votes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.enums import MarketState, Outcome, QuestionChangeKind
from models.market import Market, MarketGroup
from models.oracle import Proposal
from service.protocol.prices import NO, YES
from service.risk.inputs import MarketInputs
from service.store.scores.inputs import load_inputs
from tests.store.chain_scenes import Chain
from tests.store.scenes import NOW, OOV2, add_market, add_rules
from tests.store.test_inputs import BOOK, add_book, add_money

HOUR = timedelta(hours=1)
START = NOW - timedelta(days=2)


def an_event(session: Session, *numbers: int) -> list[Market]:
    group = MarketGroup(gamma_id="77", title="Who wins?", known_at=START, neg_risk=True)
    session.add(group)
    session.flush()
    return [add_market(session, n, neg_risk=True, group_id=group.id) for n in numbers]


def loaded(session: Session, market: Market, at: datetime = NOW) -> MarketInputs:
    (inputs,) = load_inputs(session, [market], BOOK, at)
    return inputs


def test_siblings_come_with_what_is_proposed_and_their_price_before_any_was(
    session: Session,
) -> None:
    first, second, third = an_event(session, 1, 2, 3)
    for market, mid in ((first, "0.80"), (second, "0.15"), (third, "0.04")):
        add_book(session, market, START - HOUR, mid)
        add_book(session, market, START + 3 * HOUR, "0.50")
    for number, price in ((1, YES), (2, NO)):
        chain = Chain(session, number, OOV2)
        chain.initialize(START)
        chain.propose(START, START + number * HOUR, price, liveness=timedelta(days=2))
    session.flush()
    told = {s.market_id: s for s in loaded(session, second).siblings}
    assert len(told) == 2
    yes, open_ = (told["0x" + m.condition_id.hex()] for m in (first, third))
    assert (yes.value, yes.state, yes.price_yes) == (Outcome.YES, MarketState.PROPOSED, 0.8)
    assert (open_.value, open_.state, open_.price_yes) == (None, MarketState.PRE_PROPOSAL, 0.04)
    # Before the first was proposed, neither it nor its siblings had anything to say.
    assert loaded(session, second, START + HOUR / 2).siblings == ()
    # A market nobody proposed an answer for is bound by nothing.
    assert loaded(session, third).siblings == ()


def test_markets_of_an_ordinary_group_are_no_siblings(session: Session) -> None:
    group = MarketGroup(gamma_id="78", title="By when?", known_at=START)
    session.add(group)
    session.flush()
    market = add_market(session, 1, group_id=group.id)
    add_market(session, 2, group_id=group.id)
    chain = Chain(session, 1, OOV2)
    chain.initialize(START)
    chain.propose(START, START + HOUR, YES)
    session.flush()
    assert loaded(session, market).siblings == ()


def features(session: Session, market: Market, at: datetime = NOW) -> dict[str, float]:
    return {f.name: round(f.logit, 2) for f in loaded(session, market, at).features}


def test_features_are_of_the_rules_in_force_and_of_their_changes(session: Session) -> None:
    market = add_market(session, 1)
    add_rules(session, market, 1, "Yes if the ministry says so.", START)
    map_ = "It resolves by the ISW map alone."
    add_rules(session, market, 2, map_, START + HOUR)
    add_money(session, market, START + HOUR / 2, 5)
    assert features(session, market, START) == {}
    assert set(features(session, market)) == {
        "fragile_source_map", "rules_edited_after_first_trade",
    }  # fmt: skip


@pytest.mark.parametrize(("age", "is_odd"), [(HOUR, False), (timedelta(days=15), True)])
def test_a_proposer_nobody_knows_is_a_feature_once_there_is_a_history(
    session: Session, age: timedelta, *, is_odd: bool
) -> None:
    for number in range(2, 62):
        chain = Chain(session, number, OOV2)
        chain.initialize(START - age)
        chain.propose(START - age, START - age, YES, proposer=number.to_bytes(20, "big"))
    market = add_market(session, 1)
    add_rules(session, market, 1, "Yes if the ministry says so.", START)
    chain = Chain(session, 1, OOV2)
    chain.initialize(START)
    chain.propose(START, START + 2 * HOUR, YES, proposer=b"\x77" * 20)
    session.flush()
    told = features(session, market)
    assert (told.get("unfamiliar_proposer", 0) > 0) is is_odd
    assert features(session, market, START + HOUR) == {}


def test_a_proposers_answers_count_once_they_were_known(session: Session) -> None:
    own = b"\x77" * 20
    for number in range(2, 82):
        chain, begun = Chain(session, number, OOV2), START - timedelta(days=15)
        chain.initialize(begun)
        proposer = own if number < 22 else number.to_bytes(20, "big")
        chain.propose(begun, begun, YES, proposer=proposer)
    market = add_market(session, 1)
    add_rules(session, market, 1, "Yes if the ministry says so.", START)
    chain = Chain(session, 1, OOV2)
    chain.initialize(START)
    chain.propose(START, START + 2 * HOUR, YES, proposer=own)
    session.flush()
    assert features(session, market) == {}
    earlier = Proposal.proposer == own, Proposal.known_at < START
    session.execute(update(Proposal).where(*earlier).values(known_at=NOW + HOUR))
    assert features(session, market)["unfamiliar_proposer"] > 0.9
    assert features(session, market, NOW + 2 * HOUR) == {}


def test_a_siblings_book_of_more_than_a_day_before_tells_no_price(session: Session) -> None:
    first, second = an_event(session, 1, 2)
    add_book(session, first, START - 20 * HOUR, "0.80")
    add_book(session, second, START - 30 * HOUR, "0.15")
    for number, price in ((1, YES), (2, NO)):
        chain = Chain(session, number, OOV2)
        chain.initialize(START)
        chain.propose(START, START + HOUR, price, liveness=timedelta(days=2))
    session.flush()
    assert [s.price_yes for s in loaded(session, second).siblings] == [0.8]
    assert [s.price_yes for s in loaded(session, first).siblings] == [None]


def test_a_market_without_stored_rules_has_no_features(session: Session) -> None:
    assert loaded(session, add_market(session, 1)).features == ()


def test_the_vote_on_a_superseded_request_is_read_once_it_is_known(session: Session) -> None:
    market = add_market(session, 1)
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, YES)
    disputed = chain.dispute(START, START + 2 * HOUR, YES)
    chain.change(disputed, QuestionChangeKind.RESET)
    again = START + 2 * HOUR
    chain.propose(again, START + 3 * HOUR, YES)
    chain.push(disputed, START + 20 * HOUR, NO)
    session.flush()
    assert loaded(session, market, START + 19 * HOUR).earlier_vote is None
    assert loaded(session, market).earlier_vote is Outcome.NO
