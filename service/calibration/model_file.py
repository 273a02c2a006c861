"""The versioned model file: every number of a fit with what it rests on, and nothing of a row.

docs/methodology.md, "Dispute model". Made of the data alone, without a clock: equal input gives
the same bytes. ``service.risk.text.frozen_dispute`` reads it, ``model_card`` tells it in words.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from service.calibration.ablation import (
    DECIDING_POSITIVES,
    EMBARGO,
    KEPT_SHARE,
    LEAST_POSITIVES,
    Ablation,
)
from service.calibration.baselines import Baselines
from service.calibration.coefficients import POSITIVES_EACH
from service.calibration.fitting import Fit
from service.calibration.logistic import Values
from service.calibration.measures import Ranking, calibration_line, log_losses
from service.calibration.model_defaults import (
    CATEGORY_PSEUDO,
    DEFAULTS,
    PRIOR_RATES,
    PRIOR_ROWS_ELSEWHERE,
    UNCHANGED,
)
from service.calibration.resampling import Resamples, interval
from service.calibration.rows import Target
from service.risk.text.dispute_readings import UNITS
from service.risk.text.frozen_dispute import SCHEMA

# Of a 90 % interval.
_Z = 1.6449
_DIGITS = 4
_BASELINE_DIGITS = 6
# Below these a figure of the held-out rows is a bound of nothing: it is marked.
_SLOPE_POSITIVES = 20
_AUPRC_POSITIVES = 30


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One input: its name without a path, what it hashes to, and the rows that were read."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A database as an input: what of it was read, never where it is."""

    # As it was known then.
    as_of: datetime
    # The newest block known then; None where none was stored.
    block: int | None
    block_mined_at: datetime | None
    questions: int
    first_proposed_at: datetime
    last_proposed_at: datetime
    disputed: int
    flipped: int
    # By settled truth labels.
    adjudicated: int
    misresolved: int
    # Of the facts and labels a fit can see.
    rows_sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the rows came from."""

    files: tuple[SourceFile, ...]
    notices: tuple[str, ...]
    # In the words of whoever ran the fit.
    source: str
    # Rows later than this were left out: they can still test the model.
    until: datetime | None
    left_out_later: int
    store: StoredSource | None = None


def to_document(
    fit: Fit, ablation: Ablation | None, baselines: Baselines, provenance: Provenance
) -> dict[str, Any]:
    """The file's content, in a fixed order."""
    model = fit.model
    return {
        "schema": SCHEMA,
        "model_id": model.model_id,
        "target": model.target,
        "trained": {"from": _iso(model.trained_from), "to": _iso(model.trained_to)},
        "data": {
            "source": provenance.source,
            "files": [asdict(found) for found in provenance.files],
            **_store(provenance.store),
            "notices": list(provenance.notices),
            "until": _iso(provenance.until),
            "rows_left_out_later": provenance.left_out_later,
        },
        "counts": {
            "at_proposal": {"rows": fit.at_proposal[0], "positives": fit.at_proposal[1]},
            "without_proposal": {
                "rows": fit.before_proposal[0],
                "positives": fit.before_proposal[1],
            },
        },
        "coefficients": {
            "intercepts": _intercepts(fit),
            "categories": _categories(fit),
            "terms": _terms(fit),
            "words": dict(sorted(model.words.items())),
            "words_usual": model.words_usual,
        },
        "reads_wording": model.reads_wording,
        "eras": [
            {"from": _iso(era.begins), "log_odds": era.log_odds, "source": era.source}
            for era in model.eras
        ],
        "ablation": _ablation(ablation),
        "held_out": _held_out(ablation),
        # On the same rows, so that they can be compared on later ones.
        "baselines": _all_rounded(baselines.to_document()),
        "priors": _priors(fit),
        "minimum_samples": {
            "positives_a_freed_coefficient": POSITIVES_EACH,
            "positives_before_a_tested_month": LEAST_POSITIVES,
            "share_of_resamples_that_keeps_a_part": KEPT_SHARE,
            "held_out_positives_that_decide_parts": DECIDING_POSITIVES,
            "embargo_days": EMBARGO.days,
        },
    }


def _store(store: StoredSource | None) -> dict[str, Any]:
    """Nothing where no database was read, so that files of recordings stay as they are."""
    if store is None:
        return {}
    told = asdict(store).items()
    return {"store": {k: v.isoformat() if isinstance(v, datetime) else v for k, v in told}}


def to_text(document: dict[str, Any]) -> str:
    """The file's bytes as text."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _intercepts(fit: Fit) -> dict[str, Any]:
    prior = PRIOR_RATES[Target(fit.model.target)]
    rows = (
        ("at_proposal", fit.model.at_proposal, fit.base_rates[0], prior.n),
        (
            "before_proposal",
            fit.model.before_proposal,
            fit.base_rates[1],
            min(prior.n, PRIOR_ROWS_ELSEWHERE),
        ),
    )
    return {
        name: {"value": value, "base_rate": _rounded(rate), "prior": asdict(replace(prior, n=n))}
        for name, value, rate, n in rows
    }


def _categories(fit: Fit) -> dict[str, Any]:
    return {
        str(category): {
            "value": value,
            "rows": fit.counts[category].rows,
            "positives": fit.counts[category].disputed,
            "expected": _rounded(fit.counts[category].expected),
            # Of a log of a count shrunk by pseudo-disputes.
            "sd": _rounded(1 / np.sqrt(fit.counts[category].disputed + CATEGORY_PSEUDO)),
        }
        for category, value in fit.model.categories.items()
    }


def _terms(fit: Fit) -> list[dict[str, Any]]:
    found = []
    for term in fit.model.terms:
        default = DEFAULTS[term.name]
        between = (
            None
            if term.sd is None
            else [
                _rounded(term.coefficient - _Z * term.sd),
                _rounded(term.coefficient + _Z * term.sd),
            ]
        )
        found.append(
            {
                "name": term.name,
                "unit": UNITS[term.name],
                "value": term.coefficient,
                "sd": term.sd,
                "interval_90": between,
                # A reading adds the ln of its mean odds factor over Normal(value, spread).
                "spread": term.spread,
                "usual": term.usual,
                "coef_source": term.source,
                "default": default.coefficient,
                "default_tag": default.tag,
                "default_why": default.why,
            }
        )
    return found


def _ablation(ablation: Ablation | None) -> list[dict[str, Any]]:
    if ablation is None:
        return []
    return [
        {
            "part": trial.name,
            "log_loss_saved": _rounded(trial.gain),
            "p05": _rounded(trial.p05),
            "p95": _rounded(trial.p95),
            "share_of_resamples_better": _rounded(trial.share_better),
            "auprc_before": _rounded(trial.auprc_before),
            "auprc_after": _rounded(trial.auprc_after),
            "verdict": _verdict(trial.kept, can_ship=trial.can_ship),
        }
        for trial in ablation.trials
    ]


def _verdict(kept: bool, *, can_ship: bool) -> str:  # noqa: FBT001  # the trial's own word
    if kept:
        return "on"
    return "off" if can_ship else "not in the model"


def _held_out(ablation: Ablation | None) -> dict[str, Any]:
    """Of the chosen parts together, on months forecast from the rows before."""
    if ablation is None:
        return {"available": False, "why": "too few positives before any month of proposals"}
    y, p, ones = ablation.y, ablation.p, np.ones(len(ablation.y))
    draws = Resamples.of([row.group for row in ablation.rows])
    line = calibration_line(y, p, ones)
    lines = draws.repeat(lambda weights: calibration_line(y, p, weights), 2)
    positives = int(y.sum())
    return {
        "available": True,
        "decides_parts": ablation.decides,
        "months": list(ablation.months),
        "rows": len(y),
        "positives": positives,
        "groups": len({row.group for row in ablation.rows}),
        "expected_positives": _rounded(p.sum()),
        "log_loss": _rounded(log_losses(y, p).mean()),
        "log_loss_of_the_rate_alone": _rounded(log_losses(y, ablation.rate_alone).mean()),
        "auprc": _area(y, p),
        "slope": None if line is None else _rounded(line[0]),
        "slope_90": _between(lines[:, 0]),
        "intercept": None if line is None else _rounded(line[1]),
        "intercept_90": _between(lines[:, 1]),
        "below_minimum_sample": [
            name
            for name, needed in (("slope", _SLOPE_POSITIVES), ("auprc", _AUPRC_POSITIVES))
            if positives < needed
        ],
    }


def _priors(fit: Fit) -> list[dict[str, Any]]:
    """Which assumed numbers the data replaced, by which rule, and which they could not."""
    freed = [
        {
            "prior": f"coefficient of {term.name}",
            "replaced": term.source == "fitted",
            "rule": _rule(term.source, fit),
        }
        for term in fit.model.terms
    ]
    return [*freed, *({"prior": name, "replaced": False, "rule": why} for name, why in UNCHANGED)]


def _rule(source: str, fit: Fit) -> str:
    positives = fit.at_proposal[1]
    match source:
        case "fitted":
            return f"{positives} positives free {positives // POSITIVES_EACH} coefficients"
        case "default":
            return (
                f"{positives} positives free {positives // POSITIVES_EACH}, and others come first"
            )
        case _:
            return "earned no place out of time"


def _area(y: Values, p: Values) -> float | None:
    areas = Ranking.of(y, p).areas(np.ones(len(y)))
    return None if areas is None else _rounded(areas[0])


def _between(values: Values) -> list[float | None] | None:
    found = interval(values)
    return None if found is None else [_rounded(found.p05), _rounded(found.p95)]


def _rounded(value: float) -> float | None:
    """Digits that any machine agrees on; None for what is not defined."""
    return float(f"{float(value):.{_DIGITS}g}") if np.isfinite(value) else None


def _all_rounded(found: Any) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(found, dict):
        return {name: _all_rounded(value) for name, value in found.items()}
    return float(f"{found:.{_BASELINE_DIGITS}g}") if isinstance(found, float) else found


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
