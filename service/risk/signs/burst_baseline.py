"""How many first disputes an hour expects: hour of the week times a trend, and the scatter.

docs/methodology.md, "Bursts of disputes". Times are hours since the Unix epoch.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.risk.signs.ring_parameters import BurstPriors

Floats = NDArray[np.float64]
DAY, WEEK = 24, 168
# 1970-01-01 was a Thursday: hour 0 of the week is Monday, 00:00 UTC.
_EPOCH_HOUR = 3 * DAY


@dataclass(frozen=True, slots=True)
class BurstBaseline:
    """What is expected from ``cut`` on, worked out from what lies before it."""

    # The hour the history ends before; a UTC midnight.
    cut: int
    # Disputes an hour, at the newest trend.
    level: float
    # Factor of each hour of the week from Monday 00:00 UTC; their mean is 1.
    season: tuple[float, ...]
    # Variances of the gamma factors (mean 1) of an hour and of a day.
    hour_variance: float
    day_variance: float
    # Of history; the study period is no longer than that.
    days: int
    events: int
    is_dispersion_own: bool

    def expected(self, first_hour: int, hours: int) -> Floats:
        """Disputes expected in each of ``hours`` hours, shape (hours,)."""
        places = (first_hour + _EPOCH_HOUR + np.arange(hours)) % WEEK
        return self.level * np.asarray(self.season)[places]


def distinct_events(
    disputes: Iterable[tuple[float, Hashable]], hours: float
) -> NDArray[np.float64]:
    """Times at which an event was disputed that was not in the ``hours`` before; ascending.

    One decision about an event with many markets is many disputes: counted apart, they make the
    mean hour's variance many times what attacks on several events could be told from.
    """
    last: dict[Hashable, float] = {}
    kept: list[float] = []
    for at, event in sorted(disputes, key=lambda one: one[0]):
        if event not in last or at - last[event] > hours:
            kept.append(at)
            last[event] = at
    return np.asarray(kept, dtype=np.float64)


def fit_baseline(
    times: Floats, first: float, as_of: float, priors: BurstPriors
) -> BurstBaseline | str:
    """The baseline for looks from the midnight before ``as_of`` on, or why there is none.

    ``first`` is the hour from which on disputes are known. The last ``gap_days`` are left out, so
    that no burst raises what is expected of itself; within a day the answer is one and the same.
    """
    start = int(np.ceil(first / DAY)) * DAY
    cut = int(as_of // DAY) * DAY - priors.gap_days * DAY
    days = (cut - start) // DAY
    if days < priors.least_days:
        return (
            f"disputes: {max(0, days)} days of history before the last {priors.gap_days}, "
            f"{priors.least_days} needed"
        )
    inside = times[(times >= start) & (times < cut)]
    counts = np.bincount((inside - start).astype(np.int64), minlength=days * DAY)
    hourly = counts.astype(np.float64)
    levels = _levels(hourly.reshape(days, DAY).sum(axis=1), priors)
    season = _season(hourly, np.repeat(levels[:days], DAY), start, priors.season_pseudo)
    own = days >= priors.dispersion_days
    hour_variance, day_variance = _default_dispersion(float(levels[-1]), priors)
    if own:
        skip = priors.study_days
        places = (start + _EPOCH_HOUR + np.arange(days * DAY)) % WEEK
        expected = np.repeat(levels[:days], DAY) * season[places]
        measured = _dispersion(hourly[skip * DAY :], expected[skip * DAY :])
        told = float(hourly[skip * DAY :].sum())
        weight = told / (told + priors.dispersion_pseudo_disputes)
        hour_variance += weight * (measured[0] - hour_variance)
        day_variance += weight * (measured[1] - day_variance)
    return BurstBaseline(
        cut=cut,
        level=float(levels[-1]),
        season=tuple(season.tolist()),
        hour_variance=hour_variance,
        day_variance=day_variance,
        days=days,
        events=int(inside.size),
        is_dispersion_own=own,
    )


def _levels(daily: Floats, priors: BurstPriors) -> Floats:
    """Disputes an hour forecast for each day and the one after, from days ``gap_days`` before.

    Forecasts, so that the scatter around them holds what forecasting misses.
    """
    days = daily.size
    levels = np.full(days + 1, float(daily[: priors.study_days].mean()))
    for day in range(min(priors.study_days, days), days + 1):
        # The last forecast is of days after the gap: it may use all there is.
        known = daily if day == days else daily[: max(0, day - priors.gap_days)]
        ages = np.arange(known.size - 1, -1, -1)
        weights = 0.5 ** (ages / priors.half_life_days)
        if known.size:
            levels[day] = float(weights @ known) / float(weights.sum())
    # Half a dispute more: no stream is expected to stay silent for good.
    floor = 0.5 / max(days, 1)
    forecasts: Floats = np.maximum(levels, floor) / DAY
    return forecasts


def _season(hourly: Floats, levels: Floats, start: int, pseudo: float) -> Floats:
    """168 factors of mean 1: of the hour of the day, then of the week, each drawn to 1."""
    places = (start + _EPOCH_HOUR + np.arange(hourly.size)) % WEEK
    of_day = places % DAY

    def drawn(groups: NDArray[np.int64], expected: Floats, size: int) -> Floats:
        seen = np.bincount(groups, weights=hourly, minlength=size)
        due = np.bincount(groups, weights=expected, minlength=size)
        factors: Floats = (seen + pseudo) / (due + pseudo)
        return factors

    by_day = drawn(of_day, levels, DAY)
    by_week = drawn(places, levels * by_day[of_day], WEEK)
    season = by_day[np.arange(WEEK) % DAY] * by_week
    mean_one: Floats = season / season.mean()
    return mean_one


def _default_dispersion(mean: float, priors: BurstPriors) -> tuple[float, float]:
    """Variances of the factors that give an hour and a day of this mean their usual scatter."""
    hour = (priors.hour_ratio - 1) / mean
    day = max(0.0, priors.day_ratio - priors.hour_ratio) / (DAY * mean)
    return hour, day


def _dispersion(counts: Floats, expected: Floats) -> tuple[float, float]:
    """Moments: what two hours of a day share is the day's, what an hour has beyond is its own.

    c = Poisson(E x day x hour) with gamma factors of mean 1, so E(c - E)^2 = E + E^2 ((1 + v_day)
    (1 + v_hour) - 1), and of two hours of one day E(c - E)(c' - E') = E E' v_day.
    """
    residual = counts - expected
    by_day, due = (rows.reshape(-1, DAY) for rows in (residual, expected))
    squares = float((expected**2).sum())
    within = float((residual**2 - expected).sum()) / squares
    pairs = float((due.sum(axis=1) ** 2).sum()) - squares
    across = float((by_day.sum(axis=1) ** 2).sum() - (residual**2).sum()) / pairs
    day = max(0.0, across)
    return max(0.0, (1 + within) / (1 + day) - 1), day
