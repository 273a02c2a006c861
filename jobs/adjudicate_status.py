"""``settlewatch adjudicate status``: what was asked, what came back, what it says so far."""

import sys
from collections import Counter
from datetime import datetime

from sqlalchemy.orm import Session

from models.adjudication import TruthFusion
from models.adjudication_enums import CorrectionStatus, LabelClass, RulesTrack
from service.risk.audit_estimate import AuditRate
from service.risk.parameters import load_parameters
from service.risk.result import Interval
from service.store.adjudication_cases import load_answers
from service.store.adjudications import list_current_verdicts, list_labels
from service.store.audit_results import AuditResult, list_results
from service.store.corrections import list_corrections
from service.store.truth_labels import get_last_fusion

Told = dict[str, object]


def status_of(session: Session, now: datetime) -> dict[str, object]:
    """The state of adjudication as ``--json`` prints it; rates carry 90 % intervals."""
    prior = load_parameters().transitions["d1w"]
    audits = list_results(session, now, prior)
    stood = Counter(known.status for known in list_corrections(session, now))
    return {
        "as_of": now.isoformat(),
        "tracks": [_track(session, track, now) for track in RulesTrack],
        "corrections": {status.value: stood[status] for status in CorrectionStatus},
        "audit_n": sum(result.audit_n for result in audits),
        "audits": [_audit(result) for result in audits],
    }


def _track(session: Session, track: RulesTrack, now: datetime) -> Told:
    verdicts = list_current_verdicts(session, now, track)
    blind = [verdict for verdict in verdicts if verdict.is_blind]
    fusion = get_last_fusion(session, track, now)
    labels = list_labels(session, now, track)
    answers = load_answers(session, labels, now)
    classes: Counter[str] = Counter(dict.fromkeys([*LabelClass, "not_answered_yet"], 0))
    wrong = dict.fromkeys(LabelClass, 0.0)
    for market_id, label in labels.items():
        answer = answers.get(market_id)
        q = None if answer is None else label.q(answer.oracle)
        if answer is None or q is None:
            classes["not_answered_yet"] += 1
            continue
        kind = label.label_class(answer.oracle)
        classes[kind] += 1
        wrong[kind] += q.mean
    return {
        "track": track.value,
        "verdicts": len(verdicts),
        "blind": len(blind),
        "markets": len({verdict.market_id for verdict in blind}),
        "adjudicators": [] if fusion is None else _adjudicators(fusion),
        "version": None if fusion is None else fusion.version,
        "converged": None if fusion is None else fusion.is_converged,
        "labels": dict(classes),
        "sum_of_q": {kind: round(float(total), 4) for kind, total in wrong.items()},
    }


def _adjudicators(fusion: TruthFusion) -> list[Told]:
    """Each with the share of right verdicts it is estimated to give."""
    found: list[Told] = []
    for name, matrix in fusion.confusion.items():
        shares = [matrix[n][n] * share for n, share in enumerate(fusion.prevalence)]
        found.append({"adjudicator": name, "right": round(sum(shares), 4)})
    return found


def _audit(result: AuditResult) -> Told:
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


def _rate(rate: AuditRate) -> Told:
    return {
        "weighted": rate.weighted,
        **_interval(rate.interval),
        "n": rate.audited,
        "widest_stratum": rate.widest,
        "widest_share": round(rate.widest_share, 4),
        "unaudited_strata": list(rate.unaudited),
    }


def _interval(interval: Interval) -> Told:
    return {"mean": interval.mean, "p05": interval.p05, "p95": interval.p95}


def print_status(status: dict[str, object]) -> None:
    """The same in words."""
    lines: list[str] = []
    for track in _listed(status["tracks"]):
        lines.append(
            f"{track['track']}: {track['verdicts']} verdicts ({track['blind']} blind) "
            f"on {track['markets']} markets"
        )
        labels = track["labels"]
        assert isinstance(labels, dict)  # noqa: S101  # as status_of gives it
        lines.append("  labels: " + ", ".join(f"{n} {kind}" for kind, n in labels.items()))
        lines += [
            f"  {one['adjudicator']}: right in an estimated {one['right']:.0%}"
            for one in _listed(track["adjudicators"])
        ]
    lines.append(f"corrections: {_counted(status['corrections'])}")
    for audit in _listed(status["audits"]):
        rate, d1w = audit["p_wrong_undisputed"], audit["d1w"]
        assert isinstance(rate, dict)  # noqa: S101  # as above
        assert isinstance(d1w, dict)  # noqa: S101  # as above
        lines.append(
            f"plan {audit['plan']}: {audit['audit_n']} audited; P(wrong | undisputed) "
            f"{rate['mean']:.2e} ({rate['p05']:.2e} .. {rate['p95']:.2e}, 90 %), "
            f"mostly from {rate['widest_stratum']}"
        )
        lines.append(f"  d1w: {d1w['reason']}")
    if not _listed(status["audits"]):
        lines.append("audits: none planned, so nothing undisputed is measured")
    sys.stdout.write("\n".join(lines) + "\n")


def _listed(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)  # noqa: S101  # as status_of gives it
    return value


def _counted(value: object) -> str:
    assert isinstance(value, dict)  # noqa: S101  # as above
    return ", ".join(f"{number} {name}" for name, number in value.items())
