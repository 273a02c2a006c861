"""The model that scores, whole: versions, priors, fitted parts, and whether it still holds."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from models.model_check import ModelCheck
from service.risk.explain.drift import DriftState
from service.risk.explain.priors_text import PriorNumber, list_prior_numbers, shipped_priors
from service.risk.parameters import MODEL_VERSION, RiskParameters
from service.risk.shipped_models import NONE_SHIPPED, ShippedModel
from service.store.checks.model_checks import CONTRACTS, latest_checks, model_warnings
from service.store.truth.audit_estimates import adjudication_document, measured_parameters

NOT_CHECKED, STALE = "not_checked", "stale"
_NO_FIGURES = "no fitted model is shipped that was tested on held-out months"
_HELD_OUT_NOTE = (
    "the months on which the model's parts were chosen, each forecast from earlier rows: kinder "
    "than rows nobody has seen, and not the backtest, whose result is in docs/methodology.md"
)


def read_model(
    session: Session,
    shipped: RiskParameters,
    models: Sequence[ShippedModel],
    now: datetime,
) -> dict[str, object]:
    """JSON-ready: what ``/v1/model`` answers; ``shipped`` as in the file, before audits."""
    parameters = measured_parameters(session, now, shipped)
    checks = latest_checks(session)
    tested = {model.name: found for model in models if (found := _held_out(model)) is not None}
    return {
        "model_version": MODEL_VERSION,
        "priors_version": parameters.priors_version,
        "priors_as_of": parameters.priors_as_of,
        "digest": parameters.digest,
        "draws": parameters.draws,
        "seed": parameters.seed,
        "priors": [_prior(number) for number in _shipped_numbers()],
        "fitted": {model.name: _fitted(model) for model in models} or None,
        "fitted_reason": None if models else NONE_SHIPPED,
        "held_out": tested or None,
        "held_out_reason": None if tested else _NO_FIGURES,
        "adjudication": adjudication_document(session, now, parameters),
        "drift": {
            "state": _state(checks, parameters.priors_version),
            "as_of": checks[0].as_of if checks else None,
            "warnings": list(model_warnings(session, parameters.priors_version)),
            "checks": [_check(check) for check in checks],
        },
    }


@lru_cache(maxsize=1)
def _shipped_numbers() -> tuple[PriorNumber, ...]:
    return list_prior_numbers(shipped_priors())


def _prior(number: PriorNumber) -> dict[str, object]:
    return {
        "section": number.section,
        "name": number.name,
        "value": list(number.value) if isinstance(number.value, tuple) else number.value,
        "n": number.n,
        "tag": number.tag,
        "assumed": number.assumed,
        "source": number.source,
    }


def _fitted(model: ShippedModel) -> dict[str, object]:
    return {"file": dict(model.document), "card": model.card}


def _held_out(model: ShippedModel) -> dict[str, object] | None:
    """The figures of the file's own held-out months, with what they are."""
    found = model.document.get("held_out")
    if not isinstance(found, dict):
        return None
    samples = model.document.get("minimum_samples")
    days = samples.get("embargo_days") if isinstance(samples, dict) else None
    return {"what": _HELD_OUT_NOTE, "embargo_days": days, **found}


def _state(checks: Sequence[ModelCheck], priors_version: str) -> str:
    """The worst of the last checks of these priors."""
    ours = [check for check in checks if check.priors_version == priors_version]
    if not ours:
        return NOT_CHECKED
    drifted = {check.kind for check in ours if check.state == DriftState.DRIFTED}
    if CONTRACTS in drifted:
        return STALE
    if drifted:
        return DriftState.DRIFTED.value
    is_silent = all(c.state == DriftState.TOO_FEW for c in ours if c.kind != CONTRACTS)
    return (DriftState.TOO_FEW if is_silent else DriftState.OK).value


def _check(check: ModelCheck) -> dict[str, object]:
    return {
        "kind": check.kind,
        "name": check.name,
        "statistic": check.statistic,
        "threshold": check.threshold,
        "n": check.n,
        "state": check.state,
        "detail": check.detail,
        "model_version": check.model_version,
        "priors_version": check.priors_version,
    }
