"""Base rates of recordings as one document: what `settlewatch base-rates` prints."""

from collections.abc import Sequence

from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.calibration.rate_study import FINAL_VOLUME, RecordedSample, to_samples
from service.calibration.rows import TimeBasis
from service.calibration.study import Study
from service.risk.rates.rate_intervals import Span
from service.risk.rates.rate_mass import Mass, list_masses
from service.risk.rates.rate_parameters import RateParameters
from service.risk.rates.rate_rows import RateRow, make_rows

_LOOKS_AHEAD = (
    f"Volume here is the {FINAL_VOLUME}: a dispute draws trades, so that rates weighted by it, and "
    "rates of high-volume questions, are too high as forecasts."
)
CAVEATS = (
    "Counts of recordings: their era and their selection decide; none of these is today's rate.",
    "A flip is no misresolution: most flips correct an error, many only an answer given too early.",
    _LOOKS_AHEAD,
)


def rates_document(study: Study, parameters: RateParameters) -> dict[str, object]:
    """Caveats first, then each kind of recording with all its rows."""
    return {
        "code_version": parameters.version,
        "caveats": list(CAVEATS),
        "notices": list(study.notices),
        "recordings": [_recording(s, parameters) for s in to_samples(study, parameters)],
    }


def _recording(found: RecordedSample, parameters: RateParameters) -> dict[str, object]:
    is_proposed = found.time_basis is TimeBasis.PROPOSAL
    sample = found.sample
    masses: Sequence[Mass] = ()
    if RateWeight.VOLUME in sample.weights:
        masses = list_masses(sample, RateTarget.DISPUTED, RateWeight.VOLUME, RateStratum.VOLUME)
    return {
        "recorded_as": found.recorded_as,
        "questions": sample.size,
        "unlabelled": found.unlabelled,
        "from": found.first,
        "to": found.last,
        "months_are_of": "the first proposal" if is_proposed else "the settlement or the close",
        "volume_is": FINAL_VOLUME if RateWeight.VOLUME in sample.weights else None,
        "open_interest_is": None,
        "rates": [_line(row) for row in make_rows(sample, parameters)],
        "where_disputes_are": [_mass(mass) for mass in masses],
    }


def _line(row: RateRow) -> dict[str, object]:
    found = row.estimate
    return {
        "target": row.target,
        "weight": row.weight,
        "stratum": row.stratum,
        "name": row.name,
        "measure": row.measure,
        "status": found.status,
        "estimate": found.value,
        "p05": found.low,
        "p95": found.high,
        "method": found.method,
        "wilson95": _span(found.wilson),
        "questions": found.n,
        "missing": found.missing,
        "positives": found.positives,
        "clusters": found.clusters,
        "n_eff": found.n_eff,
        "design_effect": found.design_effect,
        "largest_share": found.largest_share,
        "standard_error": found.standard_error,
        "reason": found.reason,
        "support": found.support,
    }


def _mass(mass: Mass) -> dict[str, object]:
    return {
        "name": mass.name,
        "questions": mass.questions,
        "share_of_questions": mass.of_questions,
        "disputed": mass.positives,
        "share_of_disputed": mass.of_positives,
        "share_of_disputed_interval": _span(mass.of_positives_interval),
        "share_of_volume": mass.of_weight,
        "share_of_disputed_volume": mass.of_positive_weight,
    }


def _span(span: Span | None) -> dict[str, float] | None:
    return None if span is None else {"low": span.low, "high": span.high}
