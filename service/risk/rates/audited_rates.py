"""Rates that only truth labels tell: of an audit's strata, and the disputed questions beside them.

docs/methodology.md, "Base rates" and "Adjudication".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.enums import Support
from models.rate_enums import (
    RateMeasure,
    RateMethod,
    RateStatus,
    RateStratum,
    RateTarget,
    RateWeight,
)
from service.risk.rates.rate_estimate import RateEstimate
from service.risk.rates.rate_parameters import RateMinimums
from service.risk.rates.rate_rows import RateRow
from service.risk.truth.audit_estimate import AuditedStratum, estimate_rate


@dataclass(frozen=True, slots=True)
class LabelledStratum:
    """Questions of one stratum: all of them, and what the labels of some say of what was paid."""

    name: str
    size: int
    # With a label that is settled, and the sum of its q; and with one that is contested.
    settled: int
    wrong: float
    contested: int


def audited_rows(
    frame: str, strata: Sequence[LabelledStratum], minimum: RateMinimums
) -> Iterator[RateRow]:
    """Misresolved and contested rates of the questions of an audit's frame; none without labels.

    ``frame`` names the row. Misresolved leaves contested questions out; both rates are of all
    questions of the frame, the disputed ones among them.
    """
    if not any(stratum.settled + stratum.contested for stratum in strata):
        return
    misresolved = [AuditedStratum(s.name, s.size, s.settled, s.wrong) for s in strata]
    contested = [
        AuditedStratum(s.name, s.size, s.settled + s.contested, float(s.contested)) for s in strata
    ]
    for target, audited in (
        (RateTarget.MISRESOLVED, misresolved),
        (RateTarget.CONTESTED, contested),
    ):
        yield RateRow(
            target,
            RateWeight.COUNT,
            RateStratum.AUDIT,
            frame,
            RateMeasure.RATE,
            _estimate(audited, minimum),
        )


def _estimate(strata: Sequence[AuditedStratum], minimum: RateMinimums) -> RateEstimate:
    rate, _ = estimate_rate(strata)
    positives = sum(stratum.wrong for stratum in strata)
    reason = f"most of the width comes from the stratum {rate.widest} ({rate.widest_share:.0%})"
    is_enough = rate.audited >= minimum.questions and positives >= minimum.positives
    if rate.unaudited:
        reason = f"nothing is labelled in: {', '.join(rate.unaudited)}"
    elif not is_enough:
        reason = f"{rate.audited} labelled, {positives:.1f} of them positive: only a bound is known"
    is_told = is_enough and not rate.unaudited
    found = rate.interval
    return RateEstimate(
        status=RateStatus.ESTIMATED if is_told else RateStatus.BOUND_ONLY,
        method=RateMethod.STRATIFIED,
        value=found.mean if is_told else None,
        low=found.p05 if is_told else None,
        high=found.p95,
        wilson=None,
        n=rate.audited,
        missing=sum(stratum.size for stratum in strata) - rate.audited,
        positives=positives,
        clusters=0,
        n_eff=float(rate.audited),
        design_effect=None,
        largest_share=None,
        standard_error=None,
        reason=reason,
        # A sample stands for the frame, and adjudicators for the truth.
        support=Support.MIXED,
    )
