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


def warnings(inputs: MarketInputs) -> list[str]:
    found = assess(inputs, NO_COUNTS, PARAMETERS).warnings
    return [line for line in found if line.startswith("open interest")]


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
    # One case tells little of the next: the upper end rests on half of the volume.
    assert known.p95_loss is not None
    assert found.p95_loss == pytest.approx(known.p95_loss * 0.5 / 0.07, abs=10)


def test_an_open_interest_of_three_days_ago_is_no_fresh_one() -> None:
    fresh = replace(CALM, open_interest=70_000 * MICRO)
    old = replace(fresh, freshness=replace(fresh.freshness, open_interest_age_seconds=3 * 86_400.0))
    found, known = money(old), money(fresh)
    assert found.expected_loss == known.expected_loss
    assert known.p95_loss is not None
    assert found.p95_loss == pytest.approx(2 * known.p95_loss, abs=1)
    assert (known.reason, found.reason) == (
        None,
        "open interest older than 6 h: it may have grown since",
    )
    assert "open interest older than 21600 s: the loss may be larger" in warnings(old)
    assert warnings(fresh) == []


def test_a_missing_open_interest_is_warned_of() -> None:
    assert "open interest unknown" in "".join(warnings(replace(CALM, open_interest=None)))


def test_nothing_newer_can_be_read_of_a_market_that_was_paid() -> None:
    paid = settled(MarketState.RESOLVED, Outcome.YES)
    old = replace(paid.freshness, open_interest_age_seconds=1e7)
    assert money(replace(paid, freshness=old)).reason is None


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
