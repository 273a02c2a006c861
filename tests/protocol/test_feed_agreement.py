"""The resolution feed against a folded question: behind, ahead, or a contradiction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import MarketState, RequestState
from service.protocol.feed_agreement import (
    PATIENCE,
    Agreement,
    ChainSide,
    Comparison,
    compare_feed,
    is_lasting,
)
from service.protocol.listings import ResolutionRow
from service.protocol.prices import HALF, NO, TOO_EARLY, YES
from service.protocol.standing import feed_state

AT = datetime(2026, 11, 1, tzinfo=UTC)
AGREES, LAGS, AHEAD, CONTRADICTS, NOT_COMPARABLE = Agreement

REPORT = ResolutionRow(
    condition_id=bytes(32),
    question_id=None,
    status="proposed",
    proposed_price=YES,
    reproposed_price=None,
    price=None,
    was_disputed=False,
    extended_review=False,
    rules_updated=False,
    expected_settlement_at=None,
    settlement_basis=None,
    reported_at=None,
    payouts=None,
)
ASKED = ChainSide(
    resolved=False,
    payouts=None,
    resets=0,
    disputes=0,
    is_legacy=False,
    is_partial=False,
    is_overridden=False,
    operative_state=RequestState.REQUESTED,
    first_proposed_price=None,
    proposed_price=None,
    settled_price=None,
    moved_at=AT,
)
PROPOSED = replace(
    ASKED, operative_state=RequestState.PROPOSED, first_proposed_price=YES, proposed_price=YES
)
RESET = replace(ASKED, resets=1, disputes=1, first_proposed_price=YES)
REPROPOSED = replace(RESET, operative_state=RequestState.PROPOSED, proposed_price=NO)
VOTING = replace(REPROPOSED, operative_state=RequestState.DISPUTED, disputes=2)
SETTLED = replace(VOTING, operative_state=RequestState.SETTLED, settled_price=NO)
RESOLVED = replace(SETTLED, resolved=True)
PAID = replace(RESOLVED, payouts=(0, 1))
STORY = (ASKED, PROPOSED, RESET, REPROPOSED, VOTING, RESOLVED, PAID)
WORDS = ("posed", "proposed", "challenged", "reproposed", "disputed")


def said(status: str, **changes: object) -> ResolutionRow:
    row = replace(REPORT, status=status)
    return replace(row, **changes)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize("place", range(len(WORDS)))
@pytest.mark.parametrize("word", range(len(WORDS)))
def test_an_earlier_word_lags_and_a_later_one_is_ahead(place: int, word: int) -> None:
    row = said(WORDS[word], reproposed_price=NO if word > 2 else None)
    expected = AGREES if word == place else LAGS if word < place else AHEAD
    assert compare_feed(row, STORY[place]).agreement is expected


@pytest.mark.parametrize("word", ["initialized", "active"])
def test_other_words_for_before_a_proposal_mean_the_same(word: str) -> None:
    assert compare_feed(said(word), ASKED).agreement is AGREES


def test_arbitration_is_the_vote() -> None:
    assert compare_feed(said("arbitration"), VOTING).agreement is AGREES


def test_each_word_of_the_feed_means_a_state() -> None:
    words = (*WORDS, "initialized", "active", "arbitration", "resolved")
    assert None not in {feed_state(word) for word in words}
    assert feed_state("resolved") is MarketState.RESOLVED
    assert compare_feed(said("annulled"), PAID).agreement is NOT_COMPARABLE


@pytest.mark.parametrize("word", [*WORDS, "initialized", "active", "arbitration"])
def test_every_word_but_the_last_lags_behind_a_payout(word: str) -> None:
    assert compare_feed(said(word), PAID).agreement is LAGS


def test_an_answer_that_is_final_and_not_taken_over_has_no_word_in_the_feed() -> None:
    for word in ("proposed", "reproposed", "disputed"):
        assert compare_feed(said(word), SETTLED).agreement is AGREES
    assert compare_feed(said("disputed"), RESOLVED).agreement is LAGS


def test_resolved_is_ahead_until_a_log_resolves_and_agrees_before_neg_risk_pays() -> None:
    row = said("resolved", was_disputed=True)
    assert compare_feed(row, VOTING).agreement is AHEAD
    assert compare_feed(row, RESOLVED).agreement is AGREES
    assert compare_feed(row, PAID).agreement is AGREES


@given(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).filter(any), st.integers(1, 10**12))
def test_payouts_of_any_unit_are_compared_by_their_shares(
    payouts: tuple[int, int], unit: int
) -> None:
    paid = replace(PAID, payouts=payouts)
    row = said("resolved", payouts=tuple(unit * n for n in payouts), was_disputed=True)
    assert compare_feed(row, paid).agreement is AGREES
    other = replace(row, payouts=tuple(reversed(payouts)))
    expected = AGREES if payouts[0] == payouts[1] else CONTRADICTS
    assert compare_feed(other, paid).agreement is expected


def test_two_payouts_that_differ_contradict_whatever_the_word() -> None:
    row = said("proposed", payouts=(10**6, 0))
    assert compare_feed(row, PAID).agreement is CONTRADICTS


@pytest.mark.parametrize(
    ("row", "chain"),
    [
        (said("proposed", proposed_price=NO), PROPOSED),
        (said("resolved", price=YES, was_disputed=True), RESOLVED),
        (said("resolved", price=TOO_EARLY, was_disputed=True), RESOLVED),
        (said("reproposed", reproposed_price=HALF), REPROPOSED),
        (said("disputed", reproposed_price=YES), VOTING),
    ],
)
def test_another_price_contradicts(row: ResolutionRow, chain: ChainSide) -> None:
    assert compare_feed(row, chain).agreement is CONTRADICTS


def test_a_dispute_no_log_tells_of_is_ahead_of_the_logs() -> None:
    undisputed = replace(PAID, disputes=0, resets=0)
    assert compare_feed(said("resolved", was_disputed=True), undisputed).agreement is AHEAD


def test_an_answer_set_by_hand_need_not_be_the_oracle_s() -> None:
    row = said("resolved", price=YES, was_disputed=True)
    assert compare_feed(row, replace(RESOLVED, is_overridden=True)).agreement is AGREES


def test_unset_prices_contradict_nothing() -> None:
    assert compare_feed(said("proposed", proposed_price=None), PROPOSED).agreement is AGREES


@pytest.mark.parametrize(
    "chain",
    [
        replace(PROPOSED, resets=1),
        replace(VOTING, resets=2),
        replace(PROPOSED, is_legacy=True),
        replace(PROPOSED, operative_state=None),
    ],
)
def test_what_the_feed_has_no_words_for_is_not_compared(chain: ChainSide) -> None:
    assert compare_feed(said("proposed"), chain).agreement is NOT_COMPARABLE


def test_a_question_known_in_part_may_have_been_disputed_before() -> None:
    chain = replace(PAID, disputes=0, is_partial=True)
    assert compare_feed(said("resolved", was_disputed=True), chain).agreement is AGREES


def lasts(agreement: Agreement, **minutes: int) -> bool:
    """Whether a difference lasts, its instants given in minutes."""
    instants = {"reported": 0, "confirmed": 0, "moved": 0, "head": 0} | minutes
    at = {f"{name}_at": AT + timedelta(minutes=value) for name, value in instants.items()}
    return is_lasting(Comparison(agreement), **at)


def test_each_side_is_waited_for_by_its_own_clock() -> None:
    patience = int(PATIENCE.total_seconds()) // 60
    # A row nobody asked for again says nothing of the feed since.
    assert not lasts(LAGS, moved=60, confirmed=0, head=10_000)
    assert not lasts(LAGS, moved=0, confirmed=patience)
    assert lasts(LAGS, moved=0, confirmed=patience + 1)
    # Stuck for 300 days after the payout, and asked for again.
    assert lasts(LAGS, reported=-300 * 24 * 60, moved=0, confirmed=60)
    # What is not indexed yet proves nothing of the feed.
    assert not lasts(AHEAD, reported=0, confirmed=10_000, head=patience)
    assert lasts(AHEAD, reported=0, head=patience + 1)
    assert not lasts(CONTRADICTS, reported=0, moved=100, confirmed=110, head=105)
    assert lasts(CONTRADICTS, reported=0, moved=100, confirmed=0, head=100 + patience + 1)
    assert not lasts(AGREES, confirmed=10_000, head=10_000)
