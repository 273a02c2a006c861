"""P(disputed) of one market by a fitted model, and what each reading adds to it.

docs/methodology.md, "Dispute model". The backtest, the file's figures and the live score evaluate
this one function.
"""

import re
from math import exp, log

from service.risk.log_odds import expit
from service.risk.text.dispute_readings import (
    BEFORE_ITS_TIME,
    CANDLE_OPEN,
    UNFAMILIAR,
    UNITS,
    DisputeFacts,
    DisputeReading,
    read_dispute,
)
from service.risk.text.features import (
    Bearing,
    Feature,
    capped,
    effect_spread,
    mean_effect,
    total_logit,
)
from service.risk.text.frozen_dispute import (
    FrozenDispute,
    Term,
    era_log_odds,
    shipped_dispute_model,
)
from service.risk.wording_features import pointed_features

WORDS = "rule_words"
# Lower-case words as they stand: names and sentence beginnings, which carry an era, are left out.
_WORD = re.compile(r"(?<![\w'])[a-z]{3,}(?![\w'])")
_WORDS_QUOTED = 5
_TOO_EARLY = (BEFORE_ITS_TIME, CANDLE_OPEN)


def counting_features(
    facts: DisputeFacts, model: FrozenDispute | None = None
) -> tuple[Feature, ...]:
    """What a model, the shipped one by default, reads of a market, and what it adds to a score.

    Against a market with nothing unusual at the same point, so that it scales a cell's own rate:
    what is not known adds 0, as does a familiar proposer in time, since nearly every proposer is
    familiar by now.
    """
    return _features(facts, shipped_dispute_model() if model is None else model)


def dispute_probability(facts: DisputeFacts, model: FrozenDispute) -> float:
    """P(disputed) by the model's own intercept, which keeps the mean of the sample it is of."""
    return expit(_base(facts, model) + total_logit(_features(facts, model, is_centred=True)))


def effect_of(term: Term, value: float) -> float:
    """What a reading of this value adds to the log-odds, within ``FEATURE_CAP``; 0 for 0."""
    return mean_effect(term.coefficient * value, term.spread * abs(value))


def is_known(facts: DisputeFacts, name: str) -> bool:
    """Whether a reading can say anything here: what is not known adds 0, not a usual one's less.

    Forecasts and fits ask this alike.
    """
    if name == UNFAMILIAR and (facts.by_proposer is None or facts.by_anybody is None):
        return False
    return facts.proposed_at is not None


def rule_words(title: str | None, rules: str | None) -> frozenset[str]:
    """The words of a wording that the bag of words knows: each counts once."""
    return frozenset(_WORD.findall(f"{title or ''}\n{rules or ''}"))


def log_mean_exp(values: tuple[float, ...]) -> float:
    """Ln of the mean of exp: what a term adds to the odds on average."""
    largest = max(values, default=0.0)
    return largest + log(sum(exp(v - largest) for v in values) / max(len(values), 1))


def _base(facts: DisputeFacts, model: FrozenDispute) -> float:
    """Log-odds of a usual question of this category, then."""
    is_proposed = facts.proposed_at is not None
    base = model.at_proposal if is_proposed else model.before_proposal
    base += era_log_odds(model.eras, facts.proposed_at)
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
    counts = is_known(facts, reading.name) and term.source != "off"
    logit = effect_of(term, reading.value) - usual if counts else 0.0
    mean, sd = term.coefficient * reading.value, term.spread * abs(reading.value)
    return Feature(
        reading.name,
        reading.value,
        UNITS[reading.name],
        logit,
        term.source,
        evidence=reading.evidence,
        bearing=Bearing.EARLY if reading.name in _TOO_EARLY else Bearing.DISPUTED,
        spread=effect_spread(mean, sd) if counts else 0.0,
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
