"""What audits say, and how little a clean sample says."""

import numpy as np
import pytest

from service.risk.parameters import Prior, load_parameters
from service.risk.truth.audit_estimate import (
    AuditedStratum,
    disputed_share,
    estimate_rate,
    recapture,
    upper_bound,
)

D1W = load_parameters().transitions["d1w"]


def test_a_clean_safe_stratum_dominates_the_interval() -> None:
    """0/400 wrong where 99 % of the markets are: weighted 0.02 %, drawn 0.15 % (0.02-0.48 %)."""
    strata = [AuditedStratum("safe", 99_000, 400, 0), AuditedStratum("risky", 1_000, 400, 8)]
    rate, _ = estimate_rate(strata)
    assert rate.weighted == pytest.approx(2e-4)
    found = rate.interval
    assert (found.mean, found.p05, found.p95) == pytest.approx((1.5e-3, 2e-4, 4.8e-3), rel=0.1)
    assert (rate.widest, rate.audited, rate.unaudited) == ("safe", 800, ())
    assert rate.widest_share > 0.99


def test_no_error_in_3000_bounds_the_rate_at_a_tenth_of_a_percent() -> None:
    assert upper_bound(0, 3000) == pytest.approx(0.001, abs=5e-6)
    assert upper_bound(0, 0) == 1


def test_a_stratum_nobody_audited_leaves_no_estimate_and_any_rate_possible() -> None:
    rate, _ = estimate_rate([AuditedStratum("a", 900, 300, 0), AuditedStratum("b", 100, 0, 0)])
    assert (rate.weighted, rate.unaudited) == (None, ("b",))
    assert rate.interval.p95 > 0.09


def test_what_is_audited_in_full_is_known() -> None:
    rate, draws = estimate_rate([AuditedStratum("all", 200, 200, 3)])
    assert rate.weighted == pytest.approx(0.015)
    assert draws.std() == 0


def test_intervals_hold_the_simulated_truth() -> None:
    """Of 300 simulated audits the 90 % interval holds the true rate in 87 % or more."""
    rng = np.random.default_rng(5)
    sizes, rates, audits = (50_000, 4_000), (0.004, 0.05), (600, 300)
    truth = sum(s * r for s, r in zip(sizes, rates, strict=True)) / sum(sizes)
    held = 0
    for _ in range(300):
        wrong = [rng.binomial(n, r) for n, r in zip(audits, rates, strict=True)]
        rows = zip("ab", sizes, audits, wrong, strict=True)
        rate, _ = estimate_rate([AuditedStratum(*row) for row in rows])
        held += rate.interval.p05 <= truth <= rate.interval.p95
    assert 0.86 <= held / 300 <= 0.95


def test_chapman_estimates_the_number_behind_two_lists() -> None:
    found = recapture(12, 9, 6)
    assert (found.total, found.standard_error) == pytest.approx((17.6, 2.4), abs=0.05)
    with pytest.raises(ValueError, match="no list holds more than all"):
        recapture(3, 9, 4)


def test_the_prior_of_d1w_stays_below_30_labels() -> None:
    found = disputed_share(
        AuditedStratum("disputed", 300, 100, 10), [AuditedStratum("safe", 9_000, 900, 1)], D1W
    )
    assert (found.is_used, found.mean, found.n) == (False, D1W.mean, D1W.n)
    assert "11.0 of 30 labels" in found.reason
    # 30 disputed wrong, about 10 missed.
    assert found.measured.p05 < 0.75 < found.measured.p95


def test_from_30_labels_on_what_was_measured_moves_d1w() -> None:
    disputed = AuditedStratum("disputed", 400, 400, 40)
    audits = [AuditedStratum("safe", 30_000, 3_000, 4)]
    found = disputed_share(disputed, audits, D1W)
    assert found.is_used
    # 40 disputed wrong against about 45 missed, beside a prior of 0.9 worth 20.
    assert found.measured.mean == pytest.approx(0.48, abs=0.05)
    assert found.measured.mean < found.mean < D1W.mean
    strong = Prior(0.9, 5_000, "A", assumed=True, source="")
    capped = disputed_share(disputed, audits, strong)
    assert capped.n == pytest.approx(found.n - D1W.n + 100)


def test_more_wrong_than_audited_is_refused() -> None:
    with pytest.raises(ValueError, match="a: 3 wrong of 2 of 10"):
        estimate_rate([AuditedStratum("a", 10, 2, 3)])
