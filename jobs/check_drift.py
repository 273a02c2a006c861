"""``check_drift``: whether the world still is as the model was made for, once a day."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from models.enums import MarketState
from service.clock import Clock
from service.risk.explain.drift import (
    PSI_THRESHOLD,
    DriftFinding,
    DriftState,
    calibration_finding,
    contracts_finding,
    psi_finding,
)
from service.risk.explain.drift_features import FEATURES, bins_of
from service.risk.parameters import MODEL_VERSION, RiskParameters
from service.store.checks.drift_facts import (
    first_proposal_score_at,
    list_contract_news,
    load_features,
    load_forecasts,
)
from service.store.checks.model_checks import CALIBRATION, CONTRACTS, FEATURE, add_checks

# Of the reference, the first scored proposals of a model, and of the recent past.
WINDOW = timedelta(days=30)
AT_PROPOSAL = "p_disputed_at_proposal"


def check_drift(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    clock: Clock,
    parameters: RiskParameters,
) -> CycleReport:
    """Check features, forecasts and contracts; what drifted is an alert and on every score."""
    at = clock.now()
    with read_sessions() as session:
        findings = list(_findings(session, parameters, at))
    with sessions.begin() as session:
        add_checks(session, findings, (MODEL_VERSION, parameters.priors_version), at)
    counts = {state.value: 0 for state in DriftState}
    for _, finding in findings:
        counts[finding.state.value] += 1
    return CycleReport({"checks": len(findings), **counts})


def _findings(
    session: Session, parameters: RiskParameters, at: datetime
) -> Iterator[tuple[str, DriftFinding]]:
    yield from ((FEATURE, finding) for finding in _features(session, parameters, at))
    versions = (MODEL_VERSION, parameters.priors_version)
    yield CALIBRATION, calibration_finding(load_forecasts(session, versions, at))
    proposed = load_forecasts(session, versions, at, state=MarketState.PROPOSED)
    yield CALIBRATION, calibration_finding(proposed, AT_PROPOSAL)
    made_at = parameters.priors_as_of
    yield CONTRACTS, contracts_finding(list_contract_news(session, made_at, at), made_at)


def _features(session: Session, parameters: RiskParameters, at: datetime) -> Iterator[DriftFinding]:
    first = first_proposal_score_at(session, parameters.priors_version)
    if first is None or first + WINDOW > at - WINDOW:
        apart = "no proposal was scored with these priors yet" if first is None else _ends(first)
        for name in FEATURES:
            yield DriftFinding(name, None, PSI_THRESHOLD, 0, DriftState.TOO_FEW, apart)
        return
    reference = bins_of(load_features(session, first, first + WINDOW))
    recent = bins_of(load_features(session, at - WINDOW, at))
    for name in FEATURES:
        yield psi_finding(name, reference[name], recent[name])


def _ends(first: datetime) -> str:
    until = first + 2 * WINDOW
    return f"the reference window and the last {WINDOW.days} days overlap until {until:%Y-%m-%d}"
