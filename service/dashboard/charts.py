"""Geometry of the small pictures: where a probability, a push or a score stands in its SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

# The log scale of all probabilities: from one in a million to certain.
FLOOR = 1e-6
_DECADES = 6


@dataclass(frozen=True, slots=True)
class Gauge:
    """A probability and its interval on the log scale, in 0..1000 units from the left."""

    low: float
    mean: float
    high: float

    @property
    def width(self) -> float:
        """The interval's drawn width; never so small that it vanishes."""
        return max(self.high - self.low, 8.0)


@dataclass(frozen=True, slots=True)
class Bar:
    """A signed push around a middle line at 500, in 0..1000 units."""

    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A history of probabilities: the mean as a line, the interval as a band."""

    line: str
    band: str
    last_x: float
    last_y: float


def gauge(low: float, mean: float, high: float) -> Gauge:
    """Place a probability with its interval."""
    return Gauge(_place(low), _place(mean), _place(high))


def bars(values: Sequence[float]) -> list[Bar]:
    """Place signed values; the greatest of them fills its half."""
    greatest = max((abs(value) for value in values), default=0.0)
    lengths = [abs(v) / greatest * 480 if greatest > 0 else 0.0 for v in values]
    return [
        Bar(500.0 if value >= 0 else 500.0 - length, length)
        for value, length in zip(values, lengths, strict=True)
    ]


def sparkline(points: Sequence[tuple[datetime, float, float, float]]) -> Sparkline | None:
    """Draw (time, low, mean, high) points, oldest first; ``None`` for fewer than two instants."""
    if len(points) < 2 or points[0][0] == points[-1][0]:  # noqa: PLR2004  # no line without two
        return None
    first, last = points[0][0], points[-1][0]
    length = (last - first).total_seconds()
    lows, highs = [_decade(p[1]) for p in points], [_decade(p[3]) for p in points]
    bottom, top = min(lows) - 0.15, max(highs) + 0.15
    if top - bottom < 1:
        bottom, top = (bottom + top - 1) / 2, (bottom + top + 1) / 2

    def x(at: datetime) -> float:
        return round((at - first).total_seconds() / length * 1000, 1)

    def y(decade: float) -> float:
        return round((top - decade) / (top - bottom) * 200, 1)

    upper = [(x(p[0]), y(high)) for p, high in zip(points, highs, strict=True)]
    lower = [(x(p[0]), y(low)) for p, low in zip(points, lows, strict=True)]
    middle = [(x(p[0]), y(_decade(p[2]))) for p in points]
    return Sparkline(
        line=_steps(middle),
        band=_steps(upper) + " " + _steps(lower, backwards=True),
        last_x=middle[-1][0],
        last_y=middle[-1][1],
    )


def _place(p: float) -> float:
    return round((_decade(p) + _DECADES) / _DECADES * 1000, 1)


def _decade(p: float) -> float:
    return math.log10(min(max(p, FLOOR), 1.0))


def _steps(points: Sequence[tuple[float, float]], *, backwards: bool = False) -> str:
    """A score holds until the next one: a staircase, not a slope."""
    corners: list[tuple[float, float]] = []
    for index, (x, y) in enumerate(points):
        if index:
            corners.append((x, points[index - 1][1]))
        corners.append((x, y))
    ordered = reversed(corners) if backwards else iter(corners)
    return " ".join(f"{x},{y}" for x, y in ordered)
