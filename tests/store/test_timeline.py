from datetime import timedelta
from itertools import pairwise

from sqlalchemy.orm import Session

from models.alert import Alert
from models.chain import Contract
from models.enums import AlertReason, ContractKind
from models.market import Market, ResolutionReport
from models.oracle import Clarification, Condition, NegRiskQuestion
from service.polymarket.clarifications import to_clarification
from service.protocol.listed_clarifications import ClarificationListing
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.store.markets.listed_clarifications import add_clarifications
from service.store.scores.assessments import get_latest
from service.store.timeline.timeline import list_timeline
from service.store.timeline.timeline_entry import TimelineEntry
from service.store.timeline.timeline_words import answer_words, payout_words
from tests.loopback.polymarket_clarifications import a_clarification
from tests.store.chain_scenes import Chain, add_long_story
from tests.store.scenes import (
    ADAPTER,
    CREATOR,
    NOW,
    POLYGON,
    STRANGER,
    add_contracts,
    add_market,
    add_rules,
    add_scored,
)

HOUR = timedelta(hours=1)
START = NOW - timedelta(days=9)


def kinds(entries: list[TimelineEntry]) -> list[str]:
    return [entry.kind for entry in entries]


def test_a_long_story_is_told_whole_and_in_order(session: Session) -> None:
    add_contracts(session)
    entries = list_timeline(session, add_long_story(session, 1))
    assert kinds(entries) == [
        "condition_prepared",
        "question_initialized",
        "rules_version",
        "proposal",
        "feed_report",
        "bridged",
        "dispute",
        "question_reset",
        "clarification",
        "note",
        "proposal",
        "bridged",
        "dispute",
        "rules_version",
        "vote_answer",
        "settlement",
        "question_flagged",
        "override",
        "payout",
        "announcement",
    ]
    assert all(a.key < b.key for a, b in pairwise(entries))
    sentences = [entry.sentence for entry in entries if entry.kind == "dispute"]
    assert sentences[0].startswith("First dispute: ")
    assert sentences[1].startswith("Second dispute: ")


def test_every_entry_of_the_chain_names_its_transaction_and_others_their_source(
    session: Session,
) -> None:
    for entry in list_timeline(session, add_long_story(session, 1)):
        assert entry.source
        assert entry.known_at >= entry.at
        on_chain = entry.source == "Polygon"
        assert (entry.transaction is not None) is on_chain


def test_only_the_creators_note_is_told_as_a_clarification(session: Session) -> None:
    entries = list_timeline(session, add_long_story(session, 1))
    official = [e for e in entries if e.kind == "clarification"]
    assert [e.sentence for e in official] == [
        (
            "The question's creator posted a clarification, after an answer was disputed: "
            "“The deadline is midnight UTC.”"
        )
    ]
    strangers = [e for e in entries if e.kind == "note"]
    assert len(strangers) == 1
    assert "alert" not in strangers[0].sentence
    assert strangers[0].details["official"] is False


def test_a_key_that_posts_for_the_creator_speaks_from_its_time_on(session: Session) -> None:
    market = add_market(session, 1)
    chain = Chain(session, 1)
    chain.initialize(START)
    session.add(
        Contract(
            chain_id=POLYGON,
            address=STRANGER,
            kind=ContractKind.QUESTION_CREATOR,
            from_block=1,
            posts_for=CREATOR,
            from_time=START + 5 * HOUR,
        )
    )
    chain.clarify(START + 4 * HOUR, STRANGER, b"too soon")
    chain.clarify(START + 6 * HOUR, STRANGER, b"in time")
    told = [e for e in list_timeline(session, market) if e.kind in {"note", "clarification"}]
    assert kinds(told) == ["note", "clarification"]


def test_strangers_cannot_crowd_out_the_creators_clarification(session: Session) -> None:
    market = add_market(session, 1)
    chain = Chain(session, 1)
    chain.initialize(START)
    block = chain.block(START + HOUR)
    for _ in range(320):
        chain.add(
            block, Clarification, ADAPTER, question_id=chain.question_id, owner=STRANGER, data=b"x"
        )
    chain.clarify(START + 2 * HOUR, CREATOR, b"what counts")
    entries = list_timeline(session, market)
    assert kinds(entries).count("clarification") == 1
    assert kinds(entries).count("note") == 300


def test_another_askers_proposal_on_the_same_text_is_not_the_markets(session: Session) -> None:
    market = add_market(session, 1)
    chain = Chain(session, 1)
    chain.initialize(START)
    chain.propose(START, START + HOUR, NO, requester=STRANGER)
    assert "proposal" not in kinds(list_timeline(session, market))


def test_a_neg_risk_market_is_followed_through_the_operators_ids(session: Session) -> None:
    chain = Chain(session, 1)
    chain.initialize(START)
    neg_risk_question = bytes([0x99] * 32)
    market: Market = add_market(
        session, 1, condition_id=bytes([0x77] * 32), uma_question_id=None, neg_risk=True
    )
    block = chain.block(START)
    chain.add(
        block,
        Condition,
        ADAPTER,
        condition_id=market.condition_id,
        oracle=STRANGER,
        question_id=neg_risk_question,
        outcome_slots=2,
    )
    chain.add(
        block,
        NegRiskQuestion,
        STRANGER,
        neg_risk_market_id=bytes(32),
        neg_risk_question_id=neg_risk_question,
        request_id=chain.question_id,
        question_index=0,
    )
    chain.propose(START, START + HOUR, YES)
    told = kinds(list_timeline(session, market))
    assert told == ["question_initialized", "condition_prepared", "proposal"]


def test_an_alert_is_part_of_the_story(session: Session) -> None:
    market = add_scored(session, 1)
    latest = get_latest(session, market.id)
    assert latest is not None
    session.add(
        Alert(
            market_id=market.id,
            assessment_id=latest.id,
            reason=AlertReason.FIRST,
            reason_key="k",
            title="Expected loss\n above $10,000",
            body="",
            facts={},
            raised_at=NOW,
        )
    )
    session.flush()
    assert [e.sentence for e in list_timeline(session, market)] == [
        "Settlewatch raised an alert: Expected loss above $10,000"
    ]


def test_answers_are_told_in_the_markets_own_labels() -> None:
    teams = ["Astros", "Dodgers"]
    assert answer_words(YES, teams) == "“Astros”"
    assert answer_words(NO, teams) == "“Dodgers”"
    assert answer_words(HALF, teams) == "“50-50”"
    assert answer_words(TOO_EARLY, teams) == "“too early”"
    assert answer_words(7, teams) == "the price 7, which no outcome has"
    assert answer_words(NO, []) == "“No”"


def test_payouts_are_told_as_what_they_pay() -> None:
    assert payout_words(["1", "1"], ["Yes", "No"]) == "both sides were paid half"
    assert payout_words(["0", "1"], ["Yes", "No"]) == "“No” was paid in full"
    assert payout_words(["1", "2", "3"], []) == "payout vector [1, 2, 3]"


def test_a_feed_that_says_the_same_again_is_told_once(session: Session) -> None:
    market = add_market(session, 1)
    for hours, status in enumerate(("posed", "proposed", "proposed", "posed")):
        session.add(
            ResolutionReport(
                market_id=market.id,
                status=status,
                was_disputed=False,
                extended_review=False,
                rules_updated=False,
                known_at=START + hours * HOUR,
            )
        )
    session.flush()
    told = [entry.sentence for entry in list_timeline(session, market)]
    assert [sentence.split("\u201c")[1] for sentence in told] == [
        "posed”.",
        "proposed”.",
        "posed”.",
    ]


def test_a_change_of_the_rules_is_told_with_its_words_and_typography_as_such(
    session: Session,
) -> None:
    market = add_market(session, 1)
    for number, text in enumerate(("It\u2019s noon.", "It's noon.", "It's one."), start=1):
        add_rules(session, market, number, text, START + number * HOUR)
    told = [e for e in list_timeline(session, market) if e.kind == "rules_version"]
    assert [e.sentence for e in told] == [
        "We first saw the market's rules.",
        "The market's rules changed in typography only (version 2).",
        "The market's rules changed (version 3): out: \u201cnoon.\u201d; in: \u201cone.\u201d.",
    ]
    assert [e.details["change"] for e in told] == ["first", "typographic", "wording"]


def test_each_state_of_a_listed_clarification_is_told(session: Session) -> None:
    market = add_market(session, 1)
    for state in ("pending", "success", "odd\u202e"):
        row = to_clarification(a_clarification(1, state=state, content="Noon\n is local."))
        assert isinstance(row, ClarificationListing)
        add_clarifications(session, [row], START)
    told = [e.sentence for e in list_timeline(session, market) if e.kind == "listed_clarification"]
    assert sorted(told) == [
        "Polymarket's catalogue lists a clarification as posted: \u201cNoon is local.\u201d",
        (
            "Polymarket's catalogue lists a clarification as \u201codd\u201d: "
            "\u201cNoon is local.\u201d"
        ),
        "Polymarket's catalogue plans a clarification: \u201cNoon is local.\u201d",
    ]
