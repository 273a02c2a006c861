"""What a vote will answer, by the rules that decide it: stake, thresholds, rolls.

One request, two answers that matter: ``a`` and ``b``; all else opened counts for the quorum only.
Stake in UMA. The draws are fixed slices of the unit interval, so that equal rounds have equal
chances and more votes for one side can only help it. docs/methodology.md, "The vote in the score".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from service.risk.draws import STREAM_VOTE, Values, frozen, stream
from service.risk.parameters import RiskParameters, VotePriors

_CELLS = 4096
# Beyond this a belief about the voters is as good as certain, and a Beta's grid too coarse.
_INSIDE = 1e-4


@dataclass(frozen=True, slots=True)
class Lean:
    """Share of the stake without a bloc that votes for ``a``: Beta(mean k, (1 - mean) k)."""

    mean: float
    k: float

    def moved(self, odds: float) -> "Lean":
        """The same belief with the odds of ``a`` multiplied."""
        up = self.mean * odds
        return Lean(up / (up + 1 - self.mean), self.k)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one request: what is fixed, and what may still be voted."""

    # All stake (frozen, or as it stands), and the thresholds in force.
    stake: float
    gat: float
    spat: float
    # What votes in one draw for its side, wherever it is not among the opened votes.
    bloc_a: float = 0.0
    bloc_b: float = 0.0
    opened_a: float = 0.0
    opened_b: float = 0.0
    opened_other: float = 0.0
    # Sealed and not opened: all that can still come, once votes are opened; else what will come
    # at least. Without a bloc.
    sealed: float = 0.0
    # While votes can still be sealed, turnout is drawn.
    can_seal: bool = True
    # Effective numbers of voters behind opened and sealed stake (0: their votes say nothing).
    opened_voters: float = 0.0
    sealed_voters: float = 0.0
    # Rounds that may follow this one before the request is deleted.
    rolls_left: int = 0


@dataclass(frozen=True, slots=True)
class Chances:
    """P(the vote answers ``a``), ``b``; deleted is the rest. ``rolled``: P(this round rolls)."""

    a: float
    b: float
    rolled: float

    @property
    def deleted(self) -> float:
        """P(no answer in all rounds that are left)."""
        return max(0.0, 1 - self.a - self.b)


@lru_cache(maxsize=2048)
def simulate(round_: Round, lean: Lean, parameters: RiskParameters) -> Chances:
    """Play the round, and those that follow while nobody reaches the thresholds."""
    priors = parameters.vote
    phi = beta_at(informed_lean(round_, lean), _slices(parameters, 0))
    a, b = _weights(round_, phi, parameters)
    won_a, won_b = _decide(round_, a, b)
    chance_a, chance_b = float(won_a.mean()), float(won_b.mean())
    rolled = ~(won_a | won_b)
    first = float(rolled.mean())
    leans = np.where(a >= b, 1, -1)
    for number in range(1, round_.rolls_left + 1):
        if not rolled.any():
            break
        won_a, won_b, ahead = _next_round(round_, lean, leans, number, parameters)
        chance_a += float((rolled & won_a).mean())
        chance_b += float((rolled & won_b).mean())
        rolled &= ~(won_a | won_b)
        leans = np.clip(leans + ahead, -priors.most_moves, priors.most_moves)
    return Chances(chance_a, chance_b, first)


def informed_lean(round_: Round, lean: Lean) -> Lean:
    """The belief about the votes still sealed, from the voters who opened.

    Voters are draws from one share: the opened ones move its mean, and so few sealed ones are
    left that their own share scatters around it (a Beta with the same two moments).
    """
    opened = round_.opened_a + round_.opened_b + round_.opened_other
    if opened <= 0 or round_.opened_voters <= 0:
        return lean
    size = lean.k + round_.opened_voters
    mean = (lean.mean * lean.k + round_.opened_voters * round_.opened_a / opened) / size
    mean = min(max(mean, _INSIDE), 1 - _INSIDE)
    if round_.sealed_voters <= 0:
        return Lean(mean, size)
    scattered = round_.sealed_voters * (size + 1) / (size + round_.sealed_voters) - 1
    return Lean(mean, max(scattered, 1.0))


def beta_at(lean: Lean, uniform: Values) -> Values:
    """Quantiles of Beta(mean k, (1 - mean) k), by adding its density up over equal angles."""
    edges, cumulative = _beta_table(lean.mean, lean.k)
    return np.interp(uniform, cumulative, edges)


# 65 kB each.
@lru_cache(maxsize=96)
def _beta_table(mean: float, k: float) -> tuple[Values, Values]:
    # phi = sin^2(angle) takes the poles of the density at 0 and 1 away, or makes them mild.
    angles = np.linspace(0, np.pi / 2, _CELLS + 1)
    middle = (angles[1:] + angles[:-1]) / 2
    log_density = (2 * mean * k - 1) * np.log(np.sin(middle))
    log_density += (2 * (1 - mean) * k - 1) * np.log(np.cos(middle))
    weights = np.exp(log_density - log_density.max())
    cumulative = np.concatenate(([0.0], np.cumsum(weights)))
    return frozen(np.sin(angles) ** 2), frozen(cumulative / cumulative[-1])


def _weights(round_: Round, phi: Values, parameters: RiskParameters) -> tuple[Values, Values]:
    """Votes for either side at the end of the round, one value a draw."""
    rest = np.full_like(phi, round_.sealed)
    if round_.can_seal:
        rest = np.maximum(rest, _free(round_) * _turnouts(parameters))
    a = round_.opened_a + round_.bloc_a + rest * phi
    b = round_.opened_b + round_.bloc_b + rest * (1 - phi)
    return a, b


def _free(round_: Round) -> float:
    """Stake of nobody's bloc."""
    return max(0.0, round_.stake - round_.bloc_a - round_.bloc_b)


def _decide(round_: Round, a: Values, b: Values) -> tuple[np.ndarray, np.ndarray]:
    """Whether ``a`` or ``b`` is the answer: both thresholds are strict."""
    enough = a + b + round_.opened_other > round_.gat
    needed = round_.spat * round_.stake
    won_a = enough & (a > needed) & (a >= b)
    return won_a, enough & (b > needed) & (b > a)


def _next_round(
    round_: Round, lean: Lean, leans: np.ndarray, number: int, parameters: RiskParameters
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A round after a roll: nothing is opened, and the voters have moved towards the leader."""
    fresh = Round(round_.stake, round_.gat, round_.spat, bloc_a=round_.bloc_a, bloc_b=round_.bloc_b)
    uniform = _slices(parameters, number)
    phi = np.empty_like(uniform)
    for moves, here in _groups(leans):
        phi[here] = beta_at(lean.moved(parameters.vote.roll_odds**moves), uniform[here])
    a, b = _weights(fresh, phi, parameters)
    won_a, won_b = _decide(fresh, a, b)
    return won_a, won_b, np.where(a >= b, 1, -1)


def _groups(leans: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for moves in np.unique(leans):
        yield int(moves), leans == moves


@lru_cache(maxsize=16)
def _slices(parameters: RiskParameters, number: int) -> Values:
    """The middles of equal slices of 0..1 in a random order of their own for each round."""
    count = parameters.vote.draws
    order = stream(parameters, STREAM_VOTE + number).permutation(count)
    return frozen((order + 0.5) / count)


@lru_cache(maxsize=4)
def _turnouts(parameters: RiskParameters) -> Values:
    priors: VotePriors = parameters.vote
    drawn = stream(parameters, STREAM_VOTE - 1).normal(
        priors.turnout_mean, priors.turnout_sd, priors.draws
    )
    return frozen(np.clip(drawn, priors.turnout_low, 1.0))
