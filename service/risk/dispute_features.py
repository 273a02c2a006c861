"""P(disputed) of one market by a fitted model, and what each reading adds to it.

docs/methodology.md, "Dispute model". The backtest, the file's figures and the live score evaluate
this one function.
"""

import re
from dataclasses import dataclass
from math import exp, log, log1p

from service.risk.dispute_readings import (
    BEFORE_ITS_TIME,
    CANDLE_OPEN,
    UNFAMILIAR,
    UNITS,
    UNREADABLE,
    DisputeFacts,
    DisputeReading,
    read_dispute,
)
from service.risk.features import Bearing, Feature, capped, mean_effect, total_logit
from service.risk.frozen_dispute import FrozenDispute, Term, shipped_dispute_model
from service.risk.wording_features import pointed_features

WORDS = "rule_words"
# Lower-case words as they stand: names and sentence beginnings, which carry an era, are left out.
_WORD = re.compile(r"(?<![\w'])[a-z]{3,}(?![\w'])")
_WORDS_QUOTED = 5
_TOO_EARLY = (BEFORE_ITS_TIME, CANDLE_OPEN)


@dataclass(frozen=True, slots=True)
class DisputeView:
    """What the dispute model says of one market."""

    model_id: str
    # By the model's own intercept: the recorded population's, not a cell's.
    p_disputed: float
    # Against a market with nothing unusual at the same point: what scales a cell's own rate.
    feature_logit: float
    features: tuple[Feature, ...]


def view_dispute(facts: DisputeFacts, model: FrozenDispute | None = None) -> DisputeView:
    """Evaluate a model, the shipped one by default, on what was known of a market.

    Lexical readings are among the features, with logit 0 and source "off" where they earned no
    place. What is not known adds 0, as does a familiar proposer in time: nearly every proposer is
    familiar by now, so that a cell's rate is theirs. ``p_disputed`` keeps the sample's mean.
    """
    model = shipped_dispute_model() if model is None else model
    features = _features(facts, model)
    return DisputeView(
        model_id=model.model_id,
        p_disputed=dispute_probability(facts, model),
        feature_logit=total_logit(features),
        features=(*features, *(() if model.reads_wording else _unused_wording(facts))),
    )


def counting_features(facts: DisputeFacts) -> tuple[Feature, ...]:
    """The features that move a score by the shipped model: a view without what is only shown."""
    return _features(facts, shipped_dispute_model())


def dispute_probability(facts: DisputeFacts, model: FrozenDispute) -> float:
    """P(disputed) alone."""
    return _expit(_base(facts, model) + total_logit(_features(facts, model, is_centred=True)))


def effect_of(term: Term, value: float) -> float:
    """What a reading of this value adds to the log-odds, within ``FEATURE_CAP``; 0 for 0."""
    return mean_effect(term.coefficient * value, term.spread * abs(value))


def rule_words(title: str | None, rules: str | None) -> frozenset[str]:
    """The words of a wording that the bag of words knows: each counts once."""
    return frozenset(_WORD.findall(f"{title or ''}\n{rules or ''}"))


def log_mean_exp(values: tuple[float, ...]) -> float:
    """Ln of the mean of exp: what a term adds to the odds on average."""
    largest = max(values, default=0.0)
    return largest + log(sum(exp(v - largest) for v in values) / max(len(values), 1))


def _base(facts: DisputeFacts, model: FrozenDispute) -> float:
    """Log-odds of a usual question of this category, then."""
    if facts.proposed_at is None:
        base = model.before_proposal
    else:
        begun = [era.log_odds for era in model.eras if facts.proposed_at >= era.begins]
        base = model.at_proposal + (begun[-1] if begun else 0.0)
    # Without a title nobody knows the category.
    return base + (model.categories.get(facts.category, 0.0) if (facts.title or "").strip() else 0)


def _features(
    facts: DisputeFacts, model: FrozenDispute, *, is_centred: bool = False
) -> tuple[Feature, ...]:
    """Those that count; centred on the sample's mean, as the file's intercept is, or on 0."""
    pairs = zip(read_dispute(facts), model.terms, strict=True)
    features = [
        _feature(facts, reading, term, term.usual if is_centred else 0.0) for reading, term in pairs
    ]
    if model.words:
        features.append(_words(facts, model))
    if model.reads_wording:
        features += pointed_features(facts.title or "", facts.rules or "", facts.category)
    return tuple(features)


def _feature(facts: DisputeFacts, reading: DisputeReading, term: Term, usual: float) -> Feature:
    is_known = facts.proposed_at is not None and (
        reading.name != UNFAMILIAR or facts.by_proposer is not None
    )
    if reading.name == UNREADABLE and facts.proposed_at is None:
        is_known = False
    counts = is_known and term.source != "off"
    logit = effect_of(term, reading.value) - usual if counts else 0.0
    return Feature(
        reading.name,
        reading.value,
        UNITS[reading.name],
        logit,
        term.source,
        evidence=reading.evidence,
        bearing=Bearing.EARLY if reading.name in _TOO_EARLY else Bearing.DISPUTED,
    )


def _words(facts: DisputeFacts, model: FrozenDispute) -> Feature:
    found = {
        word: model.words[word]
        for word in sorted(rule_words(facts.title, facts.rules) & model.words.keys())
    }
    heaviest = sorted(found, key=lambda word: (-abs(found[word]), word))[:_WORDS_QUOTED]
    # Every rule text has some of them: none stands out from a usual one's sum, not from 0.
    logit = capped(sum(found.values()) - model.words_usual)
    return Feature(
        WORDS,
        float(len(found)),
        "words",
        logit,
        "fitted",
        evidence=tuple(heaviest),
        bearing=Bearing.DISPUTED,
    )


def _unused_wording(facts: DisputeFacts) -> tuple[Feature, ...]:
    return pointed_features(facts.title or "", facts.rules or "", facts.category, counts=False)


def _expit(x: float) -> float:
    return exp(-log1p(exp(-x))) if x > 0 else exp(x) / (1 + exp(x))
