"""A fitted dispute model as its file says it: numbers only, evaluated without any learner.

docs/methodology.md, "Dispute model". The shipped files are ``models/*.json``; another one,
written by ``settlewatch fit``, is read the same way.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from math import isfinite
from typing import Any, get_args

from models.enums import Category
from service.risk.text.dispute_readings import NAMES
from service.risk.text.features import FEATURE_CAP, CoefSource

SCHEMA = "settlewatch.dispute-model/1"
SHIPPED_TARGETS = ("disputed", "flipped")
# Log-odds beyond either end say nothing more, and sums of them would leave floating point.
_MOST = 100.0
_SOURCES = get_args(CoefSource)


@dataclass(frozen=True, slots=True)
class Term:
    """What a unit of a reading adds to the log-odds; ``usual`` is what it adds on average."""

    name: str
    coefficient: float
    # Of the coefficient's posterior; None where it is the default.
    sd: float | None
    usual: float
    source: CoefSource
    # How far the coefficient may be from its value: its sd, or the prior's where it is the
    # default. 0 in files of before forecasts were means over it.
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Era:
    """From when on, by the block's time, the rules of proposing differ, and by how much."""

    begins: datetime
    log_odds: float
    source: str


@dataclass(frozen=True, slots=True)
class FrozenDispute:
    """Every number of a fitted model. Two are equal where their files are."""

    model_id: str
    target: str
    trained_from: datetime | None
    trained_to: datetime | None
    # Log-odds of a usual question, at its proposal and where no proposal is known.
    at_proposal: float
    before_proposal: float
    categories: Mapping[Category, float]
    terms: tuple[Term, ...]
    eras: tuple[Era, ...]
    # Log-odds a word of title and rules adds; empty where words earned no place.
    words: Mapping[str, float]
    # What they add to a usual question.
    words_usual: float
    # Whether the lexical readings of the rules add their points.
    reads_wording: bool


def era_log_odds(eras: Sequence[Era], proposed_at: datetime | None) -> float:
    """What the newest era begun by then adds to the log-odds; without a proposal 0.

    Forecasts and fits take it from here, so that no row's own era is counted twice.
    """
    if proposed_at is None:
        return 0.0
    begun = [era.log_odds for era in eras if proposed_at >= era.begins]
    return begun[-1] if begun else 0.0


def parse_dispute_model(text: str) -> FrozenDispute:
    """Read a model file; ValueError with the reason where it is none of this form."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"not a model file: schema is not {SCHEMA!r}")
    try:
        model = _model(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"model file lacks or misuses a field: {error}") from error
    if tuple(term.name for term in model.terms) != NAMES:
        raise ValueError(f"model file's terms are not {', '.join(NAMES)}")
    return model


def number_of(value: object, name: str, low: float = -_MOST, high: float = _MOST) -> float:
    """A number of a model file; ValueError with its name unless it is one from low to high.

    Python's JSON knows NaN and Infinity; neither is a number here.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and low <= value <= high and isfinite(value):  # type: ignore[operator, arg-type]
        return float(value)  # type: ignore[arg-type]
    raise ValueError(f"model file's {name} is {value!r:.40}: give {low:g} to {high:g}")


@lru_cache(maxsize=4)
def shipped_text(target: str = "disputed") -> str:
    """The shipped model file of a target, one of ``SHIPPED_TARGETS``, as it is."""
    return files("service.risk").joinpath(f"models/{target}.json").read_text("utf-8")


@lru_cache(maxsize=4)
def shipped_dispute_model(target: str = "disputed") -> FrozenDispute:
    """The shipped model of a target."""
    return parse_dispute_model(shipped_text(target))


def _model(data: dict[str, Any]) -> FrozenDispute:
    coefficients = data["coefficients"]
    intercepts = {
        name: number_of(coefficients["intercepts"][name]["value"], name)
        for name in ("at_proposal", "before_proposal")
    }
    return FrozenDispute(
        model_id=str(data["model_id"]),
        target=str(data["target"]),
        trained_from=_instant(data["trained"]["from"]),
        trained_to=_instant(data["trained"]["to"]),
        **intercepts,
        categories={
            Category(name): number_of(row["value"], f"category {name}")
            for name, row in coefficients["categories"].items()
        },
        terms=tuple(_term(row) for row in coefficients["terms"]),
        eras=tuple(
            Era(
                _aware(row["from"]),
                number_of(row["log_odds"], f"era from {row['from']}"),
                row["source"],
            )
            for row in data["eras"]
        ),
        words={
            str(word): number_of(value, f"word {word!r}")
            for word, value in coefficients["words"].items()
        },
        words_usual=number_of(coefficients["words_usual"], "words_usual"),
        reads_wording=bool(data["reads_wording"]),
    )


def _term(row: Mapping[str, Any]) -> Term:
    name, sd, source = row["name"], row["sd"], row["coef_source"]
    if source not in _SOURCES:
        raise ValueError(f"model file's coef_source of {name} is none of {', '.join(_SOURCES)}")
    return Term(
        name=name,
        coefficient=number_of(row["value"], f"value of {name}"),
        sd=None if sd is None else number_of(sd, f"sd of {name}", 0.0),
        usual=number_of(row["usual"], f"usual of {name}"),
        source=source,
        # The prior's own is 1; a much wider one says nothing within the cap, and its mean factor
        # overflows.
        spread=number_of(row.get("spread", 0.0), f"spread of {name}", 0.0, FEATURE_CAP),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else _aware(text)


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"model file's instant {text} has no time zone")
    return at
