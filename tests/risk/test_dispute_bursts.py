"""Bursts of first disputes: what is expected, what stands out, and how often by chance."""

from dataclasses import replace
from math import log

import numpy as np
import pytest

from service.risk.signs.burst_baseline import (
    DAY,
    BurstBaseline,
    Floats,
    distinct_events,
    fit_baseline,
)
from service.risk.signs.burst_power import World, study_bursts, to_markdown, worlds_of
from service.risk.signs.dispute_bursts import (
    Burst,
    draw_counts,
    log_lr_of_p,
    maxima_of,
    scan_now,
    spread,
    weekly_maxima,
)
from service.risk.signs.ring_parameters import load_ring_parameters

PRIORS = load_ring_parameters().burst
DAYS = 200
NOW = float(DAYS * DAY)
TRUTH = BurstBaseline(
    cut=0,
    level=0.3,
    season=(1.0,) * 168,
    hour_variance=0.5,
    day_variance=0.1,
    days=0,
    events=0,
    is_dispersion_own=True,
)


def history(seed: int = 1, truth: BurstBaseline = TRUTH, days: int = DAYS) -> Floats:
    rng = np.random.default_rng(seed)
    variances = truth.hour_variance, truth.day_variance
    return spread(rng, draw_counts(rng, truth.expected(0, days * DAY), variances, 1))[0]


def fitted(times: Floats, as_of: float = NOW) -> BurstBaseline:
    found = fit_baseline(times, 0.0, as_of, PRIORS)
    assert isinstance(found, BurstBaseline), found
    return found


def scanned(times: Floats, as_of: float = NOW) -> Burst:
    found = scan_now(times, fitted(times, as_of), as_of, PRIORS)
    assert found is not None
    return found


def with_burst(times: Floats, extra: int, begin: float, hours: float = 6) -> Floats:
    return np.sort(np.concatenate([times, np.linspace(begin, begin + hours, extra)]))


def test_an_event_counts_once_in_72_hours() -> None:
    disputes = [(0.0, "a"), (1.0, "b"), (50.0, "a"), (80.0, "a"), (122.5, "a")]

    # The third is the first event again; the fourth comes 80 hours after it last counted.
    assert distinct_events(disputes, 72).tolist() == [0.0, 1.0, 80.0]


def test_level_and_season_of_a_long_history_are_found() -> None:
    season = tuple(1 + 0.5 * np.sin(np.arange(168) % 24 / 24 * 2 * np.pi))
    truth = replace(TRUTH, level=2.0, season=season, hour_variance=0.0, day_variance=0.0)

    found = fitted(history(truth=truth))

    assert found.level == pytest.approx(2.0, rel=0.1)
    assert np.corrcoef(found.season, season)[0, 1] > 0.9
    assert np.mean(found.season) == pytest.approx(1.0)


def test_dispersion_of_hours_and_of_days_are_told_apart() -> None:
    truth = replace(TRUTH, level=2.0, hour_variance=0.6, day_variance=0.3)

    found = [fitted(history(seed, truth)) for seed in range(8)]

    assert np.mean([one.hour_variance for one in found]) == pytest.approx(0.6, rel=0.25)
    assert np.mean([one.day_variance for one in found]) == pytest.approx(0.3, rel=0.35)


def test_short_history_says_why_nothing_is_expected() -> None:
    found = fit_baseline(history(days=8), 0.0, 8.0 * DAY, PRIORS)

    assert found == "disputes: 5 days of history before the last 3, 7 needed"


def test_history_of_a_month_takes_the_recorded_dispersion() -> None:
    found = fitted(history(days=30), 30.0 * DAY)

    assert not found.is_dispersion_own
    # Variance over mean of an hour; the level of the last hour is a little off the whole month's.
    assert 1 + found.hour_variance * found.events / (27 * DAY) == pytest.approx(1.3, abs=0.005)


def test_burst_does_not_raise_its_own_baseline() -> None:
    quiet = history()

    assert fitted(with_burst(quiet, 40, NOW - 70)) == fitted(quiet)


def test_fifteen_extra_disputes_in_six_hours_are_an_alarm() -> None:
    found = scanned(with_burst(history(), 15, NOW - 20))

    assert found.is_alarm
    assert found.hours in {6, 8}
    assert found.count >= 15
    assert found.false_alarms_a_year < 2.7


def test_a_usual_day_is_no_alarm() -> None:
    assert not scanned(history()).is_alarm


def test_what_comes_after_is_not_read() -> None:
    known = with_burst(history(), 15, NOW - 20)
    later = with_burst(known, 60, NOW + 0.01)

    assert scanned(later) == scanned(known)


def test_looking_again_without_a_dispute_changes_nothing() -> None:
    times = with_burst(history(), 15, NOW - 20)
    baseline = fitted(times)
    last = float(times[-1])

    looks = {scan_now(times, baseline, last + minutes / 60, PRIORS) for minutes in range(0, 120, 5)}

    assert len(looks) == 1


def test_statistic_is_that_of_the_scan() -> None:
    # 20 in four weeks, evenly; then five in one hour.
    base = np.arange(20) * 33.6 + 1.0
    times = np.concatenate([base, np.linspace(672.1, 672.9, 5)])
    flat = np.full(28 * DAY + 2, 1.0)

    found = maxima_of([times], flat, 28 * DAY)[0]

    n, c = 25, 5
    e = n / (28 * DAY)
    assert found == pytest.approx(c * log(c / e) + (n - c) * log((n - c) / (n - e)))


def test_poisson_null_alarms_too_often_where_disputes_cluster() -> None:
    truth = replace(TRUTH, cut=0, hour_variance=2.0, day_variance=0.2, days=28)
    poisson = replace(truth, hour_variance=0.0, day_variance=0.0)
    rng = np.random.default_rng(3)
    expected = truth.expected(0, 35 * DAY)
    weeks = spread(rng, draw_counts(rng, expected, (2.0, 0.2), 400))
    maxima = maxima_of(weeks, expected, 28 * DAY)

    def share(null: BurstBaseline) -> float:
        return float((maxima >= np.quantile(weekly_maxima(null, PRIORS), 0.95)).mean())

    assert share(poisson) > 0.5
    assert share(truth) < 0.1


def test_p_value_says_no_more_than_its_bound() -> None:
    assert log_lr_of_p(0.001) == pytest.approx(log(53.25), abs=0.01)
    assert log_lr_of_p(0.5) == 0.0


def test_power_and_false_alarms_in_small() -> None:
    world = World("negative binomial of size 2 an hour", 11.4, 0.5, 0.0)

    quiet, burst = study_bursts(world, PRIORS, 6, extras=(0, 15))

    assert quiet.weeks == burst.weeks == 60
    # Nominal 5 %: more than 9 of 60 has a chance of 0.2 %.
    assert quiet.alarms <= 9
    assert burst.alarms >= 55
    assert "| negative binomial of size 2 an hour | 11.4 | 60 |" in to_markdown(
        [quiet, burst], 0.05
    )


def test_worlds_scatter_as_measured() -> None:
    for world in worlds_of(PRIORS)[1:]:
        hourly = world.per_day / DAY
        assert 1 + hourly * world.hour_variance == pytest.approx(PRIORS.hour_ratio)
