"""The refresh plan: what the periods cost, and what gives way where a limit has no room.

Pure. Markets are counted by state and band; each kind of read of each group is a load on a bucket
of requests and on those above it. Where the loads of a bucket exceed its share, the coldest
groups are stretched first and as far as they go, then the next; hot ones come last, and never
beyond ``HOT_SECONDS``. What still does not fit is said, not hidden.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from models.refresh_enums import ReadKind, RefreshState
from service.protocol.rate_limits import BUCKETS, PARENTS, lineage
from service.protocol.refresh_periods import (
    COSTS,
    HOT,
    HOT_SECONDS,
    MOST_STRETCH,
    STRETCH_ORDER,
    Band,
    band_of,
    base_period,
    tightened,
)

Counts = Mapping[tuple[RefreshState, Band], int]
MISS_DOUBLINGS = 6
# A market that is not answered is asked at most this rarely; one that is hot or past its end, which
# may get a book or a proposal any minute, every HOT_SECONDS.
LONGEST_MISS_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class FixedLoad:
    """Requests that do not depend on the groups: a sweep, a poll."""

    name: str
    bucket: str
    per_minute: float


@dataclass(frozen=True, slots=True)
class GroupLoad:
    """One kind of read of all markets of one state and band."""

    kind: ReadKind
    state: RefreshState
    band: Band
    markets: int
    base_seconds: float
    # The period in force: the base, stretched.
    seconds: float

    @property
    def per_minute(self) -> float:
        """Requests a minute."""
        return float(COSTS[self.kind].requests) * self.markets * 60.0 / self.seconds

    @property
    def stretch(self) -> float:
        """By how much the period was stretched."""
        return self.seconds / self.base_seconds


@dataclass(frozen=True)
class RefreshPlan:
    """Periods in force and what they cost."""

    groups: tuple[GroupLoad, ...]
    fixed: tuple[FixedLoad, ...]
    # Limits whose loads exceed the share although everything is stretched as far as it goes.
    overloaded: tuple[str, ...]

    def period(
        self, kind: ReadKind, state: RefreshState, money: int | None, seconds_left: float | None
    ) -> float | None:
        """Seconds until the next read of a market; ``None`` where the kind is not read."""
        band = band_of(money)
        base = base_period(kind, state, band)
        if base is None:
            return None
        seconds = self._seconds.get((kind, state, band), base)
        return tightened(seconds, seconds_left) if state in HOT else seconds

    def per_minute(self, bucket: str) -> float:
        """Planned requests a minute that count towards a bucket."""
        groups = _total(
            group for group in self.groups if bucket in lineage(COSTS[group.kind].bucket, PARENTS)
        )
        return groups + _standing(self.fixed, bucket)

    @property
    def stretched(self) -> tuple[GroupLoad, ...]:
        """The groups whose periods had to give way."""
        return tuple(group for group in self.groups if group.seconds > group.base_seconds)

    @cached_property
    def _seconds(self) -> Mapping[tuple[ReadKind, RefreshState, Band], float]:
        return {(group.kind, group.state, group.band): group.seconds for group in self.groups}


def miss_period(period: float, state: RefreshState, misses: int) -> float:
    """Seconds until a market is asked again that was not answered ``misses`` times in a row."""
    longest = HOT_SECONDS if state in (*HOT, RefreshState.OVERDUE) else LONGEST_MISS_SECONDS
    return max(period, min(longest, period * 2.0 ** min(misses, MISS_DOUBLINGS)))


def make_plan(counts: Counts, fixed: Sequence[FixedLoad] = ()) -> RefreshPlan:
    """The plan for so many markets a state and band."""
    groups = [
        GroupLoad(kind, state, band, markets, period, period)
        for kind in ReadKind
        for (state, band), markets in sorted(counts.items())
        if markets and (period := base_period(kind, state, band)) is not None
    ]
    overloaded: list[str] = []
    for kind, cost in COSTS.items():
        own = [index for index, group in enumerate(groups) if group.kind is kind]
        if not _fit(groups, own, cost.most_per_minute):
            overloaded.append(kind.value)
    # The narrow lines first: what they stretch relieves the lines above.
    for name in sorted(BUCKETS, key=lambda name: -len(tuple(lineage(name, PARENTS)))):
        own = [
            index
            for index, group in enumerate(groups)
            if name in lineage(COSTS[group.kind].bucket, PARENTS)
        ]
        if not _fit(groups, own, BUCKETS[name].per_minute - _standing(fixed, name)):
            overloaded.append(name)
    return RefreshPlan(tuple(groups), tuple(fixed), tuple(overloaded))


def _fit(groups: list[GroupLoad], own: Sequence[int], room: float) -> bool:
    """Stretch the groups at these places until they fit; whether they do."""
    for level, states in enumerate(STRETCH_ORDER):
        total = sum(groups[index].per_minute for index in own)
        if total <= room:
            return True
        soft = [index for index in own if groups[index].state in states]
        load = sum(groups[index].per_minute for index in soft)
        left = room - (total - load)
        factor = load / left if left > 0 else float("inf")
        for index in soft:
            groups[index] = _stretched(groups[index], factor, level)
    return _total(groups[index] for index in own) <= room * (1 + 1e-9)


def _stretched(group: GroupLoad, factor: float, level: int) -> GroupLoad:
    if group.state in HOT:
        most = max(HOT_SECONDS, group.base_seconds)
    else:
        most = group.base_seconds * MOST_STRETCH[level]
    return replace(group, seconds=min(group.seconds * factor, most))


def _total(groups: Iterable[GroupLoad]) -> float:
    return sum(group.per_minute for group in groups)


def _standing(fixed: Iterable[FixedLoad], bucket: str) -> float:
    return sum(load.per_minute for load in fixed if bucket in lineage(load.bucket, PARENTS))
