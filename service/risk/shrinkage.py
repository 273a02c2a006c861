"""Nested beta-binomial shrinkage: a cell's rate between its own counts and its parent's.

docs/methodology.md, "Cells".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log

import numpy as np

from service.risk.draws import Values, recentre
from service.risk.parameters import CellPriors


@dataclass(frozen=True, slots=True)
class Observed:
    """``events`` in ``exposure`` questions, where the parent expects the rate ``mean``.

    Exposure is questions weighted by the known rate of their kind, so it need not be whole.
    """

    events: float
    exposure: float
    mean: float


def shrunk_mean(events: float, exposure: float, mean: float, kappa: float) -> float:
    """(y + kap m) / (n + kap)."""
    return (events + kappa * mean) / (exposure + kappa)


def kappas(mean: float, priors: CellPriors) -> Values:
    """The grid of kap for a parent of rate ``mean``: questions the parent counts for."""
    grid = np.geomspace(priors.kappa_low, priors.kappa_high, priors.kappa_points)
    scaled = grid * max(1.0, priors.kappa_reference_rate / mean)
    return np.maximum(scaled, priors.parent_pseudo_disputes / mean)


def kappa_weights(children: Sequence[Observed], priors: CellPriors) -> Values:
    """Posterior weights of the grid points, from all children of one level together."""
    grid = np.geomspace(priors.kappa_low, priors.kappa_high, priors.kappa_points)
    log_weight = -0.5 * ((np.log(grid) - log(priors.kappa_median)) / priors.kappa_log_sd) ** 2
    for child in children:
        log_weight = log_weight + np.array(
            [_log_marginal(child, kappa) for kappa in kappas(child.mean, priors)]
        )
    weight = np.exp(log_weight - log_weight.max())
    normalised: Values = weight / weight.sum()
    return normalised


def posterior_mean(child: Observed, weights: Values, priors: CellPriors) -> float:
    """The child's mean, averaged over the grid of kap."""
    means = [
        shrunk_mean(child.events, child.exposure, child.mean, kappa)
        for kappa in kappas(child.mean, priors)
    ]
    return float(np.dot(weights, means))


def posterior(
    child: Observed, weights: Values, parent: Values, priors: CellPriors, rng: np.random.Generator
) -> tuple[float, Values]:
    """Mean and draws of a child's rate; ``parent`` holds the draws behind ``child.mean``.

    Every draw picks its own kap by weight and its own parent, so both uncertainties are kept.
    """
    grid = kappas(child.mean, priors)
    mean = posterior_mean(child, weights, priors)
    kappa = grid[rng.choice(len(grid), size=parent.shape[0], p=weights)]
    a = child.events + kappa * np.clip(parent, 1e-9, 1 - 1e-9)
    b = child.exposure - child.events + kappa * (1 - np.clip(parent, 1e-9, 1 - 1e-9))
    return mean, recentre(rng.beta(a, b), mean)


def _log_marginal(child: Observed, kappa: float) -> float:
    """Logarithm of the beta-binomial likelihood of the child's counts, without the constant."""
    a, b = kappa * child.mean, kappa * (1 - child.mean)
    return _log_beta(child.events + a, child.exposure - child.events + b) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
