"""How often the search for bursts alarms: without a burst, and with one of a given size.

docs/methodology.md, "Bursts of disputes". Everything is worked out as in life: a baseline is fitted
to an invented history, and looks are made in weeks it has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.risk.rates.rate_intervals import Span, wilson
from service.risk.signs.burst_baseline import DAY, WEEK, BurstBaseline, Floats, fit_baseline
from service.risk.signs.dispute_bursts import draw_counts, maxima_of, spread, weekly_maxima
from service.risk.signs.ring_parameters import BurstPriors

# Of a day's disputes by hour, UTC: the swing of the recorded panel (0.65 to 1.9).
_SWING = 0.45


@dataclass(frozen=True, slots=True)
class World:
    """How disputes fall without a burst."""

    name: str
    per_day: float
    # Variances of the gamma factors of an hour and of a day.
    hour_variance: float
    day_variance: float


@dataclass(frozen=True, slots=True)
class PowerRow:
    """Weeks with ``extra`` disputes in ``hours`` hours (0: none), and those with an alarm."""

    world: World
    extra: int
    hours: int
    weeks: int
    alarms: int

    @property
    def share(self) -> float:
        """Of weeks with an alarm."""
        return self.alarms / self.weeks

    @property
    def interval(self) -> Span:
        """Of the share, Wilson; the weeks of one history share its baseline."""
        return wilson(self.alarms, self.weeks)


def worlds_of(priors: BurstPriors) -> tuple[World, ...]:
    """Streams as sparse as the disputes of large sure proposals, and as dense as all disputes."""
    return (
        World("negative binomial of size 2 an hour", 11.4, 0.5, 0.0),
        *(_usual(per_day, priors) for per_day in (0.5, 3.0, 6.0, 11.4)),
    )


def _usual(per_day: float, priors: BurstPriors) -> World:
    """The scatter measured on recorded disputes, an event counted once in 72 hours."""
    hour = (priors.hour_ratio - 1) * DAY / per_day
    return World(
        "scatter as recorded", per_day, hour, (priors.day_ratio - priors.hour_ratio) / per_day
    )


def study_bursts(
    world: World,
    priors: BurstPriors,
    n_runs: int,
    *,
    extras: Sequence[int] = (0, 10, 15, 20),
    hours: int = 6,
    weeks_a_run: int = 10,
    history_days: int = 120,
    seed: int = 7,
) -> list[PowerRow]:
    """One row for each size of burst; ``n_runs`` histories with ``weeks_a_run`` weeks each.

    A burst begins at any time of the week and all of its disputes fall within ``hours``.
    """
    rng = np.random.default_rng(seed)
    alarms = dict.fromkeys(extras, 0)
    made = 0
    for _ in range(n_runs):
        baseline = _fitted(world, priors, history_days, rng)
        if baseline is None:
            continue
        maxima = weekly_maxima.__wrapped__(baseline, priors)
        # The p-value is at most the nominal rate from this one on.
        line = maxima[-int(priors.weekly_false_alarms * (maxima.size + 1))]
        study = min(baseline.days, priors.study_days) * DAY
        truth = _truth(world, baseline.cut).expected(baseline.cut, study + WEEK)
        expected = baseline.expected(baseline.cut, study + WEEK)
        variances = world.hour_variance, world.day_variance
        weeks = spread(rng, draw_counts(rng, truth, variances, weeks_a_run))
        made += weeks_a_run
        for extra in extras:
            with_burst = [_with_burst(rng, week, study, extra, hours) for week in weeks]
            alarms[extra] += int((maxima_of(with_burst, expected, study) >= line).sum())
    return [PowerRow(world, extra, hours, made, count) for extra, count in alarms.items()]


def _truth(world: World, cut: int) -> BurstBaseline:
    season = 1 + _SWING * np.sin(np.arange(WEEK) % DAY / DAY * 2 * np.pi)
    return BurstBaseline(
        cut=cut,
        level=world.per_day / DAY,
        season=tuple(season.tolist()),
        hour_variance=world.hour_variance,
        day_variance=world.day_variance,
        days=0,
        events=0,
        is_dispersion_own=True,
    )


def _fitted(
    world: World, priors: BurstPriors, days: int, rng: np.random.Generator
) -> BurstBaseline | None:
    expected = _truth(world, 0).expected(0, days * DAY)
    drawn = draw_counts(rng, expected, (world.hour_variance, world.day_variance), 1)
    found = fit_baseline(spread(rng, drawn)[0], 0.0, float((days + priors.gap_days) * DAY), priors)
    return None if isinstance(found, str) else found


def _with_burst(
    rng: np.random.Generator, week: Floats, study: int, extra: int, hours: int
) -> Floats:
    begin = study + rng.uniform(0, WEEK - hours)
    return np.sort(np.concatenate([week, begin + hours * rng.uniform(size=extra)]))


def study_all(priors: BurstPriors, n_runs: int) -> list[PowerRow]:
    """Every world; a run takes about half a second of one processor for the densest."""
    return [row for world in worlds_of(priors) for row in study_bursts(world, priors, n_runs)]


def to_markdown(rows: Sequence[PowerRow], nominal: float) -> str:
    """The table of docs/methodology.md: a line for each world."""
    sizes = sorted({row.extra for row in rows if row.extra})
    heads = [f"{size} in {rows[0].hours} h" for size in sizes]
    rate = f"false alarms a week, nominal {nominal:.0%}"
    lines = [
        f"| disputes (distinct events) | a day | weeks | {rate} | {' | '.join(heads)} |",
        "|---|" + "---:|" * (3 + len(sizes)),
    ]
    for world in dict.fromkeys(row.world for row in rows):
        of_it = {row.extra: row for row in rows if row.world == world}
        cells = [_cell(of_it[size]) for size in (0, *sizes)]
        weeks = of_it[0].weeks
        lines.append(f"| {world.name} | {world.per_day:g} | {weeks} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: PowerRow) -> str:
    span = row.interval
    return f"{row.share:.1%} ({span.low:.1%} to {span.high:.1%})"
