"""The features of a market that are watched for drift, each in bins.

docs/methodology.md, "Drift".
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service.risk.inputs import volume_stratum
from service.risk.text.dispute_readings import BEFORE_ITS_TIME, CANDLE_OPEN, UNFAMILIAR

UNKNOWN = "unknown"
_PRICES = (0.05, 0.2, 0.5, 0.8, 0.95)
_MINUTES = (16, 31, 121)
# Of the ratio of expected over seen answers, in logs.
_LOG_RATIO = (0.5, 1.0, 2.0)
# The readings of a first proposal that move a score: flags, but for the first.
READINGS = (UNFAMILIAR, BEFORE_ITS_TIME, CANDLE_OPEN)
FEATURES = ("category_mix", "volume_stratum", "price_before_proposal", "liveness", *READINGS)


@dataclass(frozen=True, slots=True)
class MarketFeatures:
    """One market at its proposal, as its score read it."""

    category: str
    # Micro-USDC.
    volume: int | None
    # Of the proposed outcome, before its proposal.
    price: float | None
    liveness_seconds: int | None
    # Values of those of ``READINGS`` that moved it; a score does not say which were unknown.
    readings: Mapping[str, float] = field(default_factory=dict)


def bins_of(markets: Iterable[MarketFeatures]) -> Mapping[str, Counter[str]]:
    """How many markets fall into each bin of each feature."""
    found: dict[str, Counter[str]] = {name: Counter() for name in FEATURES}
    for market in markets:
        found["category_mix"][market.category] += 1
        volume = UNKNOWN if market.volume is None else str(volume_stratum(market.volume))
        found["volume_stratum"][volume] += 1
        found["price_before_proposal"][_bin(market.price, _PRICES)] += 1
        minutes = None if market.liveness_seconds is None else market.liveness_seconds / 60
        found["liveness"][_bin(minutes, _MINUTES, " min")] += 1
        for name in READINGS:
            found[name][_reading(name, market.readings.get(name))] += 1
    return found


def _reading(name: str, value: float | None) -> str:
    if value is None:
        return "none"
    return _bin(value, _LOG_RATIO) if name == UNFAMILIAR else "yes"


def _bin(value: float | None, edges: tuple[float, ...], unit: str = "") -> str:
    if value is None:
        return UNKNOWN
    place = bisect_right(edges, value)
    if place == 0:
        return f"under {edges[0]:g}{unit}"
    if place == len(edges):
        return f"from {edges[-1]:g}{unit}"
    return f"{edges[place - 1]:g} to {edges[place]:g}{unit}"
