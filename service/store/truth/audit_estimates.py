"""What audits say, kept as it became known, so that scores and pages need not work it out."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.adjudication import AuditEstimate, AuditPlan
from service.risk.parameters import Prior, RiskParameters
from service.risk.result import Interval
from service.risk.truth.audit_estimate import DisputedShare
from service.risk.truth.measured_priors import with_measured_d1w
from service.store.truth.audit_document import to_document
from service.store.truth.audit_results import list_results


def refresh_audits(session: Session, known_at: datetime, prior: Prior) -> int:
    """Work out every plan anew and keep what changed; returns how many did. ``prior``: d1w's."""
    before = {row.plan_id: row for row in list_estimates(session, known_at)}
    changed = 0
    for result in list_results(session, known_at, prior):
        document, last = to_document(result), before.get(result.plan.id)
        if last is not None and last.document == document:
            continue
        interval, d1w = result.rate.interval, result.d1w
        session.add(
            AuditEstimate(
                plan_id=result.plan.id,
                audit_n=result.audit_n,
                p_mean=interval.mean,
                p_low=interval.p05,
                p_high=interval.p95,
                d1w_mean=d1w.mean,
                d1w_n=d1w.n,
                is_d1w_used=d1w.is_used,
                document=document,
                known_at=known_at,
            )
        )
        changed += 1
    session.flush()
    return changed


def list_estimates(session: Session, at: datetime) -> list[AuditEstimate]:
    """Each plan's newest estimate known at ``at``, oldest plan first."""
    newest = (
        select(AuditEstimate.id)
        .where(AuditEstimate.plan_id == AuditPlan.id, AuditEstimate.known_at <= at)
        .order_by(AuditEstimate.known_at.desc(), AuditEstimate.id.desc())
        .limit(1)
        .correlate(AuditPlan)
        .scalar_subquery()
    )
    query = select(AuditEstimate).where(AuditEstimate.id.in_(select(newest).select_from(AuditPlan)))
    return list(session.scalars(query.order_by(AuditEstimate.plan_id)))


def measured_parameters(
    session: Session, at: datetime, parameters: RiskParameters
) -> RiskParameters:
    """The parameters with what the newest plan that has labels enough measured; else as given."""
    used = [row for row in list_estimates(session, at) if row.is_d1w_used]
    return with_measured_d1w(parameters, _share(used[-1])) if used else parameters


def _share(row: AuditEstimate) -> DisputedShare:
    told = row.document["d1w"]
    assert isinstance(told, dict)  # noqa: S101  # written above
    measured = told["measured"]
    marks = (measured["mean"], measured["p05"], measured["mean"], measured["p95"])
    return DisputedShare(
        measured=Interval(*marks),
        labels=told["labels"],
        mean=row.d1w_mean,
        n=row.d1w_n,
        is_used=row.is_d1w_used,
        reason=told["reason"],
    )


def adjudication_document(
    session: Session, at: datetime, parameters: RiskParameters
) -> dict[str, object]:
    """What was measured of wrong answers, JSON-ready; ``parameters`` as they score."""
    rows = list_estimates(session, at)
    # Plans may share markets: their numbers do not add up.
    audit_n = max((row.audit_n for row in rows), default=0)
    d1w = parameters.transitions["d1w"]
    reason = None
    if audit_n == 0:
        reason = "no undisputed market has been adjudicated: P(wrong | undisputed) is assumed"
    return {
        "audit_n": audit_n,
        "d1w": {"mean": d1w.mean, "n": d1w.n, "assumed": d1w.assumed, "source": d1w.source},
        "audits": [{**row.document, "known_at": row.known_at} for row in rows],
        "reason": reason,
    }
