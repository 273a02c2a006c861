"""The features of a market that are watched for drift, each in bins.

docs/methodology.md, "Drift".
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.risk.dispute_features import WORDS
from service.risk.inputs import volume_stratum
from service.risk.rule_text import read_wording

UNKNOWN = "unknown"
_PRICES = (0.05, 0.2, 0.5, 0.8, 0.95)
_MINUTES = (16, 31, 121)
_LOG_ODDS = (0.0, 0.5, 1.0)
# Drivers that read the wording; what they add together is the text score.
TEXT_DRIVERS = frozenset({WORDS, *(reading.name for reading in read_wording("", ""))})


@dataclass(frozen=True, slots=True)
class MarketFeatures:
    """One market at its proposal, as its score read it."""

    category: str
    # Micro-USDC.
    volume: int | None
    # Of the proposed outcome, before its proposal.
    price: float | None
    liveness_seconds: int | None
    # What the readings of its wording add to the log-odds; None where none adds anything.
    text_score: float | None = None


def bins_of(markets: Iterable[MarketFeatures]) -> Mapping[str, Counter[str]]:
    """How many markets fall into each bin of each feature.

    Without any market whose wording was read the text score has no bins.
    """
    silent = 0
    found: dict[str, Counter[str]] = {name: Counter() for name in FEATURES}
    for market in markets:
        found["category_mix"][market.category] += 1
        volume = UNKNOWN if market.volume is None else str(volume_stratum(market.volume))
        found["volume_stratum"][volume] += 1
        found["price_before_proposal"][_bin(market.price, _PRICES)] += 1
        minutes = None if market.liveness_seconds is None else market.liveness_seconds / 60
        found["liveness"][_bin(minutes, _MINUTES, " min")] += 1
        if market.text_score is not None:
            found["text_score"][_bin(market.text_score, _LOG_ODDS)] += 1
        else:
            silent += 1
    if found["text_score"]:
        found["text_score"]["none"] = silent
    return found


FEATURES = ("category_mix", "volume_stratum", "price_before_proposal", "liveness", "text_score")


def _bin(value: float | None, edges: tuple[float, ...], unit: str = "") -> str:
    if value is None:
        return UNKNOWN
    place = bisect_right(edges, value)
    if place == 0:
        return f"under {edges[0]:g}{unit}"
    if place == len(edges):
        return f"from {edges[-1]:g}{unit}"
    return f"{edges[place - 1]:g} to {edges[place]:g}{unit}"
