"""What the baselines see of a row: its cell, its price and a fixed list of words."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log1p, log10, nan

import numpy as np

from service.calibration.logistic import Values, logit
from service.calibration.rows import StudyRow, TimeBasis

CELL = "/"
# Prices are quoted in cents and often stale: at most 1 in 200 either way is believed.
_PRICE_EDGE = 0.005
# Without a price the column is 0 and this one 1, so that its rate is learned from training rows.
PRICE = ("contrary_price", "no_price", "settled_market")
_WORDS: Mapping[str, re.Pattern[str]] = {
    "vague_verb": re.compile(
        r"\b(agrees?|agreement|announc\w+|invad\w+|officials?|officially|deals?|consensus"
        r"|credible reporting|wears?|suit|recogni[sz]\w+|confirm\w*)\b",
        re.IGNORECASE,
    ),
    "alternative_source": re.compile(
        r"\b(or other|alternatively|may also be used|if .{0,60}unavailable)\b", re.IGNORECASE
    ),
    "deadline": re.compile(r"\b(before|by|until|11:59)\b", re.IGNORECASE),
    "said_words": re.compile(r"\b(say|says|said|mention\w*|utter\w*)\b", re.IGNORECASE),
    "subjective": re.compile(
        r"\b(significant\w*|substantial\w*|major|clear\w*|reasonabl\w+|widely|primarily)\b",
        re.IGNORECASE,
    ),
}
_MOST_HITS = 4
TEXT = (*_WORDS, "log_rules_length", "no_rules")
LEXICAL = (*PRICE, *TEXT)
# Not a number where the row does not have it.
TRADED, PAGES = ("log_volume",), ("notifier_pages",)
# So that the column is about 0 at 10,000 USD.
_TYPICAL_LOG_VOLUME = 4.0
# So that the column is about 0 where rules are missing, whose rate has a column of its own.
_TYPICAL_LOG_LENGTH = 6.5


def cell_of(row: StudyRow) -> str:
    """Recording and category."""
    return f"{row.recorded_as}{CELL}{row.category}"


def columns_of(rows: Sequence[StudyRow]) -> dict[str, Values]:
    """Every column of every baseline, one value a row."""
    seen = np.array([_seen(row.title, row.rules) for row in rows]).reshape(len(rows), len(TEXT))
    return {
        "constant": np.ones(len(rows)),
        "contrary_price": np.array([_contrary(row.price_of_proposed) for row in rows]),
        "no_price": np.array([float(row.price_of_proposed is None) for row in rows]),
        "settled_market": np.array([float(row.time_basis is TimeBasis.SETTLEMENT) for row in rows]),
        **{name: seen[:, i] for i, name in enumerate(TEXT)},
        **partial_columns(rows),
    }


def partial_columns(rows: Sequence[StudyRow]) -> dict[str, Values]:
    """The columns of B2 and B4: not a number where a row has no value."""
    facts = [row.for_baselines for row in rows]
    return {
        "notifier_pages": np.array([_pages(found.notifier_pages) for found in facts]),
        "log_volume": np.array([_log_volume(found.volume_usd) for found in facts]),
    }


# A rolling backtest asks for the same texts in every fold.
@lru_cache(maxsize=1 << 16)
def _seen(title: str | None, rules: str | None) -> tuple[float, ...]:
    """The columns of the text."""
    text = f"{title or ''}\n{rules or ''}"
    words = (_hits(pattern, text) for pattern in _WORDS.values())
    length = log1p(len(rules)) - _TYPICAL_LOG_LENGTH if rules else 0.0
    return (*words, length, float(not rules))


def _contrary(price: float | None) -> float:
    """Log odds of 1 - price."""
    if price is None:
        return 0.0
    held = min(max(1 - price, _PRICE_EDGE), 1 - _PRICE_EDGE)
    return float(logit(np.array([held]))[0])


def _log_volume(usd: float | None) -> float:
    """Tenfold volumes are a step apart."""
    return nan if usd is None else log10(1 + max(usd, 0.0)) - _TYPICAL_LOG_VOLUME


def _pages(pages: bool | None) -> float:  # noqa: FBT001  # a verdict
    return nan if pages is None else float(pages)


def _hits(pattern: re.Pattern[str], text: str) -> float:
    """The share of the most hits that count."""
    return min(sum(1 for _ in pattern.finditer(text)), _MOST_HITS) / _MOST_HITS
