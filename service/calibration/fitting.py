"""From labelled study rows to a frozen dispute model. docs/methodology.md, "Dispute model"."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.enums import Category
from service.calibration.bag_of_words import fit_words, words_score
from service.calibration.coefficients import PRIOR_SD, Fitted, fit_coefficients, shift_to_mean
from service.calibration.features import dispute_facts
from service.calibration.logistic import Values
from service.calibration.model_defaults import (
    CATEGORY_PSEUDO,
    DEFAULTS,
    ERAS,
    PRIOR_RATES,
    PRIOR_ROWS_ELSEWHERE,
    PriorRate,
)
from service.calibration.rows import StudyRow, Target
from service.risk.dispute_features import effect_of, is_known, log_mean_exp
from service.risk.text.dispute_readings import NAMES, DisputeFacts, read_dispute
from service.risk.text.features import SUM_CAP, CoefSource, capped
from service.risk.text.frozen_dispute import FrozenDispute, Term, era_log_odds
from service.risk.wording_features import wording_logit

DIGITS = 6


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which parts a model has; the others are switched off."""

    terms: frozenset[str] = frozenset(NAMES)
    categories: bool = True
    wording: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """Labelled rows of a category, and what its rate would be if it were usual."""

    rows: int
    disputed: int
    expected: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A frozen model and how it came to its numbers."""

    model: FrozenDispute
    fitted: Fitted
    counts: dict[Category, CategoryCount]
    # Labelled rows and positives: at their proposal, and without one.
    at_proposal: tuple[int, int]
    before_proposal: tuple[int, int]
    base_rates: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The labelled rows of one kind, in order."""

    rows: list[StudyRow]
    facts: list[DisputeFacts]
    y: Values
    # What each row's era adds to its log-odds: it is known, not fitted.
    era: Values

    @property
    def positives(self) -> int:
        return int(self.y.sum())

    @property
    def era_factors(self) -> Values:
        """By how much each row's era changes its odds."""
        return np.asarray(np.exp(self.era))


@dataclass(frozen=True, slots=True)
class _Bag:
    """The log-odds of each word, and what they add to a usual question."""

    words: dict[str, float]
    usual: float


def fit_dispute(rows: Sequence[StudyRow], target: Target, recipe: Recipe | None = None) -> Fit:
    """Fit on every row whose label is known; the others only make proposers' histories."""
    recipe = recipe or Recipe()
    ordered = sorted(rows, key=lambda row: (row.score_time, row.market_key))
    proposals, listings = _parts(ordered, target)
    counts = _count_categories(proposals, listings)
    categories = _shrink(counts) if recipe.categories else {}
    words = fit_words([*proposals.rows, *listings.rows], target) if recipe.words else {}
    usual = _round(float(np.mean([words_score(r, words) for r in proposals.rows] or [0.0])))
    bag = _Bag(words, usual)
    beside = [_extra(row, categories, bag, recipe) for row in proposals.rows]
    extra = np.array(beside) + proposals.era
    fitted = _fit_terms(proposals, extra, recipe)
    terms = _terms(fitted, proposals, recipe)
    prior = PRIOR_RATES[target]
    elsewhere = replace(prior, n=min(prior.n, PRIOR_ROWS_ELSEWHERE))
    rates = _rate(proposals, prior), _rate(listings, elsewhere)
    spread = [_extra(row, categories, bag, recipe) for row in listings.rows]
    model = FrozenDispute(
        model_id="",
        target=str(target),
        trained_from=ordered[0].score_time if ordered else None,
        trained_to=_last(proposals, listings),
        at_proposal=_round(shift_to_mean(_eta(proposals, extra, terms), rates[0])),
        before_proposal=_round(shift_to_mean(np.array(spread or [0.0]), rates[1])),
        categories={category: _round(value) for category, value in categories.items()},
        terms=terms,
        eras=ERAS,
        words=bag.words,
        words_usual=bag.usual,
        reads_wording=recipe.wording,
    )
    return Fit(
        replace(model, model_id=_identity(model)),
        fitted,
        counts,
        (len(proposals.rows), proposals.positives),
        (len(listings.rows), listings.positives),
        rates,
    )


def _parts(ordered: Sequence[StudyRow], target: Target) -> tuple[_Part, _Part]:
    pairs = [
        (row, facts)
        for row, facts in zip(ordered, dispute_facts(ordered), strict=True)
        if row.labels.of(target) is not None
    ]
    parts = []
    for at_proposal in (True, False):
        chosen = [pair for pair in pairs if (pair[0].proposed_at is not None) is at_proposal]
        y = np.array([float(bool(row.labels.of(target))) for row, _ in chosen])
        era = np.array([era_log_odds(ERAS, facts.proposed_at) for _, facts in chosen])
        parts.append(_Part([row for row, _ in chosen], [facts for _, facts in chosen], y, era))
    return parts[0], parts[1]


def _count_categories(*parts: _Part) -> dict[Category, CategoryCount]:
    """Over both kinds of rows; each kind is measured by its own rate, each row in its era."""
    found: dict[Category, CategoryCount] = {}
    for part in parts:
        mean = part.positives / len(part.rows) if part.rows else 0.0
        factors = part.era_factors
        usual = mean * factors / factors.mean() if part.rows else factors
        for row, y, expected in zip(part.rows, part.y, usual.tolist(), strict=True):
            # Without a title nobody knows the category.
            if row.title:
                old = found.get(row.category, CategoryCount(0, 0, 0.0))
                found[row.category] = CategoryCount(
                    old.rows + 1, old.disputed + int(y), old.expected + expected
                )
    return {category: found[category] for category in Category if category in found}


def _shrink(counts: dict[Category, CategoryCount]) -> dict[Category, float]:
    """Ln of each category's rate over the usual one, shrunk by a few pseudo-disputes."""
    return {
        category: float(np.log((c.disputed + CATEGORY_PSEUDO) / (c.expected + CATEGORY_PSEUDO)))
        for category, c in counts.items()
    }


def _extra(row: StudyRow, categories: dict[Category, float], bag: _Bag, recipe: Recipe) -> float:
    """The log-odds beside the terms; words, as in forecasts, against a usual question's."""
    found = categories.get(row.category, 0.0) if row.title else 0.0
    if bag.words:
        found += capped(words_score(row, bag.words) - bag.usual)
    if recipe.wording:
        found += _wording(row.title or "", row.rules or "", row.category)
    return found


def _fit_terms(part: _Part, offset: Values, recipe: Recipe) -> Fitted:
    columns = _columns(part.facts)
    for j, name in enumerate(NAMES):
        known = _known(part.facts, name)
        if known.any() and not known.all():
            # As in forecasts: not known is like the usual row, not like one where nothing is seen.
            columns[~known, j] = columns[known, j].mean()
    defaults = [DEFAULTS[name].coefficient if name in recipe.terms else 0.0 for name in NAMES]
    columns[:, [name not in recipe.terms for name in NAMES]] = 0.0
    return fit_coefficients(columns, part.y, offset, defaults, [row.group for row in part.rows])


def _columns(facts: Sequence[DisputeFacts]) -> Values:
    return np.array([_values(found) for found in facts]).reshape(len(facts), len(NAMES))


def _known(facts: Sequence[DisputeFacts], name: str) -> NDArray[np.bool_]:
    return np.array([is_known(found, name) for found in facts], dtype=bool)


@lru_cache(maxsize=100_000)
def _values(facts: DisputeFacts) -> tuple[float, ...]:
    return tuple(reading.value for reading in read_dispute(facts))


@lru_cache(maxsize=100_000)
def _wording(title: str, rules: str, category: Category) -> float:
    """The same texts come again in every fold."""
    return wording_logit(title, rules, category)


def _terms(fitted: Fitted, part: _Part, recipe: Recipe) -> tuple[Term, ...]:
    columns = _columns(part.facts)
    terms = []
    for j, name in enumerate(NAMES):
        sd = _round(fitted.sds[j]) if np.isfinite(fitted.sds[j]) else None
        if name not in recipe.terms:
            terms.append(Term(name, 0.0, sd, 0.0, "off"))
            continue
        source: CoefSource = "fitted" if fitted.freed[j] else "default"
        spread = PRIOR_SD if sd is None else sd
        term = Term(name, _round(fitted.values[j]), sd, 0.0, source, spread)
        known = columns[_known(part.facts, name), j]
        added = tuple(effect_of(term, float(x)) for x in known)
        terms.append(replace(term, usual=_round(log_mean_exp(added)) if added else 0.0))
    return tuple(terms)


def _eta(part: _Part, offset: Values, terms: Sequence[Term]) -> Values:
    if not part.rows:
        return np.zeros(1)
    columns = _columns(part.facts)
    added = [
        np.where(
            _known(part.facts, term.name),
            [effect_of(term, float(x)) - term.usual for x in columns[:, j]],
            0.0,
        )
        for j, term in enumerate(terms)
        if term.source != "off"
    ]
    return np.asarray(offset + np.clip(sum(added, np.zeros(len(offset))), -SUM_CAP, SUM_CAP))


def _rate(part: _Part, prior: PriorRate) -> float:
    """The posterior mean of the rate under the published prior, moved to the rows' own eras."""
    mean = prior.mean * float(part.era_factors.mean()) if part.rows else prior.mean
    return (part.positives + mean * prior.n) / (len(part.rows) + prior.n)


def _last(*parts: _Part) -> datetime | None:
    return max((part.rows[-1].score_time for part in parts if part.rows), default=None)


def _round(value: float) -> float:
    """Digits that any machine agrees on."""
    return float(f"{value:.{DIGITS}g}")


def _identity(model: FrozenDispute) -> str:
    """A name made of the numbers alone."""
    said = json.dumps(
        [
            model.target,
            model.at_proposal,
            model.before_proposal,
            sorted((str(c), v) for c, v in model.categories.items()),
            [(t.name, t.coefficient, t.usual, t.source, t.spread) for t in model.terms],
            [(e.begins.isoformat(), e.log_odds) for e in model.eras],
            sorted(model.words.items()),
            model.words_usual,
            model.reads_wording,
        ]
    )
    return f"{model.target}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"
