"""What an audit's labels say of all questions it was drawn from."""

import pytest

from models.enums import Support
from models.rate_enums import RateMethod, RateStatus, RateStratum, RateTarget
from service.risk.rates.audited_rates import LabelledStratum, audited_rows
from service.risk.rates.rate_estimate import RateEstimate
from service.risk.rates.rate_parameters import load_rate_parameters

MINIMUM = load_rate_parameters().minimum


def told(*strata: LabelledStratum) -> dict[RateTarget, RateEstimate]:
    rows = list(audited_rows("plan_1", strata, MINIMUM))
    assert all(row.stratum is RateStratum.AUDIT for row in rows)
    return {row.target: row.estimate for row in rows}


SAFE = LabelledStratum("safe", 98_000, 400, 0.0, 2)
RISKY = LabelledStratum("risky", 1_900, 400, 8.0, 20)


def test_strata_count_by_their_sizes_and_the_widest_is_named() -> None:
    found = told(SAFE, RISKY, LabelledStratum("disputed", 100, 95, 10.0, 5))
    wrong = found[RateTarget.MISRESOLVED]
    assert (wrong.status, wrong.method) == (RateStatus.ESTIMATED, RateMethod.STRATIFIED)
    assert (wrong.n, wrong.missing, wrong.positives) == (895, 99_105, 18)
    assert wrong.value is not None
    # 2 % of 2 % and 10 % of a thousandth, and what four hundred safe ones leave open.
    assert 0.0005 < wrong.value < 0.003
    assert wrong.reason is not None
    assert "safe" in wrong.reason
    assert wrong.support is Support.MIXED
    contested = found[RateTarget.CONTESTED]
    assert contested.value == pytest.approx(2 / 402 + 0.0009, abs=0.003)


def test_a_stratum_without_labels_leaves_only_a_bound() -> None:
    found = told(SAFE, RISKY, LabelledStratum("disputed", 100, 0, 0.0, 0))
    wrong = found[RateTarget.MISRESOLVED]
    assert (wrong.status, wrong.value, wrong.low) == (RateStatus.BOUND_ONLY, None, None)
    assert wrong.reason == "nothing is labelled in: disputed"
    assert wrong.high is not None


def test_few_labels_are_no_rate_and_none_are_no_row() -> None:
    few = told(LabelledStratum("safe", 1_000, 50, 1.0, 0))
    assert few[RateTarget.MISRESOLVED].status is RateStatus.BOUND_ONLY
    assert told(LabelledStratum("safe", 1_000, 0, 0.0, 0)) == {}
