"""An audit as ``adjudicate status`` and ``/v1/model`` print it."""

from service.risk.result import Interval
from service.risk.truth.audit_estimate import AuditRate
from service.store.truth.audit_results import AuditResult


def to_document(result: AuditResult) -> dict[str, object]:
    """A plan as it stands, JSON-ready."""
    plan = result.plan
    return {
        "plan": plan.id,
        "seed": plan.seed,
        "frame_from": plan.frame_from.isoformat(),
        "frame_to": plan.frame_to.isoformat(),
        "population": plan.population,
        "audit_n": result.audit_n,
        "strata": [
            {
                "name": s.name,
                "size": s.size,
                "drawn": s.drawn,
                "settled": s.settled,
                "contested": s.contested,
                "waiting": s.waiting,
                "sum_of_q": round(s.wrong_settled, 4),
            }
            for s in result.strata
        ],
        "p_wrong_undisputed": _rate(result.rate),
        "p_wrong_undisputed_with_contested": _rate(result.rate_with_contested),
        "safe_bound_95": result.safe_bound,
        "d1w": {
            "measured": _interval(result.d1w.measured),
            "labels": round(result.d1w.labels, 2),
            "is_used": result.d1w.is_used,
            "mean": result.d1w.mean,
            "n": result.d1w.n,
            "reason": result.d1w.reason,
        },
        "recapture_lower_bound": None
        if result.recaptured is None
        else {
            "total": result.recaptured.total,
            "standard_error": result.recaptured.standard_error,
        },
    }


def _rate(rate: AuditRate) -> dict[str, object]:
    return {
        "weighted": rate.weighted,
        **_interval(rate.interval),
        "n": rate.audited,
        "widest_stratum": rate.widest,
        "widest_share": round(rate.widest_share, 4),
        "unaudited_strata": list(rate.unaudited),
    }


def _interval(interval: Interval) -> dict[str, object]:
    return {"mean": interval.mean, "p05": interval.p05, "p95": interval.p95}
