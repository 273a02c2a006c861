"""Assumed priors that audits have replaced. docs/methodology.md, "Adjudication"."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from service.risk.parameters import Prior, RiskParameters
from service.risk.truth.audit_estimate import DisputedShare


def with_measured_d1w(parameters: RiskParameters, share: DisputedShare) -> RiskParameters:
    """The parameters with d1w as audits measured it; the same ones where the labels are too few.

    What the chain shows is the product a1w d1w, so ``a1w`` moves against it: half as many wrong
    proposals disputed are twice as many wrong ones.
    """
    if not share.is_used:
        return parameters
    before = parameters.transitions["d1w"]
    d1w = Prior(share.mean, share.n, "M", assumed=False, source=f"audits: {share.reason}")
    ratio = before.mean / share.mean
    told = f"{parameters.digest}\nd1w {share.mean!r} {share.n!r}"
    return replace(
        parameters,
        digest=hashlib.sha256(told.encode()).hexdigest(),
        transitions=_moved(parameters.transitions, ratio, d1w),
        version=MappingProxyType(
            {version: _moved(rows, ratio, d1w) for version, rows in parameters.version.items()}
        ),
    )


def _moved(rows: Mapping[str, Prior], ratio: float, d1w: Prior) -> Mapping[str, Prior]:
    moved = dict(rows)
    if "d1w" in rows:
        moved["d1w"] = d1w
    if "a1w" in rows:
        source = f"{rows['a1w'].source}; d1w as audits measured it"
        mean = min(rows["a1w"].mean * ratio, 1.0)
        moved["a1w"] = replace(rows["a1w"], mean=mean, source=source)
    return MappingProxyType(moved)
