"""Checks of the model, day by day, and what scores say while one of them failed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.data_enums import DataIssueKind
from models.model_check import ModelCheck
from service.protocol.listings import Refused
from service.risk.explain.drift import DriftFinding, DriftState
from service.store.checks.issues import add_issues, drop_issues

FEATURE, CALIBRATION, CONTRACTS = "feature", "calibration", "contracts"
_DETAIL = 500
# Of a warning: scores carry it.
_WARNED = 160


def add_checks(
    session: Session,
    findings: Iterable[tuple[str, DriftFinding]],
    versions: tuple[str, str],
    at: datetime,
) -> int:
    """Append the checks of a day, (kind, finding) each; ``versions``: the model's, its priors'."""
    rows = [
        ModelCheck(
            as_of=at,
            model_version=versions[0],
            priors_version=versions[1],
            kind=kind,
            name=finding.name,
            statistic=finding.statistic,
            threshold=finding.threshold,
            n=finding.n,
            state=finding.state.value,
            detail=finding.detail[:_DETAIL],
        )
        for kind, finding in findings
    ]
    session.add_all(rows)
    session.flush()
    _note_issues(session, rows, at)
    return len(rows)


def latest_checks(session: Session) -> Sequence[ModelCheck]:
    """The checks of the last run, in their order; none before the first."""
    newest = select(func.max(ModelCheck.as_of)).scalar_subquery()
    query = select(ModelCheck).where(ModelCheck.as_of == newest).order_by(ModelCheck.id)
    return session.scalars(query).all()


def model_warnings(session: Session, priors_version: str) -> tuple[str, ...]:
    """What every score made now must say: ``model_stale: …`` and ``model_drift: …``.

    Checks of other priors say nothing of these. Words stay the same while their cause does, so
    that a score is not stored again for a check's figures.
    """
    return tuple(
        _warning(check)
        for check in latest_checks(session)
        if check.state == DriftState.DRIFTED and check.priors_version == priors_version
    )


def _warning(check: ModelCheck) -> str:
    if check.kind == CONTRACTS:
        return f"model_stale: {check.detail[:_WARNED]}"
    return f"model_drift: {check.name} is not what it was when the model was made"


def _note_issues(session: Session, rows: Iterable[ModelCheck], at: datetime) -> None:
    """A failed check is an issue, once per priors, and an alert; a healed one is none any more."""
    for row in rows:
        kind = DataIssueKind.MODEL_STALE if row.kind == CONTRACTS else DataIssueKind.MODEL_DRIFTED
        key = f"{row.kind}:{row.name}:{row.priors_version}"
        if row.state != DriftState.DRIFTED:
            drop_issues(session, kind, [key])
            continue
        figure = "" if row.statistic is None else f" {row.statistic:.3g} over {row.threshold:.3g}"
        reason = f"{row.kind} {row.name}{figure}: {row.detail}"
        add_issues(session, [Refused(kind, "check_drift", key, reason)], at)
