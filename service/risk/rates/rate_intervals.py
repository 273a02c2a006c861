"""Intervals of rates. docs/methodology.md, "Base rates"."""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from service.risk.beta_quantiles import beta_quantile
from service.risk.draws import Values
from service.risk.rates.rate_clusters import Clustering

LOW, HIGH = 0.05, 0.95
# The 97.5 % quantile of the normal distribution.
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Span:
    """Both ends of an interval."""

    low: float
    high: float

    def around(self, other: "Span") -> "Span":
        """The smallest span that holds both."""
        return Span(min(self.low, other.low), max(self.high, other.high))


def wilson(positives: float, n: float) -> Span:
    """Wilson's 95 % interval, for display; n > 0."""
    share, square = positives / n, Z_95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z_95 / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Span(max(0.0, centre - half), min(1.0, centre + half))


def jeffreys(positives: float, n: float, low: float = LOW, high: float = HIGH) -> Span:
    """Quantiles of Beta(y + 1/2, n - y + 1/2), for propagation; 90 % unless told otherwise.

    The lower end is 0 without any positive, the upper 1 without any negative.
    """
    a, b = positives + 0.5, max(n - positives, 0.0) + 0.5
    return Span(
        beta_quantile(a, b, low) if positives > 0 else 0.0,
        beta_quantile(a, b, high) if positives < n else 1.0,
    )


def clopper_pearson(positives: int, n: int) -> Span:
    """The exact 95 % interval of a share; n > 0."""
    tail = 0.025
    return Span(
        beta_quantile(positives, n - positives + 1, tail) if positives > 0 else 0.0,
        beta_quantile(positives + 1, n - positives, 1 - tail) if positives < n else 1.0,
    )


def kish_size(weights: Values) -> float:
    """(sum w)^2 / sum w^2: how many equal weights vary as much; 0 without any weight."""
    square = float((weights**2).sum())
    return float(weights.sum()) ** 2 / square if square > 0 else 0.0


def linearised_error(outcomes: Values, weights: Values, clustering: Clustering) -> float | None:
    """The standard error of sum w y / sum w, by clusters; None with fewer than two of them."""
    total, count = float(weights.sum()), clustering.count
    if count < 2 or total <= 0:  # noqa: PLR2004  # no spread between clusters
        return None
    rate = float((weights * outcomes).sum()) / total
    residuals = clustering.sums(weights * (outcomes - rate))
    return sqrt(count / (count - 1) * float((residuals**2).sum())) / total


def bootstrap_rates(
    outcomes: Values, weights: Values, clustering: Clustering, draws: int, seed: int, exact: int
) -> Values:
    """Draws of sum w y / sum w, each cluster taken Poisson(1) times.

    The ``exact`` heaviest clusters with a positive and as many without one are drawn one by one;
    the sums of the many light ones are jointly normal to all that matters, so that cost and memory
    stay flat. Draws without any weight are left out. All rates share the same draws (common random
    numbers): each interval is as good, and drawing them anew would take most of the time.
    """
    bases, hits = clustering.sums(weights), clustering.sums(weights * outcomes)
    is_heavy = _heaviest(hits, exact) | _heaviest(np.where(hits > 0, 0.0, bases), exact)
    heavy = np.column_stack([hits, bases])[is_heavy]
    light = np.column_stack([hits, bases])[~is_heavy]
    times, normal = _draws(draws, 2 * exact, seed)
    sums = times[:, : len(heavy)] @ heavy
    if light.size:
        sums += np.maximum(light.sum(axis=0) + normal @ _root(light.T @ light).T, 0.0)
    kept = sums[:, 1] > 0
    rates: Values = np.minimum(sums[kept, 0] / sums[kept, 1], 1.0)
    return rates


@lru_cache(maxsize=1)
def _draws(draws: int, clusters: int, seed: int) -> tuple[Values, Values]:
    """How often each cluster is taken in each draw, and two standard normal numbers a draw."""
    rng = np.random.default_rng(seed)
    return rng.poisson(1.0, (draws, clusters)).astype(np.float64), rng.standard_normal((draws, 2))


def _root(covariance: Values) -> Values:
    """A matrix whose square is a 2 x 2 covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root: Values = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def _heaviest(values: Values, count: int) -> npt.NDArray[np.bool_]:
    """Which are positive and among the ``count`` largest; of equal ones the first."""
    order = np.argsort(-values, kind="stable")[:count]
    found = np.zeros(len(values), dtype=np.bool_)
    found[order] = values[order] > 0
    return found
