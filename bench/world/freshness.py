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
            group = self._group(kind, number, now)
            before = last.get(number, -1.0)
            if before >= since:
                self._gaps[group].append(now - before)
            elif since > 0:
                # Those hot from the start wait for the first sweep; these, for being noticed.
                self._first[group].append(now - since)
            last[number] = now

    def _group(self, kind: Kind, number: int, now: float) -> str:
        """The kind of read; apart, of markets past their end with nothing proposed."""
        return kind if self._world.status(number, now) else f"{kind}, ended"

    def report(self, now: float) -> dict[Kind, dict[str, float]]:
        """Seconds, by kind of read; ``unread`` are markets hot for 120 s and not read since."""
        return {
            group: {
                "reads": len(gaps),
                "median": _at(gaps, 0.5),
                "p99": _at(gaps, 0.99),
                "longest": _at(gaps, 1.0),
                "notice_median": _at(self._first[group], 0.5),
                "notice_longest": _at(self._first[group], 1.0),
                "unread": self._unread(group, now),
            }
            for group, gaps in ((g, sorted(self._gaps[g])) for g in sorted(self._gaps))
        }

    def _unread(self, group: str, now: float) -> int:
        last = self._last[group.removesuffix(", ended")]
        return sum(
            1
            for number in self._world.hot_now(now)
            if self._group(group.removesuffix(", ended"), number, now) == group
            and now - max(last.get(number, 0), self._world.hot_since(number)) > 120
        )


def _at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
