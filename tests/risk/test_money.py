"""Money at risk, with the money unknown said to be unknown."""

from dataclasses import replace

import pytest

from models.enums import MarketState, Outcome
from service.risk.assess import assess
from service.risk.inputs import MICRO, MarketInputs
from service.risk.result import Money
from tests.risk.scenes import CALM, NO_COUNTS, PARAMETERS, settled


def money(inputs: MarketInputs) -> Money:
    return assess(inputs, NO_COUNTS, PARAMETERS).money


def test_expected_loss_is_probability_times_open_interest_times_gap() -> None:
    paid = settled(MarketState.RESOLVED, Outcome.YES, disputes=2, price=0.16)
    result = assess(paid, NO_COUNTS, PARAMETERS)
    assert paid.open_interest is not None
    assert result.expected_loss is not None
    share = result.expected_loss / paid.open_interest
    assert result.summary.tau is not None
    _, no, half = result.summary.tau
    gap = (no + half / 2) / (no + half)
    assert share == pytest.approx(result.p_misresolved.mean * gap, rel=1e-6)


def test_a_wrong_50_50_misplaces_half() -> None:
    paid = settled(MarketState.RESOLVED, Outcome.HALF, disputes=2, price=0.5)
    result = assess(paid, NO_COUNTS, PARAMETERS)
    assert result.summary.loss_share == pytest.approx(result.p_misresolved.mean / 2)


def test_unknown_open_interest_is_assumed_from_volume_and_said_so() -> None:
    found = money(replace(CALM, open_interest=None, volume=1_000_000 * MICRO))
    known = money(replace(CALM, open_interest=70_000 * MICRO, volume=1_000_000 * MICRO))
    assert found.source == "assumed"
    assert found.open_interest is None
    assert found.expected_loss == known.expected_loss
    assert found.reason is not None


def test_without_any_money_known_there_is_no_loss_to_state() -> None:
    found = money(replace(CALM, open_interest=None, volume=None))
    assert found.expected_loss is None
    assert found.p95_loss is None
    assert found.source == "missing"
    assert found.reason == "neither open interest nor volume is known"


def test_open_interest_of_zero_is_a_fact_and_not_a_gap() -> None:
    found = money(replace(CALM, open_interest=0))
    assert found.expected_loss == 0
    assert found.source == "open_interest"
