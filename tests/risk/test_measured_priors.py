"""What audits measured in the place of what was assumed."""

import pytest

from service.risk.parameters import load_parameters
from service.risk.truth.audit_estimate import AuditedStratum, disputed_share
from service.risk.truth.measured_priors import with_measured_d1w

PARAMETERS = load_parameters()
D1W, A1W = PARAMETERS.transitions["d1w"], PARAMETERS.transitions["a1w"]


def test_too_few_labels_leave_the_parameters_as_they_are() -> None:
    share = disputed_share(
        AuditedStratum("disputed", 300, 100, 10), [AuditedStratum("safe", 9_000, 900, 1)], D1W
    )
    assert with_measured_d1w(PARAMETERS, share) is PARAMETERS


def test_a_measured_d1w_moves_a1w_against_it_and_is_another_model() -> None:
    share = disputed_share(
        AuditedStratum("disputed", 400, 400, 40), [AuditedStratum("safe", 30_000, 3_000, 4)], D1W
    )
    moved = with_measured_d1w(PARAMETERS, share)
    d1w, a1w = moved.transitions["d1w"], moved.transitions["a1w"]
    assert (d1w.mean, d1w.assumed, d1w.tag) == (share.mean, False, "M")
    # What the chain shows stays: disputed and wrong.
    assert d1w.mean * a1w.mean == pytest.approx(D1W.mean * A1W.mean)
    assert a1w.mean > A1W.mean
    for version, rows in PARAMETERS.version.items():
        assert moved.prior("d1w", version) == d1w
        product = moved.prior("a1w", version).mean * d1w.mean
        assert product == pytest.approx(PARAMETERS.prior("a1w", version).mean * D1W.mean)
        assert set(moved.version[version]) == set(rows)
    assert moved.digest != PARAMETERS.digest
