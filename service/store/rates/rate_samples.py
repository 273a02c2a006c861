"""Finished questions from rows into arrays, about 80 bytes each, whatever their number."""

from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from models.contract_change import ContractChange
from models.enums import Category, OracleVersion, VolumeStratum
from models.rate_enums import ProposerClass, RateStratum, RateTarget, RateWeight
from service.protocol.contracts import ContractBook
from service.protocol.finality import POLYGON
from service.protocol.rounds import round_at
from service.risk.draws import Values
from service.risk.rates.rate_parameters import RateParameters
from service.risk.rates.rate_sample import RateSample, Strata
from service.store.oracle.finished_questions import DECILES, finished_questions

_ROWS_AT_ONCE = 5_000
_MONTHS = 12
_FIXED: Mapping[RateStratum, tuple[str, tuple[str, ...]]] = {
    RateStratum.CATEGORY: ("category", tuple(Category)),
    RateStratum.VOLUME: ("volume_stratum", tuple(VolumeStratum)),
    RateStratum.VOLUME_DECILE: ("volume_decile", tuple(str(n + 1) for n in range(DECILES))),
    RateStratum.ORACLE_VERSION: ("oracle_version", tuple(OracleVersion)),
    RateStratum.PROPOSER_CLASS: ("proposer_class", tuple(ProposerClass)),
}
_OPEN = (RateStratum.ADAPTER, RateStratum.MONTH)
LABELS = (
    RateTarget.DISPUTED,
    RateTarget.FLIPPED_EARLY,
    RateTarget.FLIPPED_OUTCOME,
    RateTarget.OVERRIDDEN,
)
_WEIGHTS = {RateWeight.OPEN_INTEREST: "open_interest", RateWeight.VOLUME: "volume"}
_UNKNOWN = -1


def recent_since(at: datetime, parameters: RateParameters) -> datetime:
    """From when on a first proposal is recent."""
    return at - timedelta(days=parameters.recent_days)


def load_sample(
    session: Session, book: ContractBook, at: datetime, parameters: RateParameters
) -> RateSample:
    """All finished questions as known at ``at``."""
    breaks = list_breaks(session, book, at, parameters)
    columns = _Columns(tuple(breaks.values()))
    query = finished_questions(book, at, recent_since(at, parameters))
    for row in session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}):
        columns.add(row._mapping)  # noqa: SLF001  # SQLAlchemy documents it
    return columns.to_sample(tuple(breaks), f"{parameters.recent_days}d")


def list_breaks(
    session: Session, book: ContractBook, at: datetime, parameters: RateParameters
) -> dict[str, datetime]:
    """When the rules changed, oldest first: by stored parameters and the book, else as dated."""
    found = dict(parameters.breaks)
    spat = _last_spat_change(session, at)
    if spat is not None:
        found["spat_change"] = spat
    gated = [
        entry.from_time
        for entry in book.entries
        if entry.from_time is not None
        and book.oracle_version(POLYGON, entry.address, entry.from_time)
        is OracleVersion.MANAGED_RESOLVER
    ]
    if gated:
        found["resolver_settlement"] = min(gated)
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _last_spat_change(session: Session, at: datetime) -> datetime | None:
    """When the share of stake that must agree last took another value than before."""
    rows = session.execute(
        select(ContractChange.words, ContractChange.known_at)
        .where(ContractChange.name == "GatAndSpatChanged", ContractChange.known_at <= at)
        .order_by(ContractChange.known_at, ContractChange.log_index)
    ).all()
    values = [(str(words["spat"]), known_at) for words, known_at in rows]
    changes = [later[1] for earlier, later in pairwise(values) if earlier[0] != later[0]]
    return changes[-1] if changes else None


class _Columns:
    """The arrays while they grow."""

    def __init__(self, breaks: Sequence[datetime]) -> None:
        self._breaks = breaks
        self._groups, self._rounds = array("q"), array("q")
        self._months, self._eras, self._recent = array("i"), array("b"), array("b")
        self._codes = {stratum: array("h") for stratum in (*_FIXED, *_OPEN)}
        self._fixed = {
            stratum: {name: code for code, name in enumerate(names)}
            for stratum, (_, names) in _FIXED.items()
        }
        self._seen: dict[RateStratum, dict[str, int]] = {stratum: {} for stratum in _OPEN}
        self._labels = {target: array("b") for target in LABELS}
        self._weights = {weight: array("q") for weight in _WEIGHTS}

    def add(self, row: RowMapping) -> None:
        """One question."""
        self._groups.append(row["group_code"])
        disputed_at = row["first_disputed_at"]
        # The vote begins with the round after the one a dispute falls into.
        is_disputed = disputed_at is not None
        self._rounds.append(round_at(_seconds(disputed_at)) + 1 if is_disputed else _UNKNOWN)
        first_at = row["first_at"]
        self._months.append(first_at.year * _MONTHS + first_at.month - 1)
        self._eras.append(sum(first_at >= time for time in self._breaks))
        self._recent.append(0 if row["recent"] else _UNKNOWN)
        for stratum, (column, _) in _FIXED.items():
            value = row[column]
            known = self._fixed[stratum]
            self._codes[stratum].append(known.get(str(value), _UNKNOWN))
        for stratum in _OPEN:
            seen = self._seen[stratum]
            self._codes[stratum].append(seen.setdefault(row[stratum.value], len(seen)))
        for target, labels in self._labels.items():
            label = row[target.value]
            labels.append(_UNKNOWN if label is None else label)
        for weight, values in self._weights.items():
            value = row[_WEIGHTS[weight]]
            values.append(_UNKNOWN if value is None else value)

    def to_sample(self, breaks: tuple[str, ...], recent: str) -> RateSample:
        """The finished arrays."""
        strata = {RateStratum.RECENT: Strata(_array(self._recent, np.int16), (recent,))}
        for stratum, codes in self._codes.items():
            if stratum in _FIXED:
                strata[stratum] = Strata(_array(codes, np.int16), _FIXED[stratum][1])
            else:
                strata[stratum] = _in_order(_array(codes, np.int16), self._seen[stratum])
        return RateSample(
            groups=_array(self._groups, np.int64),
            rounds=_array(self._rounds, np.int64),
            months=_array(self._months, np.int32),
            eras=_array(self._eras, np.int8),
            breaks=breaks,
            strata=strata,
            labels={t: _known(labels, np.float32) for t, labels in self._labels.items()},
            weights={w: _known(values, np.float64) for w, values in self._weights.items()},
        )


def _seconds(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp())


def _array(values: "array[int]", kind: Any) -> Any:  # noqa: ANN401  # numpy's own kinds
    return np.asarray(values, dtype=kind)


def _known(values: "array[int]", kind: Any) -> Any:  # noqa: ANN401  # as above
    found: Values = _array(values, kind)
    found[found == _UNKNOWN] = np.nan
    return found


def _in_order(codes: Any, seen: Mapping[str, int]) -> Strata:  # noqa: ANN401  # as above
    """Codes by the order of their names, so that a sample does not hang on the rows' order."""
    names = tuple(sorted(seen))
    moved = np.empty(len(names) + 1, dtype=np.int16)
    for place, name in enumerate(names):
        moved[seen[name]] = place
    return Strata(moved[codes], names)
