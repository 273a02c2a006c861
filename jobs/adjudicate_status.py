"""``settlewatch adjudicate status``: what was asked, what came back, what it says so far."""

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.adjudication import AdjudicationVerdict, TruthFusion
from models.adjudication_enums import CorrectionStatus, LabelClass, RulesTrack
from models.enums import Support
from service.risk.parameters import load_parameters
from service.risk.truth.adjudication_priors import load_fusion_priors
from service.store.truth.adjudication_cases import load_answers
from service.store.truth.adjudications import list_current_verdicts, list_labels
from service.store.truth.audit_document import to_document
from service.store.truth.audit_results import list_results
from service.store.truth.corrections import list_corrections
from service.store.truth.truth_labels import get_last_fusion

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
        "audit_n": max((result.audit_n for result in audits), default=0),
        "audits": [to_document(result) for result in audits],
    }


def _track(session: Session, track: RulesTrack, now: datetime) -> Told:
    verdicts = list_current_verdicts(session, now, track)
    blind = [verdict for verdict in verdicts if verdict.is_blind]
    fusion = get_last_fusion(session, track, now)
    labels = list_labels(session, now, track)
    answers = load_answers(session, labels, now)
    # Plain words for keys: JSON takes no others.
    kinds = [kind.value for kind in LabelClass]
    classes = Counter(dict.fromkeys([*kinds, "not_answered_yet"], 0))
    wrong = dict.fromkeys(kinds, 0.0)
    for market_id, label in labels.items():
        answer = answers.get(market_id)
        q = None if answer is None else label.q(answer.oracle)
        if answer is None or q is None:
            classes["not_answered_yet"] += 1
            continue
        kind = label.label_class(answer.oracle).value
        classes[kind] += 1
        wrong[kind] += q.mean
    return {
        "track": track.value,
        "verdicts": len(verdicts),
        "blind": len(blind),
        "markets": len({verdict.market_id for verdict in blind}),
        "adjudicators": [] if fusion is None else _adjudicators(fusion, blind),
        "version": None if fusion is None else fusion.version,
        "converged": None if fusion is None else fusion.is_converged,
        "labels": dict(classes),
        "sum_of_q": {kind: round(float(total), 4) for kind, total in wrong.items()},
    }


def _adjudicators(fusion: TruthFusion, blind: Sequence[AdjudicationVerdict]) -> list[Told]:
    """Each with the share of right verdicts it is estimated to give, and what that rests on.

    An estimate without an interval: while an adjudicator has given fewer verdicts than the belief
    about anybody counts for, it is that belief for the most part, and ``assumed``.
    """
    given = Counter(verdict.adjudicator for verdict in blind)
    found: list[Told] = []
    for name, matrix in fusion.confusion.items():
        shares = [matrix[n][n] * share for n, share in enumerate(fusion.prevalence)]
        is_assumed = given[name] < load_fusion_priors().accuracy_n
        found.append(
            {
                "adjudicator": name,
                "right": round(sum(shares), 4),
                "verdicts": given[name],
                "support": (Support.ASSUMED if is_assumed else Support.MIXED).value,
            }
        )
    return found


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
            f"  {one['adjudicator']}: right in an estimated {one['right']:.0%} of its verdicts "
            f"({one['verdicts']} given; {one['support']})"
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
