"""Mean and 90 % interval of draws. docs/methodology.md, "Intervals"."""

from math import floor

import numpy as np

from service.risk.draws import Values
from service.risk.result import Interval

_QUANTILES = (0.05, 0.5, 0.95)


def interval_of(values: Values) -> Interval:
    """Mean and 5/50/95 % of draws; rounding may not push the mean out of its own interval."""
    mean = mean_of(values)
    p05, p50, p95 = (_inside(quantile) for quantile in _quantiles(values))
    return Interval(mean, min(p05, mean), p50, max(p95, mean))


def mean_of(values: Values) -> float:
    """The mean of draws of a probability, rounding kept out."""
    return _inside(float(values.mean()))


def _quantiles(values: Values) -> list[float]:
    """As ``numpy.percentile``: linear between draws, but a third of its time."""
    places = [share * (len(values) - 1) for share in _QUANTILES]
    lows = [floor(place) for place in places]
    highs = [min(low + 1, len(values) - 1) for low in lows]
    ordered = np.partition(values, sorted({*lows, *highs}))
    return [
        float(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
        for place, low, high in zip(places, lows, highs, strict=True)
    ]


def _inside(value: float) -> float:
    return min(max(value, 0.0), 1.0)
