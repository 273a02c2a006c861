"""Silence lowers the chance that a proposal is wrong, at the measured pace."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.risk.belief import first_standing
from service.risk.hazard import cumulative, disputes_seen, liveness_seconds
from tests.risk.scenes import AT, PARAMETERS, at_means, proposal

HAZARD = PARAMETERS.hazard


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, 2.1e-4), (30, 1.0e-4), (60, 5.5e-5), (90, 3.2e-5), (120, 2.1e-5)]
)
def test_undisputed_minutes_lower_a_wrong_first_proposal_as_worked_out(
    minutes: int, expected: float
) -> None:
    seen = disputes_seen(proposal(minutes_ago=minutes), AT, PARAMETERS)
    # Early proposals and disputes of correct ones hardly matter here: 0.1 % of the odds.
    wrong = first_standing(at_means(), seen).wrong[0]
    assert wrong == pytest.approx(expected, rel=0.02)


@given(st.floats(0, 3), st.floats(0, 3))
def test_the_share_of_disputes_seen_only_grows(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert 0 <= cumulative(early, HAZARD) <= cumulative(late, HAZARD) <= 1


def test_time_is_counted_in_whole_steps_of_ten_minutes() -> None:
    at_30 = disputes_seen(proposal(minutes_ago=30), AT, PARAMETERS)
    assert disputes_seen(proposal(minutes_ago=39.9), AT, PARAMETERS) == at_30
    assert disputes_seen(proposal(minutes_ago=40), AT, PARAMETERS) > at_30


def test_a_proposal_from_the_future_has_not_waited() -> None:
    assert disputes_seen(proposal(minutes_ago=-5), AT, PARAMETERS) == 0


def test_liveness_is_the_requests_own() -> None:
    short = replace(proposal(), liveness_seconds=900)
    assert liveness_seconds(short, HAZARD) == 900
    by_expiry = replace(
        short, liveness_seconds=None, expires_at=short.proposed_at + timedelta(hours=1)
    )
    assert liveness_seconds(by_expiry, HAZARD) == 3600
    unknown = replace(short, liveness_seconds=None, expires_at=None)
    assert liveness_seconds(unknown, HAZARD) == 7200
