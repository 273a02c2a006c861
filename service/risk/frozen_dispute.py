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
from typing import Any

from models.enums import Category
from service.risk.dispute_readings import NAMES
from service.risk.features import FEATURE_CAP, CoefSource

SCHEMA = "settlewatch.dispute-model/1"
SHIPPED_TARGETS = ("disputed", "flipped")


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
    for term in model.terms:
        # NaN included. The prior's own is 1; a much wider one says nothing within the cap, and its
        # mean factor overflows.
        if not 0 <= term.spread <= FEATURE_CAP:
            raise ValueError(
                f"model file's spread of {term.name} is {term.spread:g}: give 0 to {FEATURE_CAP:g}"
            )
    return model


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
    return FrozenDispute(
        model_id=str(data["model_id"]),
        target=str(data["target"]),
        trained_from=_instant(data["trained"]["from"]),
        trained_to=_instant(data["trained"]["to"]),
        at_proposal=float(coefficients["intercepts"]["at_proposal"]["value"]),
        before_proposal=float(coefficients["intercepts"]["before_proposal"]["value"]),
        categories={
            Category(name): float(row["value"]) for name, row in coefficients["categories"].items()
        },
        terms=tuple(
            Term(
                name=row["name"],
                coefficient=float(row["value"]),
                sd=None if row["sd"] is None else float(row["sd"]),
                usual=float(row["usual"]),
                source=row["coef_source"],
                spread=float(row.get("spread", 0.0)),
            )
            for row in coefficients["terms"]
        ),
        eras=tuple(
            Era(datetime.fromisoformat(row["from"]), float(row["log_odds"]), row["source"])
            for row in data["eras"]
        ),
        words={str(word): float(value) for word, value in coefficients["words"].items()},
        words_usual=float(coefficients["words_usual"]),
        reads_wording=bool(data["reads_wording"]),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
