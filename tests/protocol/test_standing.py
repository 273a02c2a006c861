"""Where a market stands, by the chain's fold and by Polymarket's feed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.enums import ContractKind, MarketState, Outcome, QuestionChangeKind, RequestState
from service.protocol import facts
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.facts import Fact, RequestKey
from service.protocol.lifecycle import DatedFact, QuestionFacts, QuestionStatus, fold_question
from service.protocol.listings import ResolutionRow
from service.protocol.log_position import LogPosition
from service.protocol.prices import HALF, NO, YES
from service.protocol.standing import LAST_INSTANT, instant_of, standing_of, standing_of_report

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = int(START.timestamp())
ADAPTER, OOV2, MANAGED = (bytes([n] * 20) for n in (1, 2, 3))
QUESTION, IDENTIFIER = b"\x51" * 32, b"\x59" * 32
SOMEBODY, NOBODY = b"\xd0" * 20, bytes(20)
BOOK = ContractBook(
    (
        ContractEntry(137, OOV2, ContractKind.OPTIMISTIC_ORACLE_V2, 0),
        ContractEntry(137, MANAGED, ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2, 0),
    )
)


class Story:
    """Facts one after another, an hour apart."""

    def __init__(self, oracle: bytes = OOV2) -> None:
        self.oracle = oracle
        self.told: list[DatedFact] = []

    def at(self, address: bytes, transaction: int | None = None) -> LogPosition:
        number = len(self.told) + 1
        sent = (transaction or number).to_bytes(32, "big")
        return LogPosition(137, number, number.to_bytes(32, "big"), 0, sent, address)

    def tell(self, fact: Fact) -> "Story":
        self.told.append(DatedFact(fact, START + len(self.told) * HOUR))
        return self

    def key(self, asked: int) -> RequestKey:
        return RequestKey(ADAPTER, IDENTIFIER, asked, QUESTION)

    def ask(self, asked: int = ASKED) -> "Story":
        at = self.at(self.oracle)
        return self.tell(facts.PriceRequested(at, self.key(asked), b"", NOBODY, 5, 0))

    def propose(self, price: int, expires: int, asked: int = ASKED) -> "Story":
        key, at = self.key(asked), self.at(self.oracle)
        return self.tell(facts.PriceProposed(at, key, b"", SOMEBODY, price, expires, NOBODY))

    def dispute(self, price: int, asked: int = ASKED) -> "Story":
        key, at = self.key(asked), self.at(self.oracle)
        return self.tell(
            facts.PriceDisputed(at, key, b"", SOMEBODY, b"\xd1" * 20, price, bytes(32))
        )

    def settle(self, price: int, asked: int = ASKED) -> "Story":
        key, at = self.key(asked), self.at(self.oracle)
        return self.tell(facts.PriceSettled(at, key, b"", SOMEBODY, NOBODY, price, 0))

    def change(self, kind: QuestionChangeKind) -> "Story":
        return self.tell(facts.QuestionChanged(self.at(ADAPTER), QUESTION, kind))

    def pay(self, *numerators: int) -> "Story":
        at = self.at(bytes(20))
        return self.tell(facts.ConditionResolved(at, b"\xcd" * 32, ADAPTER, QUESTION, numerators))

    def status(self, now: int = ASKED) -> QuestionStatus:
        first = facts.QuestionInitialized(
            self.at(ADAPTER), QUESTION, ASKED, SOMEBODY, QUESTION, b"", NOBODY, 5, 500
        )
        return fold_question(QuestionFacts(first, START, tuple(self.told)), BOOK, "Will it?", now)


def state_of(story: Story, now: int = ASKED) -> MarketState:
    return standing_of(story.status(now), datetime.fromtimestamp(now, UTC)).state


def test_each_step_of_a_question_is_its_market_s_state() -> None:
    later = ASKED + 9_999
    story = Story()
    assert state_of(story) is MarketState.PRE_PROPOSAL
    assert state_of(story.ask()) is MarketState.PRE_PROPOSAL
    assert state_of(story.propose(YES, ASKED + 7_200)) is MarketState.PROPOSED
    assert state_of(story.dispute(YES)) is MarketState.VOTING
    story.change(QuestionChangeKind.RESET)
    assert state_of(story.ask(later)) is MarketState.DISPUTED_ONCE
    assert state_of(story.propose(NO, later + 7_200, later)) is MarketState.REPROPOSED
    assert state_of(story.settle(NO, later)) is MarketState.ANSWERED
    assert state_of(story.change(QuestionChangeKind.FLAGGED)) is MarketState.FLAGGED
    assert state_of(story.change(QuestionChangeKind.UNFLAGGED)) is MarketState.ANSWERED
    assert state_of(story.pay(0, 1)) is MarketState.RESOLVED


@pytest.mark.parametrize(
    ("oracle", "seconds_past", "state", "is_open"),
    [
        (OOV2, -1, RequestState.PROPOSED, True),
        (OOV2, 0, RequestState.EXPIRED, False),
        (MANAGED, -1, RequestState.PROPOSED, True),
        (MANAGED, 10**6, RequestState.PROPOSED, True),
    ],
)
def test_only_the_old_oracle_s_proposals_expire(
    oracle: bytes, seconds_past: int, state: RequestState, *, is_open: bool
) -> None:
    expires = ASKED + 7_200
    status = Story(oracle).ask().propose(YES, expires).status(expires + seconds_past)
    assert status.operative is not None
    assert status.operative.state is state
    standing = standing_of(status, datetime.fromtimestamp(expires + seconds_past, UTC))
    assert standing.state is MarketState.PROPOSED
    assert standing.challenge_open is is_open


def test_an_expiry_beyond_the_calendar_leaves_the_challenge_open_without_an_end() -> None:
    standing = standing_of(Story().ask().propose(YES, 2**255).status(), START)
    assert standing.challenge_open
    assert standing.challenge_ends_at is None


def test_an_instant_is_one_of_the_calendar() -> None:
    assert instant_of(LAST_INSTANT) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    for beyond in (None, -1, LAST_INSTANT + 1, 2**256 - 1):
        assert instant_of(beyond) is None


def test_a_settlement_alone_tells_who_proposed_and_that_nobody_disputed() -> None:
    (request,) = Story().settle(HALF).status().requests
    assert (request.proposer, request.disputer) == (SOMEBODY, None)
    assert request.state is RequestState.SETTLED


def test_a_dispute_alone_is_a_disputed_request_and_its_proposal_stays_what_it_was() -> None:
    (request,) = Story().dispute(NO).status().requests
    assert (request.state, request.proposed_price) == (RequestState.DISPUTED, NO)
    # The dispute repeats the proposal's words; those of the proposal's own log stand.
    (whole,) = Story().propose(YES, 1).dispute(NO).status().requests
    assert whole.proposed_price == YES


REPORT = ResolutionRow(
    condition_id=b"\xcd" * 32,
    question_id=None,
    status="proposed",
    proposed_price=YES,
    reproposed_price=None,
    price=None,
    was_disputed=False,
    extended_review=False,
    rules_updated=False,
    expected_settlement_at=START + HOUR,
    settlement_basis=None,
    reported_at=START,
    payouts=None,
)


def test_a_proposal_of_the_feed_is_open_whatever_its_estimate_says() -> None:
    before = standing_of_report(REPORT, START)
    after = standing_of_report(REPORT, START + HOUR)
    assert before is not None
    assert after is not None
    assert (before.challenge_open, before.challenge_ends_at) == (True, START + HOUR)
    assert (after.challenge_open, after.challenge_ends_at) == (True, None)


def test_the_feed_s_answer_is_what_was_paid_or_else_its_price() -> None:
    settled = standing_of_report(replace(REPORT, status="settled", price=HALF), START)
    paid = standing_of_report(
        replace(REPORT, status="resolved", price=YES, payouts=(0, 1_000_000)), START
    )
    assert settled is not None
    assert paid is not None
    assert (settled.state, settled.answer) == (MarketState.ANSWERED, Outcome.HALF)
    assert (paid.state, paid.answer) == (MarketState.RESOLVED, Outcome.NO)


def test_a_word_the_feed_never_used_is_no_standing() -> None:
    assert standing_of_report(replace(REPORT, status="pondered"), START) is None
