"""Base rates into rows and back: appended where a number moved, read as of a time."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from models.base_rate import BaseRate, BaseRateRun
from models.enums import Support
from models.rate_enums import RateMeasure, RateStatus, RateStratum, RateTarget, RateWeight
from service.risk.rates.rate_estimate import without_rate
from service.risk.rates.rate_rows import RateRow
from service.store.rates.rate_queries import selection_text, whole_text

REASON_LENGTH = 300
_KEY = (
    BaseRate.target,
    BaseRate.weight,
    BaseRate.stratum,
    BaseRate.name,
    BaseRate.measure,
)
# So many digits are told apart: machines differ in the last ones.
_DIGITS = 10
RateKey = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class NewRun:
    """One counting, before it is known whether it says anything new."""

    as_of: datetime
    code_version: str
    questions: int
    query: str


@dataclass(frozen=True, slots=True)
class StoredRate:
    """A row with the counting it came from."""

    row: BaseRate
    run: BaseRateRun

    @property
    def query(self) -> str:
        """What counts it again, to be run on this database."""
        return whole_text(self.run.query, self.row.selection)


def append_rates(session: Session, new: NewRun, rows: Iterable[RateRow]) -> int:
    """Append the rows that say something new, and the run if there are any; how many those were.

    A set of questions that is there no more gets a row that says so.
    """
    latest = {key_of(row): row for row in session.scalars(_latest(None))}
    values = [_to_values(row) for row in rows]
    found = {_key_in(value) for value in values}
    values += [_to_values(_gone(row)) for key, row in latest.items() if key not in found]
    news = [value for value in values if _is_news(value, latest.get(_key_in(value)))]
    if not news:
        return 0
    run = BaseRateRun(
        as_of=new.as_of,
        code_version=new.code_version,
        questions=new.questions,
        query=new.query,
    )
    session.add(run)
    session.flush()
    session.add_all(BaseRate(run_id=run.id, **value) for value in news)
    session.flush()
    return len(news)


def list_rates(
    session: Session,
    *,
    as_of: datetime | None = None,
    target: RateTarget | None = None,
    weights: Sequence[RateWeight] = (),
    stratum: RateStratum | None = None,
    after: RateKey | None = None,
    limit: int | None = None,
) -> list[StoredRate]:
    """The newest row of each rate as of a time, in the order of their keys."""
    query = _latest(as_of).add_columns(BaseRateRun)
    if target is not None:
        query = query.where(BaseRate.target == target.value)
    if weights:
        query = query.where(BaseRate.weight.in_([weight.value for weight in weights]))
    if stratum is not None:
        query = query.where(BaseRate.stratum == stratum.value)
    if after is not None:
        query = query.where(tuple_(*_KEY) > tuple_(*after))
    rows = session.execute(query.order_by(*_KEY).limit(limit))
    return [StoredRate(row, run) for row, run in rows]


def newest_as_of(session: Session) -> datetime | None:
    """Up to when rates were last found to have moved; None before the first counting."""
    return session.scalars(select(func.max(BaseRateRun.as_of))).one_or_none()


def _latest(as_of: datetime | None) -> Select[Any]:
    newest = select(func.max(BaseRate.id)).group_by(*_KEY)
    if as_of is not None:
        runs = select(BaseRateRun.id).where(BaseRateRun.as_of <= as_of)
        newest = newest.where(BaseRate.run_id.in_(runs))
    return (
        select(BaseRate)
        .join(BaseRateRun, BaseRateRun.id == BaseRate.run_id)
        .where(BaseRate.id.in_(newest))
    )


def key_of(row: BaseRate) -> RateKey:
    """What names a row, and orders them."""
    return row.target, row.weight, row.stratum, row.name, row.measure


def _key_in(value: dict[str, Any]) -> RateKey:
    return value["target"], value["weight"], value["stratum"], value["name"], value["measure"]


def _gone(row: BaseRate) -> RateRow:
    return RateRow(
        RateTarget(row.target),
        RateWeight(row.weight),
        RateStratum(row.stratum),
        row.name,
        RateMeasure(row.measure),
        without_rate(RateStatus.BOUND_ONLY, "no finished question any more"),
    )


def _is_news(value: dict[str, Any], known: BaseRate | None) -> bool:
    return known is None or known.digest != value["digest"]


def _to_values(row: RateRow) -> dict[str, Any]:
    found = row.estimate
    said: dict[str, Any] = {
        "target": row.target.value,
        "weight": row.weight.value,
        "stratum": row.stratum.value,
        "name": row.name,
        "measure": row.measure.value,
        "status": found.status.value,
        "method": found.method.value,
        "estimate": found.value,
        "p05": found.low,
        "p95": found.high,
        "wilson_low": None if found.wilson is None else found.wilson.low,
        "wilson_high": None if found.wilson is None else found.wilson.high,
        "questions": found.n,
        "missing": found.missing,
        "positives": found.positives,
        "clusters": found.clusters,
        "n_eff": found.n_eff,
        "design_effect": found.design_effect,
        "largest_share": found.largest_share,
        "standard_error": found.standard_error,
        "reason": None if found.reason is None else found.reason[:REASON_LENGTH],
        "support": Support(found.support).value,
    }
    text = json.dumps([_rounded(value) for value in said.values()])
    digest = hashlib.sha256(text.encode()).digest()
    return {**said, "selection": selection_text(row), "digest": digest}


def _rounded(value: object) -> object:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else value
