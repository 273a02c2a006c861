"""The state table: what each state makes of a market."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import MarketState, Outcome, Remedy, Support
from service.risk.assess import assess
from service.risk.cells import build_cells
from service.risk.document import to_document
from service.risk.inputs import MICRO, CellCount, Freshness, MarketInputs, volume_stratum
from service.risk.result import MarketAssessmentResult
from service.risk.situation import to_situation
from service.risk.states import follow
from tests.risk.scenes import AT, CALM, NO_COUNTS, PARAMETERS, proposal, proposed, settled, voting

ANSWERED, RESOLVED = MarketState.ANSWERED, MarketState.RESOLVED


def score(inputs: MarketInputs) -> MarketAssessmentResult:
    return assess(inputs, NO_COUNTS, PARAMETERS)


def mean(inputs: MarketInputs) -> float:
    return score(inputs).p_misresolved.mean


def test_a_proposal_against_the_price_is_far_riskier_than_one_with_it() -> None:
    assert mean(proposed(price=0.16)) > 50 * mean(proposed(price=0.99))


def test_a_no_proposal_is_judged_by_the_price_of_no() -> None:
    assert mean(proposed(Outcome.NO, price=0.02)) < mean(proposed(Outcome.YES, price=0.02)) / 50


def test_each_dispute_raises_a_calm_markets_score() -> None:
    once = replace(proposed(), state=MarketState.DISPUTED_ONCE, disputes=1, current_proposal=None)
    again = replace(proposed(), state=MarketState.REPROPOSED, disputes=1)
    assert mean(proposed()) < mean(once)
    assert mean(once) == pytest.approx(mean(again))
    assert mean(again) < mean(voting())


def test_a_vote_is_scored_from_belief_and_says_that_votes_are_missing() -> None:
    result = score(voting(price=0.16))
    assert result.answers is not None
    total = result.answers.yes + result.answers.no + result.answers.half + result.answers.none
    assert total == pytest.approx(1)
    assert result.summary.components["vote_honest"] > result.summary.components["undisputed"]
    assert any("no vote data" in warning for warning in result.warnings)


def test_an_answer_against_the_price_is_likelier_wrong_than_one_with_it() -> None:
    against = settled(ANSWERED, Outcome.YES, disputes=2, price=0.16)
    along = settled(ANSWERED, Outcome.NO, disputes=2, price=0.16)
    assert mean(against) > 0.5
    assert mean(along) < mean(against) / 2


def test_payment_ends_the_chance_of_a_remedy_on_chain() -> None:
    answered = score(settled(ANSWERED, Outcome.YES, disputes=2, price=0.16))
    paid = score(settled(RESOLVED, Outcome.YES, disputes=2, price=0.16))
    assert answered.summary.components["override"] < 0
    assert paid.summary.components["override"] == 0
    assert paid.p_misresolved == paid.summary.p_oracle_wrong
    assert paid.p_misresolved.mean > answered.p_misresolved.mean


def test_a_payout_set_by_hand_rests_on_the_administrator() -> None:
    paid = settled(RESOLVED, Outcome.NO, disputes=2, price=0.9)
    result = score(replace(paid, overridden=True, remedy=Remedy.OVERRIDE))
    assert result.p_misresolved.mean == pytest.approx(0.05, rel=0.01)
    assert result.summary.p_overridden_onchain == 1
    assert any("by hand" in warning for warning in result.warnings)


@pytest.mark.parametrize(
    ("price", "expected"), [(0.05, 0.19), (0.5, 0.34), (0.9, 0.18), (0.97, 0.085), (None, 0.18)]
)
def test_a_vote_for_50_50_is_mostly_right_where_nobody_proposed_it(
    price: float | None, expected: float
) -> None:
    found = score(settled(RESOLVED, Outcome.HALF, disputes=2, price=price)).p_misresolved
    assert found.mean == pytest.approx(expected, rel=0.03)
    assert found.p95 > 1.5 * found.mean > 4 * found.p05


def test_a_50_50_that_was_proposed_is_judged_like_any_proposal() -> None:
    for disputes in (0, 1, 2):
        other = settled(RESOLVED, Outcome.YES, disputes)
        made = proposal(Outcome.HALF, 600)
        half = replace(other, answer=Outcome.HALF, first_proposal=made, current_proposal=made)
        assert mean(half) == pytest.approx(mean(other), rel=1e-9)
        assert mean(replace(half, price_before_proposal=0.3)) == mean(half)


def test_a_flagged_market_is_mostly_an_administrators_to_decide() -> None:
    calm = score(replace(proposed(), state=MarketState.FLAGGED))
    assert calm.p_misresolved.mean == pytest.approx(0.8 * 0.05, rel=0.02)
    assert calm.summary.p_overridden_onchain == 0.8


def test_a_proposal_reset_after_a_dispute_is_on_second_request_terms() -> None:
    reset = replace(proposed(), disputes=1)
    assert mean(reset) == mean(replace(reset, state=MarketState.REPROPOSED))


def test_a_price_that_is_no_outcome_counts_as_stuck_and_not_as_wrong() -> None:
    result = score(proposed(None, price=0.1))
    assert result.summary.p_stuck > 0.99
    assert result.p_misresolved.mean < 1e-3
    assert result.truth is None


def test_an_unknown_answer_is_scored_as_open_and_says_so() -> None:
    result = score(replace(voting(), state=RESOLVED, answer=None))
    assert result.p_misresolved == score(voting()).p_misresolved
    assert any("answer is unknown" in warning for warning in result.warnings)


def test_without_counts_every_score_is_assumed_and_counts_make_it_mixed() -> None:
    assert score(CALM).support is Support.ASSUMED
    stratum = volume_stratum(CALM.volume)
    counted = [CellCount(CALM.category, stratum, CALM.oracle_version, 5_000, 9, 1)]
    result = assess(CALM, build_cells(counted, PARAMETERS), PARAMETERS)
    assert result.support is Support.MIXED


def test_a_stale_book_widens_a_disputed_market_and_is_said() -> None:
    fresh = score(voting(price=0.3))
    aged = replace(voting(price=0.3), freshness=Freshness(1, 901.0, None, None, ()))
    stale = score(aged)
    width = [r.p_misresolved.p95 - r.p_misresolved.p05 for r in (fresh, stale)]
    assert width[1] > width[0]
    assert any("order book older" in warning for warning in stale.warnings)


def test_a_paid_markets_book_is_never_stale() -> None:
    paid = settled(RESOLVED, Outcome.HALF, disputes=2, price=0.9)
    aged = score(replace(paid, freshness=Freshness(1, 90_000.0, None, None, ())))
    assert aged.p_misresolved == score(paid).p_misresolved
    assert not any("older than" in warning for warning in aged.warnings)


def test_the_price_shown_before_a_proposal_never_moves_the_score() -> None:
    cheap, dear = (score(replace(CALM, yes_mid=mid)) for mid in (0.02, 0.97))
    assert cheap.p_misresolved == dear.p_misresolved
    assert cheap.answers is not None
    assert dear.answers is not None
    assert cheap.answers.yes < dear.answers.yes


def test_before_a_proposal_nothing_proposed_is_judged() -> None:
    contradictory = replace(proposed(price=0.3), state=MarketState.PRE_PROPOSAL)
    assert score(contradictory).p_misresolved == score(CALM).p_misresolved


def test_what_happened_decides_the_flip() -> None:
    assert score(settled(ANSWERED, Outcome.NO, disputes=2)).summary.p_flip_outcome == 1
    assert score(settled(ANSWERED, Outcome.YES, disputes=0)).summary.p_flip_outcome == 0


def test_the_same_inputs_give_the_same_document_from_fresh_cells() -> None:
    inputs = voting(price=0.3)
    again = assess(inputs, build_cells([], PARAMETERS), PARAMETERS)
    assert to_document(again) == to_document(score(inputs))


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from([Outcome.YES, Outcome.NO, Outcome.HALF]),
    st.none() | st.floats(0, 1),
    st.sampled_from([300, 900, 7200, 172_800]),
)
@settings(deadline=None, max_examples=60)
def test_longer_undisputed_never_raises_the_chance_that_the_proposal_is_wrong(
    one: float, other: float, outcome: Outcome, price: float | None, liveness: int
) -> None:
    cell = NO_COUNTS.at(CALM.category, volume_stratum(CALM.volume), CALM.oracle_version)
    doubts = []
    for fraction in sorted((one, other)):
        # Before its expiry: after it the managed oracle's lateness speaks.
        minutes = fraction * liveness / 60
        made = replace(proposal(outcome, minutes), liveness_seconds=liveness)
        inputs = replace(proposed(price=price), current_proposal=made, first_proposal=made)
        course = follow(cell.transitions, to_situation(inputs, PARAMETERS), PARAMETERS)
        assert course.classes is not None
        doubts.append(course.classes.bad)
    assert (doubts[1] <= doubts[0] * (1 + 1e-12)).all()


def test_a_calm_proposal_grows_calmer_as_it_waits() -> None:
    waited = [mean(replace(proposed(), at=AT + timedelta(minutes=m))) for m in range(0, 130, 10)]
    assert waited == sorted(waited, reverse=True)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
@settings(deadline=None)
def test_more_open_interest_never_lowers_the_expected_loss(one: int, other: int) -> None:
    less, more = sorted((one, other))
    losses = [
        score(replace(voting(), open_interest=usd * MICRO)).expected_loss for usd in (less, more)
    ]
    assert losses[0] is not None
    assert losses[1] is not None
    assert losses[0] <= losses[1]
