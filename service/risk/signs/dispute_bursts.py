"""Bursts of first disputes: a scan over windows of 1 to 72 hours against a seasonal null.

The visible first half of an attack on many markets is many disputes of proposals the market
believes. docs/methodology.md, "Bursts of disputes". Times are hours since the Unix epoch.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import e, log

import numpy as np

from service.risk.signs.burst_baseline import DAY, WEEK, BurstBaseline, Floats
from service.risk.signs.ring_parameters import BurstPriors

WINDOWS = (1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72)
WEEKS_A_YEAR = 365.25 / 7


@dataclass(frozen=True, slots=True)
class Burst:
    """The window that stands out most among those that end at a recent dispute."""

    # Hours since the epoch; the window is (end - hours, end].
    end: float
    hours: int
    count: int
    expected: float
    llr: float
    # P(a week of looks without a burst shows as much): 1 / (replicates + 1) at least.
    p_week: float
    # Alarms a year without a burst, if the line were drawn here.
    false_alarms_a_year: float
    is_alarm: bool


def scan_now(
    times: Floats, baseline: BurstBaseline, as_of: float, priors: BurstPriors
) -> Burst | None:
    """The greatest excess of the last 72 hours as of ``as_of``; None where nothing was disputed.

    ``times`` ascending; none after ``as_of`` is read. A look happens at each dispute, for between
    disputes a window only loses some: so it does not matter how often this is asked, and the rate
    of false alarms is that of all looks of a week.
    """
    known = times[times <= as_of]
    ends = known[known > as_of - WINDOWS[-1]]
    if ends.size == 0:
        return None
    study = min(baseline.days, priors.study_days) * DAY
    first = int(ends[0]) - study - WINDOWS[-1]
    shape = np.concatenate(([0.0], np.cumsum(baseline.expected(first, int(as_of) + 1 - first))))
    excess, counts, expected = _looks(known - first, ends - first, shape, study)
    look, window = np.unravel_index(int(np.argmax(excess)), excess.shape)
    # Rounding of sums must not make the same burst read otherwise at the next look.
    llr = round(float(excess[look, window]), 6)
    maxima = weekly_maxima(baseline, priors)
    p_week = (1 + int((maxima >= llr).sum())) / (maxima.size + 1)
    return Burst(
        end=float(ends[look]),
        hours=WINDOWS[window],
        count=int(counts[look, window]),
        expected=round(float(expected[look, window]), 6),
        llr=llr,
        p_week=p_week,
        false_alarms_a_year=-log(1 - min(p_week, 1 - 1e-9)) * WEEKS_A_YEAR,
        is_alarm=p_week <= priors.weekly_false_alarms,
    )


@lru_cache(maxsize=64)
def weekly_maxima(baseline: BurstBaseline, priors: BurstPriors) -> Floats:
    """The greatest LLR of a week of looks in each replicate of the null, ascending."""
    rng = np.random.default_rng(priors.seed)
    study = min(baseline.days, priors.study_days) * DAY
    expected = baseline.expected(baseline.cut, study + WEEK)
    counts = draw_counts(
        rng, expected, (baseline.hour_variance, baseline.day_variance), priors.replicates
    )
    return np.sort(maxima_of(spread(rng, counts), expected, study))


def draw_counts(
    rng: np.random.Generator, expected: Floats, variances: tuple[float, float], replicates: int
) -> np.ndarray:
    """Counts of whole days under the null, shape (replicates, hours).

    Given its day, an hour is negative binomial of size 1 / hour variance; days share a factor.
    """
    hour_variance, day_variance = variances
    hours = expected.size
    days = _factors(rng, day_variance, (replicates, hours // DAY))
    mean = np.repeat(days, DAY, axis=1) * expected
    return rng.poisson(mean * _factors(rng, hour_variance, (replicates, hours)))


def _factors(rng: np.random.Generator, variance: float, shape: tuple[int, int]) -> Floats:
    if variance <= 0:
        return np.ones(shape)
    return rng.gamma(1 / variance, variance, shape)


def spread(rng: np.random.Generator, counts: np.ndarray) -> list[Floats]:
    """Times in each replicate: anywhere in the hour they were counted in, ascending."""
    hours = np.arange(counts.shape[1])
    found = []
    for row in counts:
        times = np.repeat(hours, row) + rng.uniform(size=int(row.sum()))
        found.append(np.sort(times))
    return found


def maxima_of(replicates: list[Floats], expected: Floats, study: int) -> Floats:
    """The greatest LLR over looks after the ``study`` hours of each replicate.

    ``expected`` has one value for each hour of a replicate; times count from its first.
    """
    # All in one line, too far apart for a window to reach from one into the next.
    apart = expected.size + study + WINDOWS[-1]
    sizes = [times.size for times in replicates]
    shift = np.repeat(np.arange(len(replicates)) * apart, sizes).astype(np.float64)
    line = np.concatenate(replicates) + shift if sizes else np.empty(0)
    is_look = line - shift >= study
    shape = np.concatenate(([0.0], np.cumsum(expected)))
    excess, _, _ = _looks(line, line[is_look], shape, study, shift[is_look])
    found = np.zeros(len(replicates))
    owner = np.repeat(np.arange(len(replicates)), sizes)[is_look]
    np.maximum.at(found, owner, excess.max(axis=1, initial=0.0))
    return found


def _looks(
    times: Floats, ends: Floats, shape: Floats, study: int, shift: Floats | float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """LLR, count and expectation of each window that ends at each look, shape (looks, windows).

    ``shape`` is the cumulative expectation at whole hours; only its form counts, since what is
    expected is scaled to the N disputes of the study period.
    """
    hours = np.arange(shape.size)
    last = np.searchsorted(times, ends, side="right")
    total = last - np.searchsorted(times, ends - study, side="right")
    at_end = np.interp(ends - shift, hours, shape)
    mass = at_end - np.interp(ends - shift - study, hours, shape)
    starts = ends[:, None] - np.asarray(WINDOWS, dtype=np.float64)
    before = np.searchsorted(times, starts, side="right")
    counts = (last[:, None] - before).astype(np.float64)
    below = np.interp(starts - np.asarray(shift)[..., None], hours, shape)
    in_study = total.astype(np.float64)[:, None]
    expected = in_study * (at_end[:, None] - below) / mass[:, None]
    return _llr(counts, expected, in_study), counts, expected


def _llr(count: Floats, expected: Floats, total: Floats) -> Floats:
    """Kulldorff 1997: c ln(c / E) + (N - c) ln((N - c) / (N - E)) where c > E, else 0."""
    rest = total - count
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = count * np.log(count / expected)
        outside = np.where(rest > 0, rest * np.log(rest / (total - expected)), 0.0)
    return np.where(count > expected, inside + outside, 0.0)


def log_lr_of_p(p: float) -> float:
    """The most that a p-value can say for a pattern: ln(1 / (-e p ln p)), 0 from p = 1/e on.

    Sellke, Bayarri and Berger (2001): no alternative of a large class is favoured by more.
    """
    return 0.0 if p >= 1 / e else -log(-e * p * log(p))
