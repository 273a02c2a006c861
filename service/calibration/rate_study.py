"""Recorded questions as samples for base rates, each recording by itself.

A recording's rate is of its era and its selection, never of today. docs/methodology.md,
"Base rates".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.enums import Category, VolumeStratum
from models.rate_enums import RateStratum, RateTarget, RateWeight
from service.calibration.rows import StudyRow, TimeBasis
from service.calibration.study import CAME_LATE, Study
from service.protocol.rounds import round_at
from service.risk.draws import Values
from service.risk.inputs import MICRO, volume_stratum
from service.risk.rates.rate_parameters import RateParameters
from service.risk.rates.rate_sample import RateSample, Strata, month_name

FINAL_VOLUME = "final volume, after any dispute"
_DECILES = 10
_MONTHS = 12
_UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSample:
    """The labelled questions of one kind of recording."""

    recorded_as: str
    sample: RateSample
    first: datetime
    last: datetime
    # What the months are of: proposals, or settlements where no proposal is recorded.
    time_basis: TimeBasis
    # Questions whose label is not known: in no rate.
    unlabelled: int


def to_samples(study: Study, parameters: RateParameters) -> list[RecordedSample]:
    """One sample a kind of recording that has labels, in the order of their names."""
    kinds = sorted({row.recorded_as for row in study.rows})
    found = []
    for kind in kinds:
        rows = [row for row in study.rows if row.recorded_as == kind]
        labelled = [row for row in rows if is_disputed(row) is not None]
        if labelled:
            found.append(
                RecordedSample(
                    recorded_as=kind,
                    sample=_to_sample(labelled, parameters),
                    first=min(row.score_time for row in labelled),
                    last=max(row.score_time for row in labelled),
                    time_basis=labelled[0].time_basis,
                    unlabelled=len(rows) - len(labelled),
                )
            )
    return found


def is_disputed(row: StudyRow) -> bool | None:
    """Whether any request of the question was disputed, the rounds before the recorded included."""
    if row.labels.disputed is None and (row.labels.source or "").endswith(CAME_LATE):
        return True
    return row.labels.disputed


def volume_of(row: StudyRow) -> float | None:
    """The row's own final volume in USD.

    A volume borrowed from a list of disputed contracts is known because of the dispute: it would
    weigh the disputed ones alone.
    """
    is_borrowed = any(field == "weight_usd" for field, _ in row.borrowed)
    return None if is_borrowed else row.labels.weight_usd


def _to_sample(rows: Sequence[StudyRow], parameters: RateParameters) -> RateSample:
    breaks = sorted(parameters.breaks.items(), key=lambda item: item[1])
    disputed = np.array([bool(is_disputed(row)) for row in rows], dtype=np.float32)
    volumes = _or_nan([volume_of(row) for row in rows])
    codes = {name: code for code, name in enumerate(sorted({row.group for row in rows}))}
    months = np.array(
        [r.score_time.year * _MONTHS + r.score_time.month - 1 for r in rows], dtype=np.int32
    )
    # The dispute's own time is not recorded; it comes within hours of the proposal.
    rounds = [
        round_at(int(row.score_time.timestamp())) + 1 if hit else _UNKNOWN
        for row, hit in zip(rows, disputed > 0, strict=True)
    ]
    has_volume = bool((~np.isnan(volumes)).any())
    return RateSample(
        groups=np.array([codes[row.group] for row in rows], dtype=np.int64),
        rounds=np.array(rounds, dtype=np.int64),
        months=months,
        eras=np.array([sum(r.score_time >= t for _, t in breaks) for r in rows], dtype=np.int8),
        breaks=tuple(name for name, _ in breaks),
        strata=_strata(rows, months, volumes),
        labels={
            RateTarget.DISPUTED: disputed,
            RateTarget.FLIPPED: _or_nan([row.labels.flipped for row in rows]).astype(np.float32),
        },
        weights={RateWeight.VOLUME: volumes} if has_volume else {},
    )


def _strata(
    rows: Sequence[StudyRow], months: np.ndarray, volumes: Values
) -> dict[RateStratum, Strata]:
    names = tuple(Category)
    found = {
        RateStratum.CATEGORY: Strata(
            np.array([names.index(row.category) for row in rows], dtype=np.int16), names
        )
    }
    known = ~np.isnan(volumes)
    if known.any():
        found[RateStratum.VOLUME] = Strata(_by_volume(volumes), tuple(VolumeStratum))
        tenths = tuple(str(n + 1) for n in range(_DECILES))
        found[RateStratum.VOLUME_DECILE] = Strata(_deciles(volumes), tenths)
    oracles = tuple(sorted({row.oracle for row in rows if row.oracle}))
    if oracles:
        by_oracle = [oracles.index(row.oracle) if row.oracle else _UNKNOWN for row in rows]
        found[RateStratum.ORACLE_VERSION] = Strata(np.array(by_oracle, dtype=np.int16), oracles)
    seen, index = np.unique(months, return_inverse=True)
    found[RateStratum.MONTH] = Strata(
        index.astype(np.int16), tuple(month_name(int(month)) for month in seen)
    )
    return found


def _by_volume(volumes: Values) -> np.ndarray:
    strata = tuple(VolumeStratum)
    return np.array(
        [
            _UNKNOWN if np.isnan(v) else strata.index(volume_stratum(int(v * MICRO)))
            for v in volumes
        ],
        dtype=np.int16,
    )


def _deciles(volumes: Values) -> np.ndarray:
    """Tenths of the questions whose volume is known, of equal ones the first in the lower."""
    codes = np.full(len(volumes), _UNKNOWN, dtype=np.int16)
    known = np.flatnonzero(~np.isnan(volumes))
    order = known[np.argsort(volumes[known], kind="stable")]
    codes[order] = np.arange(len(order)) * _DECILES // max(len(order), 1)
    return codes


def _or_nan(values: Sequence[float | None]) -> Values:
    return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
