"""A market that waits for a vote, scored with the vote's own stake."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import Outcome
from service.risk.assess import assess
from service.risk.document import to_document
from service.risk.inputs import MarketInputs, volume_stratum
from service.risk.result import MarketAssessmentResult
from service.risk.situation import to_situation
from service.risk.states import Course, follow
from service.risk.vote_facts import OpenedVotes, VoteFacts
from tests.risk.scenes import CALM, NO_COUNTS, PARAMETERS, proposal, voting

MILLION = 1e6
CELL = NO_COUNTS.at(CALM.category, volume_stratum(CALM.volume), CALM.oracle_version)
SEALED = VoteFacts(
    "dvm_commit", 9_800, max_rolls=4, stake=24 * MILLION, gat=5 * MILLION, spat=0.65,
    sealed=10 * MILLION, sealed_voters=6.0,
)  # fmt: skip


def opened(
    yes: float = 0, no: float = 0, half: float = 0, early: float = 0, sealed: float = 4
) -> VoteFacts:
    """Votes being opened, in millions of UMA, by some ten voters."""
    votes = OpenedVotes(*(m * MILLION for m in (yes, no, half, early)))
    return replace(
        SEALED, phase="dvm_reveal", opened=votes, opened_voters=10.0, sealed=sealed * MILLION
    )


def score(vote: VoteFacts | None, price: float | None = 0.5) -> MarketAssessmentResult:
    inputs: MarketInputs = replace(voting(price), vote=vote)
    return assess(inputs, NO_COUNTS, PARAMETERS)


def mean(vote: VoteFacts | None, price: float | None = 0.5) -> float:
    return score(vote, price).p_misresolved.mean


def test_with_the_stake_known_nothing_is_said_to_be_missing() -> None:
    assert not any("vote" in warning for warning in score(SEALED).warnings)
    unknown = score(replace(SEALED, stake=None))
    assert any("no vote data" in warning for warning in unknown.warnings)
    assert unknown.p_misresolved == score(None).p_misresolved


def test_the_answers_of_a_vote_are_a_distribution() -> None:
    for vote in (SEALED, opened(yes=12, no=1), opened(yes=6, no=6), opened(early=12)):
        found = score(vote).answers
        assert found is not None
        assert found.yes + found.no + found.half + found.none == pytest.approx(1)


def test_opened_votes_make_their_answer_certain() -> None:
    for vote, name in (
        (opened(yes=17, sealed=0), "yes"), (opened(no=17, sealed=0), "no"),
        (opened(half=17, sealed=0), "half"), (opened(early=17, sealed=0), "none"),
    ):  # fmt: skip
        assert getattr(score(vote).answers, name) == pytest.approx(1, abs=1e-9)


def test_votes_for_the_likely_wrong_answer_raise_the_score() -> None:
    # Yes was proposed at 10 cents: No is likely true.
    assert mean(opened(yes=17, sealed=0), 0.1) > 0.5 > mean(opened(no=17, sealed=0), 0.1)


def test_a_vote_that_reaches_no_threshold_is_an_administrators() -> None:
    last = replace(opened(yes=8, no=8, sealed=0), roll_count=4)
    found = score(last)
    assert found.summary.p_stuck == pytest.approx(1, abs=1e-9)
    assert found.summary.components["deleted_admin"] == pytest.approx(0.05, rel=0.01)
    assert found.p_misresolved.mean == pytest.approx(0.05, rel=0.01)


def test_a_price_no_payout_exists_for_is_a_stall_and_not_a_wrong_payout() -> None:
    garbage = replace(opened(sealed=0), opened=OpenedVotes(other=17 * MILLION))
    found = score(garbage)
    assert found.summary.p_stuck == pytest.approx(1, abs=1e-9)
    assert found.p_misresolved.mean == pytest.approx(0.05, rel=0.02)


def test_every_roll_brings_deletion_closer() -> None:
    stuck = [score(replace(SEALED, roll_count=n), 0.3).summary.p_stuck for n in range(5)]
    assert stuck == sorted(stuck)
    assert stuck[4] > 5 * stuck[0]
    blind = [score(replace(SEALED, stake=None, roll_count=n)).summary.p_stuck for n in range(5)]
    assert blind == sorted(blind)
    assert score(replace(SEALED, phase="deleted")).summary.p_stuck == pytest.approx(1)


def test_the_document_says_where_the_vote_stands() -> None:
    chain = to_document(score(replace(SEALED, phase="rolled", roll_count=1)))["chain_state"]
    assert isinstance(chain, dict)
    assert (chain["vote_phase"], chain["round_id"], chain["roll_count"]) == ("rolled", 9_800, 1)


def test_drivers_of_a_vote_add_up() -> None:
    result = score(opened(yes=9, no=3), 0.2)
    named = {driver.feature for driver in result.drivers}
    assert {"vote_stake", "votes_opened"} <= named
    total = sum(driver.contribution_p for driver in result.drivers)
    assert total == pytest.approx(result.p_misresolved.mean - result.cell_mean, abs=1e-12)


@given(
    st.floats(0, 9), st.floats(0, 9), st.floats(0.01, 9), st.floats(0, 9), st.floats(0, 3),
    st.sampled_from([0.02, 0.2, 0.4, 0.97]),
)  # fmt: skip
@settings(deadline=None, max_examples=15)
def test_more_stake_opened_for_the_wrong_side_never_makes_its_answer_likelier_right(
    one: float, other: float, moved: float, sealed: float, early: float, price: float
) -> None:
    believed = _course(opened(), price).tau
    assert believed is not None
    # The side that is less believed to be true is the wrong one.
    wrong_is_yes = believed[0].mean() < believed[1].mean()
    totals = []
    for wrong, right in ((one, other + moved), (one + moved, other)):
        yes, no = (wrong, right) if wrong_is_yes else (right, wrong)
        course = _course(opened(yes, no, early=early, sealed=sealed), price)
        assert course.vote is not None
        wrong_row, right_row = (0, 1) if wrong_is_yes else (1, 0)
        totals.append(course.vote[[wrong_row, right_row]].mean(axis=1))
    assert totals[1][0] >= totals[0][0] * (1 - 1e-9)
    assert totals[1][1] <= totals[0][1] * (1 + 1e-9)


def _course(vote: VoteFacts, price: float) -> Course:
    situation = to_situation(replace(voting(price), vote=vote), PARAMETERS)
    return follow(CELL.transitions, situation, PARAMETERS)


def test_a_half_that_was_proposed_is_what_wrong_votes_go_to() -> None:
    made = proposal(Outcome.HALF, 600)
    inputs = replace(voting(), current_proposal=made, first_proposal=made, vote=SEALED)
    found = assess(inputs, NO_COUNTS, PARAMETERS)
    assert found.answers is not None
    assert 0 < found.answers.half < 1
