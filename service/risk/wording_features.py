"""Rule-text readings as features: points a reading, against a usual market of the category.

docs/methodology.md, "Rule text".
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files

from models.enums import Category
from service.risk.parameters import Prior
from service.risk.text.features import CoefSource, Feature, capped, total_logit
from service.risk.text.frozen_dispute import shipped_dispute_model
from service.risk.text.rule_text import Reading, read_sources, read_wording

_NEAR = timedelta(hours=24)
_FRAGILE = "fragile_source_"


@dataclass(frozen=True, slots=True)
class Points:
    """What a unit of a reading adds to the log-odds, and up to which value it counts."""

    points: float
    most: float
    tag: str


@dataclass(frozen=True, slots=True)
class WordingPoints:
    """The table ``wording_points.toml``."""

    points: Mapping[str, Points]
    usual: Mapping[str, Mapping[str, float]]
    fragile: Mapping[str, Prior]


@dataclass(frozen=True, slots=True)
class RuleTimes:
    """When a rule text changed, in aware UTC; only what was known at the score's time."""

    first_traded_at: datetime | None = None
    edited_at: tuple[datetime, ...] = ()
    clarified_at: tuple[datetime, ...] = ()
    # Proposals, and votes' first days.
    decided_at: tuple[datetime, ...] = ()


@lru_cache(maxsize=1)
def load_points() -> WordingPoints:
    """The shipped table."""
    text = files("service.risk").joinpath("wording_points.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return WordingPoints(
        {name: Points(**row) for name, row in data["points"].items()},
        data["usual"],
        {kind: Prior(**row) for kind, row in data["fragile"].items()},
    )


def text_features(title: str, rules: str, category: Category | None = None) -> tuple[Feature, ...]:
    """The lexical features of a market's wording, each with the words that drove it.

    Their points count only where the shipped dispute model says that they earned a place; else
    they have logit 0 and source "off". Fragile sources are features of logit 0: they are a path of
    their own, see :func:`corruption_prior`.
    """
    counts = shipped_dispute_model().reads_wording
    return (
        *pointed_features(title, rules, category, counts=counts),
        *(
            Feature(r.name, r.value, r.unit, 0.0, "default", r.spans)
            for r in read_sources(title, rules)
        ),
    )


def pointed_features(
    title: str, rules: str, category: Category | None = None, *, counts: bool = True
) -> tuple[Feature, ...]:
    """The lexical readings with their points; without a category against all usual markets."""
    return tuple(
        _feature(reading, category, counts=counts) for reading in read_wording(title, rules)
    )


def wording_logit(title: str, rules: str, category: Category | None = None) -> float:
    """What the lexical points add up to, whether or not the score uses them.

    A screen of wordings (for audits), not a probability.
    """
    return total_logit(pointed_features(title, rules, category))


def timing_features(times: RuleTimes) -> tuple[Feature, ...]:
    """Features of when the rules changed: text alone cannot tell."""
    edited = [at for at in times.edited_at if times.first_traded_at and at > times.first_traded_at]
    near = [
        at for at in times.clarified_at if any(abs(at - then) <= _NEAR for then in times.decided_at)
    ]
    return (
        _timing("rules_edited_after_first_trade", edited, "rules edited"),
        _timing("clarification_near_proposal", near, "clarified"),
    )


def corruption_prior(features: tuple[Feature, ...]) -> tuple[str, Prior] | None:
    """The kind of the most fragile source a market hangs on, and P(it is made to say untruth).

    Tag A, and an event apart from every other term of the path model: with it proposer, disputers
    and voters all see the same wrong value. None where no fragile source stands alone.
    """
    table = load_points().fragile
    kinds = [
        f.name.removeprefix(_FRAGILE) for f in features if f.name.startswith(_FRAGILE) and f.value
    ]
    if not kinds:
        return None
    worst = max(kinds, key=lambda kind: table[kind].mean)
    return worst, table[worst]


def _feature(reading: Reading, category: Category | None, *, counts: bool) -> Feature:
    table = load_points()
    points, usual = table.points[reading.name], table.usual[reading.name]
    mean = usual["all"] if category is None else usual.get(category, usual["all"])
    logit = capped(points.points * (min(reading.value, points.most) - mean)) if counts else 0.0
    source: CoefSource = "default" if counts else "off"
    return Feature(reading.name, reading.value, reading.unit, logit, source, reading.spans)


def _timing(name: str, instants: list[datetime], what: str) -> Feature:
    points = load_points().points[name]
    logit = capped(points.points * min(len(instants), points.most))
    evidence = tuple(f"{what} {at:%Y-%m-%d %H:%M} UTC" for at in sorted(instants)[-3:])
    return Feature(name, float(len(instants)), "times", logit, "default", evidence=evidence)
