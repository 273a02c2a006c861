"""The stored assessment document, read for a page; a field that is missing is left out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.dashboard.charts import Bar, bars
from service.dashboard.words import (
    COMPONENTS,
    STATES,
    cell,
    label,
    odds,
    odds_at,
    odds_base,
    percent,
    span,
)

_FEATURES: Mapping[str, str] = {
    "state": "How far the resolution has come",
    "price_before_proposal": "The market's price before the first proposal",
    "time_undisputed": "Time without a dispute",
    "answer": "The answer given",
    "stale_inputs": "Some inputs are old",
    "flagged": "Flagged for resolution by hand",
    "payout_set_by_hand": "The payout was set by hand",
}
_MONEY_SOURCES: Mapping[str, str] = {
    "open_interest": "Open interest as Polymarket reports it.",
    "assumed": "Open interest is unknown; the amount is assumed from traded volume.",
}
_BASE = "base_rate"
# An address beside a number that rises would read as an accusation; the timeline has the fact.
_NAMES_A_WALLET = "proposer 0x"
_NO_PUSH = 1e-9


@dataclass(frozen=True, slots=True)
class DriverView:
    """One reason for the score."""

    name: str
    value: str
    push: str
    raises: bool
    bar: Bar
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaselineView:
    """Where the drivers start."""

    odds: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BeliefView:
    """One answer, as the oracle may give it and as our evidence has it."""

    answer: str
    given: str
    true: str


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One way to a wrong payout and its share of the probability."""

    name: str
    p: float
    share: str
    bar: Bar


@dataclass(frozen=True, slots=True)
class FreshnessView:
    """How old what the score read was, and what it did not have."""

    ages: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


def read_drivers(document: Mapping[str, object]) -> list[DriverView]:
    """The drivers that push at all, as multipliers of the odds."""
    rows = [
        row
        for row in _rows(document.get("drivers"))
        if row.get("feature") != _BASE and abs(_number(row, _LOGIT)) > _NO_PUSH
    ]
    pushes = [_number(row, _LOGIT) for row in rows]
    return [
        DriverView(
            name=label(_FEATURES, str(row.get("feature", ""))),
            value=_value(row),
            push=_multiplier(push),
            raises=push > 0,
            bar=bar,
            evidence=tuple(item for item in _texts(row) if not item.startswith(_NAMES_A_WALLET)),
        )
        for row, push, bar in zip(rows, pushes, bars(pushes), strict=True)
    ]


def read_baseline(document: Mapping[str, object]) -> BaselineView | None:
    """The average market of this kind, from which the drivers lead to this one."""
    for row in _rows(document.get("drivers")):
        value = row.get("value")
        if row.get("feature") == _BASE and isinstance(value, int | float):
            return BaselineView(odds(value), tuple(cell(item) for item in _texts(row)))
    return None


def read_beliefs(document: Mapping[str, object], outcomes: Sequence[str]) -> list[BeliefView]:
    """Per answer: how likely the oracle gives it, and how likely it is the true one."""
    answers, truth = document.get("answer_distribution"), document.get("truth_belief")
    if not isinstance(answers, dict) or not isinstance(truth, dict):
        return []
    yes, no = outcomes if len(outcomes) == 2 else ("Yes", "No")  # noqa: PLR2004  # a binary market
    return [
        BeliefView(words, _share(answers.get(key)), _share(truth.get(key)))
        for key, words in (("Yes", yes), ("No", no), ("50-50", "50-50"), ("none", "No answer"))
    ]


def read_components(document: Mapping[str, object]) -> list[ComponentView]:
    """The ways to a wrong payout that weigh anything, greatest first."""
    found = document.get("components")
    values = {
        str(name): float(value)
        for name, value in (found.items() if isinstance(found, dict) else ())
        if isinstance(value, int | float) and value != 0
    }
    ordered = sorted(values.items(), key=lambda item: -abs(item[1]))
    # All on the scale of their sum, so that they can be compared and added by eye.
    base = odds_base(max(sum(values.values()), 1e-12))
    return [
        ComponentView(label(COMPONENTS, name), value, odds_at(value, base), bar)
        for (name, value), bar in zip(ordered, bars([v for _, v in ordered]), strict=True)
    ]


def read_freshness(document: Mapping[str, object]) -> FreshnessView:
    """Ages and gaps of what the score read."""
    found = document.get("freshness")
    fresh: Mapping[str, object] = found if isinstance(found, dict) else {}
    ages = [
        (words, span(age))
        for key, words in (
            ("book_age_s", "Order book"),
            ("oi_age_s", "Open interest"),
            ("stake_age_s", "UMA stake"),
        )
        if isinstance(age := fresh.get(key), int | float)
    ]
    block = fresh.get("block")
    if isinstance(block, int):
        ages.insert(0, ("Polygon read up to block", f"{block:,}"))
    return FreshnessView(
        tuple(ages),
        tuple(str(item) for item in _list(fresh.get("missing"))),
        tuple(str(item) for item in _list(document.get("warnings"))),
    )


def read_money_source(document: Mapping[str, object]) -> str | None:
    """Where the money at risk was taken from, in plain words."""
    money = document.get("money")
    if not isinstance(money, dict) or money.get("source") is None:
        return None
    return _MONEY_SOURCES.get(str(money["source"])) or str(money.get("reason") or "Unknown.")


_LOGIT = "contribution_logit"


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in _list(value) if isinstance(row, dict)]


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _texts(row: Mapping[str, object]) -> list[str]:
    return [str(item) for item in _list(row.get("evidence"))]


def _number(row: Mapping[str, object], key: str) -> float:
    value = row.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


def _multiplier(push: float) -> str:
    factor = math.exp(min(abs(push), 40.0))
    shown = f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"  # noqa: PLR2004  # two digits
    return f"odds \u00d7 {shown}" if push > 0 else f"odds \u00f7 {shown}"


def _share(value: object) -> str:
    return percent(value) if isinstance(value, int | float) else "\u2013"


def _value(row: Mapping[str, object]) -> str:
    value, unit = row.get("value"), row.get("unit")
    if value is None or unit == "flag":
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return label(STATES, str(value))
    match unit:
        case "probability":
            return percent(value)
        case "minutes":
            return span(value * 60)
        case "USD per share proposed":
            return f"${value:.2f} a share of the proposed answer"
        case _:
            return f"{value:,.4g} {unit or ''}".rstrip()
