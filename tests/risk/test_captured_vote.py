"""The chance that a market's vote is captured, as its round's assessment has it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.risk.assess import assess
from service.risk.digest import inputs_digest
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from service.risk.result import MarketAssessmentResult
from service.risk.vote_facts import VoteFacts
from tests.risk.scenes import CALM, NO_COUNTS, PARAMETERS, proposed, voting
from tests.risk.test_vote_outlook import opened


def scored(inputs: MarketInputs) -> MarketAssessmentResult:
    return assess(inputs, NO_COUNTS, PARAMETERS)


def captured(chance: float | None, inputs: MarketInputs | None = None) -> MarketAssessmentResult:
    return scored(replace(inputs or voting(0.9), captured=chance))


def test_a_round_that_says_less_than_the_prior_changes_nothing() -> None:
    nobody = captured(None)
    for chance in (0.0, 0.001):
        assert captured(chance).p_misresolved == nobody.p_misresolved


def test_a_capture_that_is_likelier_raises_its_component_and_the_score() -> None:
    less, more = captured(0.01), captured(0.1)
    assert less.p_misresolved.mean < more.p_misresolved.mean
    parts = [result.summary.components["vote_attack"] for result in (captured(None), less, more)]
    assert parts[0] < parts[1] < parts[2]
    assert more.summary.p_attack == pytest.approx(0.1, rel=0.02)


@given(
    st.floats(0, 1),
    st.sampled_from([None, opened(yes=4, no=3)]),
    st.sampled_from([None, 0.05, 0.5, 0.97]),
)
@settings(deadline=None, max_examples=25)
def test_components_and_drivers_still_add_up(
    chance: float, votes: VoteFacts | None, price: float | None
) -> None:
    result = captured(chance, replace(voting(price), vote=votes))
    mean = result.p_misresolved.mean
    assert sum(result.summary.components.values()) == pytest.approx(mean, abs=1e-9)
    total = sum(driver.contribution_p for driver in result.drivers)
    assert total == pytest.approx(mean - result.cell_mean, abs=1e-12)
    assert "vote_attack" in {driver.feature for driver in result.drivers}
    assert 0 <= result.p_misresolved.p05 <= mean <= result.p_misresolved.p95 <= 1


def test_only_a_market_whose_vote_is_on_reads_it() -> None:
    for inputs in (CALM, proposed(price=0.9)):
        assert captured(0.2, inputs).p_misresolved == scored(inputs).p_misresolved


def test_two_digits_count_and_the_status_says_that_it_is_no_measured_rate() -> None:
    digests = [
        inputs_digest(replace(voting(), captured=chance), NO_COUNTS, PARAMETERS)
        for chance in (0.0412, 0.0408, 0.052)
    ]
    assert digests[0] == digests[1] != digests[2]
    statuses = [to_document(captured(chance))["p_attack"] for chance in (None, 0.1)]
    assert [told["calibration_status"] for told in statuses if isinstance(told, dict)] == [
        "prior_only",
        "uncalibrated_ranked",
    ]
