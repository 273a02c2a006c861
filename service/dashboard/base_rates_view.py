"""The page of base rates: which stored rows stand in which table, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.base_rate import BaseRate
from models.enums import Support
from models.rate_enums import (
    ProposerClass,
    RateMeasure,
    RateStatus,
    RateStratum,
    RateTarget,
    RateWeight,
)
from service.dashboard.words import CATEGORIES, STRATA, VERSIONS, label, percent
from service.store.rates.base_rate_rows import StoredRate

TARGETS: Mapping[str, str] = {
    RateTarget.DISPUTED: "Disputed by anybody",
    RateTarget.FLIPPED_EARLY: "Answered \u201ctoo early\u201d",
    RateTarget.FLIPPED_OUTCOME: "Another outcome than first proposed",
    RateTarget.FLIPPED: "Another answer than first proposed",
    RateTarget.OVERRIDDEN: "Set by hand, or a remedy announced",
    RateTarget.CONTESTED: "No clear answer under the rules",
    RateTarget.MISRESOLVED: "Paid out wrong",
}
PROPOSERS: Mapping[str, str] = {
    ProposerClass.POLYMARKET: "Polymarket's own addresses",
    ProposerClass.WHITELISTED: "whitelisted proposers",
    ProposerClass.OTHER: "anybody, where no list is kept",
    ProposerClass.UNKNOWN: "unknown: the list's logs are not stored",
}
BREAKS: Mapping[str, str] = {
    "spat_change": "More agreement needed in UMA's vote",
    "proposer_whitelist": "Proposers' whitelist",
    "resolver_settlement": "Settlement by the resolver alone",
}
# Said beside an estimate that is no plain measurement.
SUPPORTED: Mapping[str, str] = {
    Support.MIXED: "partly measured",
    Support.ASSUMED: "rests on assumptions",
}
_PARTS = (
    (RateStratum.CATEGORY, "By category", CATEGORIES),
    (RateStratum.VOLUME, "By volume traded before the first proposal", STRATA),
    (RateStratum.ORACLE_VERSION, "By the oracle's rules", VERSIONS),
    (RateStratum.PROPOSER_CLASS, "By who proposed first", PROPOSERS),
)
Rows = Mapping[tuple[str, str, str, str], BaseRate]
_SHOWN = (RateWeight.COUNT, RateWeight.OPEN_INTEREST, RateWeight.VOLUME)


@dataclass(frozen=True, slots=True)
class RateCell:
    """One number in words: the estimate, its interval, and what it rests on or why it is none."""

    value: str
    interval: str
    basis: str


@dataclass(frozen=True, slots=True)
class RateLine:
    """One line of a table: by count, by open interest, by volume."""

    name: str
    cells: tuple[RateCell, ...]


@dataclass(frozen=True, slots=True)
class RateTable:
    """A table with its caption."""

    caption: str
    lines: list[RateLine]


@dataclass(frozen=True, slots=True)
class RatesView:
    """The whole page."""

    as_of: datetime | None
    # Release and estimators that counted last.
    counted_by: str | None
    tables: list[RateTable]
    # Name and number of each comparison.
    comparisons: list[tuple[str, RateCell]]


def view_rates(stored: Sequence[StoredRate]) -> RatesView:
    """The page for the newest rows."""
    rows: Rows = {
        (s.row.target, s.row.stratum, s.row.name, s.row.weight): s.row
        for s in stored
        if s.row.measure == RateMeasure.RATE
    }
    tables = [
        _table(rows, RateStratum.ALL, "All finished questions"),
        _table(rows, RateStratum.RECENT, "First proposed within 90 days"),
        _table(rows, RateStratum.AUDIT, "By an audit of truth labels"),
    ]
    for stratum, caption, words in _PARTS:
        names = dict.fromkeys(name for _, kind, name, _ in rows if kind == stratum)
        lines = [
            RateLine(label(words, name), _cells(rows, RateTarget.DISPUTED, stratum, name))
            for name in names
        ]
        tables.append(RateTable(f"Disputed. {caption}", lines))
    newest = max((s.run for s in stored), key=lambda run: run.as_of, default=None)
    return RatesView(
        as_of=None if newest is None else newest.as_of,
        counted_by=None if newest is None else newest.code_version,
        tables=[table for table in tables if table.lines],
        comparisons=[
            (_comparison(s.row), to_cell(s.row))
            for s in stored
            if s.row.measure == RateMeasure.ODDS_RATIO and s.row.target == RateTarget.DISPUTED
        ],
    )


def to_cell(row: BaseRate | None) -> RateCell:
    """A stored row in words."""
    if row is None:
        return RateCell("\u2013", "", "not counted")
    basis = f"{row.positives:g} of {row.questions:,}"
    if row.weight != RateWeight.COUNT and row.measure == RateMeasure.RATE:
        basis += f", effective size {row.n_eff:,.0f}"
        if row.largest_share is not None:
            basis += f", largest {percent(row.largest_share)}"
    say = percent if row.measure == RateMeasure.RATE else _times
    if row.estimate is not None and row.p05 is not None and row.p95 is not None:
        notes = [basis, row.reason, SUPPORTED.get(row.support)]
        words = "; ".join(note for note in notes if note)
        return RateCell(say(row.estimate), f"{say(row.p05)} to {say(row.p95)}", words)
    bound = f"below {say(row.p95)}" if row.p95 is not None and row.p95 < 1 else "\u2013"
    if row.status == RateStatus.UNCALIBRATED:
        return RateCell("uncalibrated", bound, row.reason or "")
    return RateCell(bound, "", f"{basis}; {row.reason}" if row.questions else row.reason or "")


def _table(rows: Rows, stratum: RateStratum, caption: str) -> RateTable:
    names = dict.fromkeys(name for _, kind, name, _ in rows if kind == stratum)
    lines = [
        RateLine(words, _cells(rows, target, stratum, name))
        for name in names
        for target, words in TARGETS.items()
        if (target, stratum, name, RateWeight.COUNT) in rows
    ]
    return RateTable(caption, lines)


def _cells(rows: Rows, target: str, stratum: str, name: str) -> tuple[RateCell, ...]:
    return tuple(to_cell(rows.get((target, stratum, name, weight))) for weight in _SHOWN)


def _comparison(row: BaseRate) -> str:
    if row.stratum == RateStratum.TREND:
        return "Odds from one tenth of the volume to the next"
    return f"Odds after against before: {label(BREAKS, row.name).lower()}"


def _times(ratio: float) -> str:
    return f"{ratio:.2g} times"
