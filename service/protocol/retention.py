"""Which snapshots are kept as they age. Pure. docs/operations.md."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long snapshots of a market that is not hot stay whole, and then hourly; then daily."""

    full: timedelta = timedelta(days=2)
    hourly: timedelta = timedelta(days=30)
    # How long after its settlement a market's snapshots stay whole.
    settled: timedelta = timedelta(days=14)

    def step(self, at: datetime, now: datetime) -> timedelta | None:
        """Of how much time one set of snapshots is kept; ``None``: all are.

        A stretch is thinned once all of it is old enough, so that the same rows stay whenever the
        job runs.
        """
        if begin_of(at, DAY) + DAY <= now - self.hourly:
            return DAY
        return HOUR if begin_of(at, HOUR) + HOUR <= now - self.full else None

    def daily(self) -> "RetentionPolicy":
        """What is no longer kept whole is thinned by the day at once."""
        return replace(self, hourly=self.full)

    def oldest_whole(self, now: datetime) -> datetime:
        """Nothing known from this instant on is ever removed."""
        return now - min(self.full, self.hourly)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One stored reading of one series of a market."""

    row_id: int
    # What it is a reading of: an outcome's book, a wallet's holding.
    series: Hashable
    at: datetime
    value: Decimal | float | None


def begin_of(at: datetime, step: timedelta) -> datetime:
    """When the hour or day (UTC) that an instant lies in begins."""
    return at - (at - _EPOCH) % step


def surplus(snapshots: Iterable[Snapshot], now: datetime, policy: RetentionPolicy) -> list[int]:
    """The rows to remove: of each series' hour or day all but the first, the last and extremes.

    What is left is left by a second thinning, too.
    """
    stretches: dict[Hashable, list[Snapshot]] = {}
    for snapshot in snapshots:
        step = policy.step(snapshot.at, now)
        if step is not None:
            key = (snapshot.series, step, begin_of(snapshot.at, step))
            stretches.setdefault(key, []).append(snapshot)
    removed: list[int] = []
    for stretch in stretches.values():
        kept = _kept(stretch)
        removed += [one.row_id for one in stretch if one.row_id not in kept]
    return removed


def _kept(stretch: list[Snapshot]) -> set[int]:
    ordered = sorted(stretch, key=lambda one: (one.at, one.row_id))
    kept = {ordered[0].row_id, ordered[-1].row_id}
    valued = [(one.value, one.row_id) for one in ordered if one.value is not None]
    if valued:
        # The first of equals, so that another thinning finds the same.
        kept.add(min(valued, key=lambda pair: pair[0])[1])
        kept.add(max(valued, key=lambda pair: pair[0])[1])
    return kept
