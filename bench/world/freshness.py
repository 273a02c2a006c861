"""How long a hot market went unread, measured where it is asked for."""

from collections import defaultdict
from collections.abc import Iterable

from bench.world.population import World

Kind = str


class Freshness:
    """Gaps between reads of hot markets, and the wait from becoming hot to the first read."""

    def __init__(self, world: World) -> None:
        """Nothing was read yet."""
        self._world = world
        self._last: dict[Kind, dict[int, float]] = defaultdict(dict)
        self._gaps: dict[Kind, list[float]] = defaultdict(list)
        self._first: dict[Kind, list[float]] = defaultdict(list)

    def read(self, kind: Kind, numbers: Iterable[int], now: float) -> None:
        """These markets were read."""
        last = self._last[kind]
        for number in set(numbers):
            if self._world.hot_slot(number, now) is None:
                continue
            since = self._world.hot_since(number)
            before = last.get(number, -1.0)
            if before >= since:
                self._gaps[kind].append(now - before)
            elif since > 0:
                # Those hot from the start wait for the first sweep; these, for being noticed.
                self._first[kind].append(now - since)
            last[number] = now

    def report(self, now: float) -> dict[Kind, dict[str, float]]:
        """Seconds, by kind of read; ``unread`` are markets hot for 120 s and not read since."""
        return {
            kind: {
                "reads": len(gaps),
                "median": _at(gaps, 0.5),
                "p99": _at(gaps, 0.99),
                "longest": _at(gaps, 1.0),
                "notice_median": _at(self._first[kind], 0.5),
                "notice_longest": _at(self._first[kind], 1.0),
                "unread": sum(
                    1
                    for number in self._world.hot_now(now)
                    if now - max(self._last[kind].get(number, 0), self._world.hot_since(number))
                    > 120
                ),
            }
            for kind, gaps in ((k, sorted(self._gaps[k])) for k in self._last)
        }


def _at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
