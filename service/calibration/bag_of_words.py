"""A small bag of words over title and rules: which words go with disputes, beside the category.

docs/methodology.md, "Dispute model". Presence only, strong ridge, common words of many documents
and groups; what comes out is a sum of log-odds that needs no learner to evaluate.
"""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from models.enums import Category
from service.calibration.model_defaults import ERAS
from service.calibration.rows import StudyRow, Target
from service.risk.dispute_features import rule_words
from service.risk.text.frozen_dispute import era_log_odds

# A word must stand in so many documents and groups, and not in more than this share of them.
LEAST_DOCUMENTS = 50
LEAST_GROUPS = 15
MOST_SHARE = 0.5
MOST_WORDS = 300
# scikit-learn's C: about Normal(0, 0.1) on each word's log-odds.
STRENGTH = 0.01
# Labels before words are tried at all.
LEAST_POSITIVES = 20
# Categories and eras are scaled so that the ridge on them is a hundred times weaker.
_SCALE_BESIDE = 10.0
_SMALLEST = 1e-3


def fit_words(rows: Sequence[StudyRow], target: Target) -> dict[str, float]:
    """The log-odds of each word; empty where there are too few positives or common words."""
    known = [row for row in rows if row.labels.of(target) is not None and row.rules]
    y = np.array([float(bool(row.labels.of(target))) for row in known])
    if y.sum() < LEAST_POSITIVES or y.sum() == len(y):
        return {}
    texts = [rule_words(row.title, row.rules) for row in known]
    words = _vocabulary(texts, [row.group for row in known])
    if not words:
        return {}
    eras = np.array([era_log_odds(ERAS, row.proposed_at) for row in known])
    return _weights(texts, [row.category for row in known], eras, y, words)


def _vocabulary(texts: Sequence[frozenset[str]], groups: Sequence[str]) -> list[str]:
    documents: Counter[str] = Counter()
    spread: dict[str, set[str]] = {}
    for words, group in zip(texts, groups, strict=True):
        documents.update(words)
        for word in words:
            spread.setdefault(word, set()).add(group)
    common = [
        word
        for word, count in documents.items()
        if LEAST_DOCUMENTS <= count <= MOST_SHARE * len(texts) and len(spread[word]) >= LEAST_GROUPS
    ]
    return sorted(sorted(common, key=lambda w: (-len(spread[w]), w))[:MOST_WORDS])


def _weights(
    texts: Sequence[frozenset[str]],
    categories: Sequence[Category],
    eras: np.ndarray,
    y: np.ndarray,
    words: list[str],
) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # a second to import

    place = {word: i for i, word in enumerate(words)}
    known = list(Category)
    design = np.zeros((len(texts), len(words) + len(known)))
    for row, (found, category) in enumerate(zip(texts, categories, strict=True)):
        design[row, [place[word] for word in found if word in place]] = 1.0
        design[row, len(words) + known.index(category)] = _SCALE_BESIDE
    if eras.any():
        # So that the words of an era do not carry its rate, which the model adds itself.
        design = np.column_stack([design, eras * _SCALE_BESIDE])
    with warnings.catch_warnings():
        # Stopping at the limit of steps is as good as converged under this ridge.
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=STRENGTH, solver="lbfgs", max_iter=300).fit(design, y)
    weights = [round(float(value), 4) for value in model.coef_[0][: len(words)]]
    pairs = zip(words, weights, strict=True)
    return {word: weight for word, weight in pairs if abs(weight) >= _SMALLEST}


def words_score(row: StudyRow, words: Mapping[str, float]) -> float:
    """The sum of its words' log-odds."""
    found = rule_words(row.title, row.rules)
    return float(sum(words[word] for word in sorted(found & words.keys())))
