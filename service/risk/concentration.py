"""How few hands a token is in. docs/methodology.md, "Holders".

A list of holders that was cut gives bounds: those not listed hold at most as much each as the last
one listed, and together at most what is left of all shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

TOP = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which values a measure lies; both are the value itself where all holders are seen."""

    low: float
    high: float

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left open."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Concentration:
    """Measures over a token's holders, each in 0..1 and of net holdings."""

    # Listed; of a cut list at least so many hold the token.
    holders: int
    is_cut: bool
    # Micro-shares of all listed.
    listed: int
    # The largest holder's part, and that of the ten largest.
    top_1: Bounds
    top_10: Bounds
    # Sum of squared parts (1 is a single holder), and inequality (0 is all equal).
    herfindahl: Bounds
    gini: Bounds


def concentrate(
    sizes: Sequence[int], *, is_cut: bool, outstanding: int | None
) -> Concentration | None:
    """The measures over the sizes (micro-shares) of a list; ``None`` for an empty one.

    ``outstanding`` is how many shares exist, from the open interest; ``None`` where unknown.
    Net holdings never add up to more, so it bounds what a cut list hides.
    """
    ranked = sorted((size for size in sizes if size > 0), reverse=True)
    if not ranked:
        return None
    hidden = _most_hidden(sum(ranked), is_cut=is_cut, outstanding=outstanding)
    return Concentration(
        holders=len(ranked),
        is_cut=is_cut,
        listed=sum(ranked),
        top_1=_top(ranked, 1, hidden),
        top_10=_top(ranked, TOP, hidden),
        herfindahl=_herfindahl(ranked, hidden),
        gini=_gini(ranked, hidden),
    )


def _most_hidden(listed: int, *, is_cut: bool, outstanding: int | None) -> float:
    if not is_cut:
        return 0.0
    # Fewer shares than are listed: an older reading of the one or the other, so no bound at all.
    if outstanding is None or outstanding < listed:
        return inf
    return float(outstanding - listed)


def _top(ranked: Sequence[int], count: int, hidden: float) -> Bounds:
    listed = sum(ranked)
    seen = sum(ranked[:count])
    # Where fewer are listed than asked for, the rest of the top may be hidden ones.
    high = 1.0 if hidden and len(ranked) < count else seen / listed
    return Bounds(seen / (listed + hidden) if hidden else high, high)


def _herfindahl(ranked: Sequence[int], hidden: float) -> Bounds:
    listed = sum(ranked)
    squares = sum(size * size for size in ranked)
    # Hidden shares in ever smaller hands lower it; however held, they never raise it.
    seen = squares / listed**2
    if not hidden:
        return Bounds(seen, seen)
    return Bounds(0.0 if hidden == inf else squares / (listed + hidden) ** 2, seen)


def _gini(ranked: Sequence[int], hidden: float) -> Bounds:
    seen = _gini_with(ranked, 0.0)
    if not hidden:
        return Bounds(seen, seen)
    # As equal as can be: the hidden ones all as large as the last one listed. In ever smaller
    # hands it tends to 1.
    least = 0.0 if hidden == inf else _gini_with(ranked, hidden / ranked[-1])
    return Bounds(min(seen, least), 1.0)


def _gini_with(ranked: Sequence[int], more: float) -> float:
    """The Gini coefficient with ``more`` holders of the smallest listed size besides."""
    count, listed, smallest = len(ranked), sum(ranked), ranked[-1]
    weighted = sum(place * size for place, size in enumerate(reversed(ranked), 1))
    numerator = more * (listed - count * smallest) + 2 * weighted - (count + 1) * listed
    return max(0.0, numerator / ((count + more) * (listed + more * smallest)))
