"""Joint draws of all transitions of the path model. docs/methodology.md, "Intervals"."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from models.enums import OracleVersion
from service.risk.parameters import Ambiguity, Prior, RiskParameters

Values = npt.NDArray[np.float64]

# Wrong and early proposals together stay below one.
HIGHEST_RATE = 0.45
# Each stored draw is the mean of this many sorted ones: exact quantile slices, so that the
# margins carry almost no sampling noise (Latin hypercube).
_OVERSAMPLING = 16


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """The symbols of docs/methodology.md, "Path model"; one value a draw."""

    a1w: Values
    a1e: Values
    d1w: Values
    d1e: Values
    d1c: Values
    ew: Values
    a2w: Values
    d2w: Values
    d2c: Values
    vh: Values
    va: Values
    r: Values
    mu: Values
    om_u: Values
    om_v: Values
    om0: Values
    g: Values


# The order fixes each symbol's random stream: append, never reorder.
SYMBOLS = (
    *("a1w", "a1e", "d1w", "d1e", "d1c", "ew", "a2w", "d2w", "d2c"),
    *("va", "r", "mu", "om_u", "om_v", "om0", "g"),
    *("vh_clear", "vh_moderate", "vh_contested"),
    *("fragile_sensor", "fragile_map", "fragile_price_feed"),
)

STREAM_DISPUTED, STREAM_AGAIN, STREAM_BELIEF, STREAM_VOTE = 100, 200, 300, 400
STREAM_FEATURES = 500


def draw_prior(prior: Prior, symbol: str, parameters: RiskParameters) -> Values:
    """Draws of one transition, the same for every cell and every run (common random numbers)."""
    rng = stream(parameters, SYMBOLS.index(symbol))
    size = parameters.draws
    raw = rng.beta(prior.mean * prior.n, (1 - prior.mean) * prior.n, size * _OVERSAMPLING)
    slices = np.sort(raw).reshape(size, _OVERSAMPLING).mean(axis=1)
    return frozen(recentre(rng.permutation(slices), prior.mean))


def stream(parameters: RiskParameters, number: int) -> np.random.Generator:
    """An independent random stream that depends on nothing but its number and the seed."""
    return np.random.default_rng([parameters.seed, number])


def recentre(values: Values, mean: float) -> Values:
    """Scale the smaller side of probabilities so that their mean is exactly the wanted one.

    Takes the sampling noise out of the mean; a draw that would leave 0..1 stays at its end.
    """
    if mean > 0.5:  # noqa: PLR2004  # the smaller side is the complement
        return 1 - recentre(1 - values, 1 - mean)
    found = float(values.mean())
    if found <= 0:
        return np.full_like(values, mean)
    return np.minimum(values * (mean / found), 1.0)


def captured_vote(prior: Values, captured: float) -> Values:
    """P(a vote is captured) where its round was assessed: never less than for any vote.

    As wide, relatively, as the alleged rate it is scaled to (docs/methodology.md, "Path model").
    """
    return recentre(prior, max(float(prior.mean()), captured))


def frozen(values: Values) -> Values:
    """The same array, protected: draws are shared between markets."""
    values.setflags(write=False)
    return values


@lru_cache(maxsize=64)
def base_transitions(parameters: RiskParameters, version: OracleVersion) -> Transitions:
    """Draws of the priors under one oracle version, all-market mix, clear questions."""
    names = (*SYMBOLS[: SYMBOLS.index("vh_clear")],)
    drawn = {s: draw_prior(parameters.prior(s, version), s, parameters) for s in names}
    return Transitions(**drawn, vh=vote_error(parameters, Ambiguity.CLEAR))


@lru_cache(maxsize=64)
def vote_error(parameters: RiskParameters, ambiguity: Ambiguity) -> Values:
    """Draws of ``vh``, the honest vote's error."""
    return draw_prior(parameters.vote_error[ambiguity], f"vh_{ambiguity}", parameters)


@lru_cache(maxsize=64)
def source_corruption(parameters: RiskParameters, kind: str, prior: Prior) -> Values:
    """Draws of P(a fragile source of a kind is made to say untruth)."""
    return draw_prior(prior, f"fragile_{kind}", parameters)


def shifted(values: Values, logit: float) -> Values:
    """Probabilities with their log-odds moved by a constant."""
    odds = values * np.exp(logit)
    moved: Values = odds / (1 - values + odds)
    return moved


def shifted_about(
    values: Values, logit: float, spread: float, parameters: RiskParameters
) -> Values:
    """``shifted`` where the shift is known to a standard deviation; the mean stays ``shifted``'s.

    All rates of a market are moved by the same draws: what is not known of a coefficient is not
    known of any.
    """
    moved = shifted(values, logit)
    if spread <= 0:
        return moved
    odds = moved * _odds_factors(spread, parameters)
    return recentre(odds / (1 - moved + odds), float(moved.mean()))


@lru_cache(maxsize=64)
def _odds_factors(spread: float, parameters: RiskParameters) -> Values:
    """Draws of exp(Normal(0, spread)): middles of equal slices of the normal, in a random order."""
    size = parameters.draws
    normal = NormalDist()
    slices = np.array([normal.inv_cdf((number + 0.5) / size) for number in range(size)])
    order = stream(parameters, STREAM_FEATURES).permutation(size)
    return frozen(np.exp(spread * slices[order]))
