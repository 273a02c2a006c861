"""The votes on every request of a round, drawn together. docs/methodology.md, "What it pays".

Turnout, the bloc and part of the honest error are common to all requests of a draw: wrong answers
come together. Opened votes are fixed and tell of the sealed ones. One round: what rolls is not
voted on again. Arrays are requests x draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from service.risk.attack.attack_gain import Flags
from service.risk.attack.attack_inputs import DocketMarket, Terms
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.draws import Values, frozen
from service.risk.vote_simulation import Lean, Round, beta_at, informed_lean

_TURNOUT, _COMMON, _OWN, _REMEDY, _EMERGENCY, _FALL, _TRUTH = range(7)
# A mean over wins needs no more than one draw in so many.
_PART = 4


@dataclass(frozen=True, slots=True, eq=False)
class JointVotes:
    """Draws of a round that every bloc shares."""

    # Wrong share of the votes x turnout, of the stake outside a bloc; of what is still sealed,
    # the wrong share alone.
    wrong: Values
    # One a draw.
    turnout: Values
    # How far administrators go in this draw: they prevent where their chance is above it.
    remedy: Values
    # The same for a joint emergency response; and how deep UMA falls, times what is assumed.
    emergency: Values
    fall: Values
    opened: "OpenedRows"


@dataclass(frozen=True, slots=True, eq=False)
class OpenedRows:
    """Requests whose votes are being opened: their places, and UMA on either side."""

    places: np.ndarray
    wrong: Values
    right: Values
    other: Values
    sealed: Values


@dataclass(frozen=True, slots=True, eq=False)
class VoteDraws:
    """What happens where one bloc pushes the wrong answer everywhere."""

    won: Flags
    # Neither answer passes: the request rolls.
    rolled: Flags

    @property
    def chance(self) -> Values:
        """P(the wrong answer wins), by request."""
        return _mean(self.won)

    @property
    def stall(self) -> Values:
        """P(the request rolls), by request."""
        return _mean(self.rolled)


def draw_votes(
    requests: Sequence[DocketMarket], terms: Terms, parameters: AttackParameters
) -> JointVotes:
    """The common draws; equal for equal requests, so that two questions about them compare."""
    ranks = _ranks(len(requests), parameters)
    turnout = _turnouts(terms.turnout, parameters)
    steps = (np.arange(parameters.draws) + 0.5) / parameters.draws
    leans = [_lean(request, terms) for request in requests]
    shares = {lean: beta_at(lean, steps) for lean in set(leans)}
    opened = _opened_rows(requests)
    wrong = np.empty(ranks.shape)
    for row, lean in enumerate(leans):
        wrong[row] = shares[lean][ranks[row]]
        if requests[row].opened is None:
            wrong[row] *= turnout
    return JointVotes(
        wrong,
        turnout,
        _uniform(_REMEDY, parameters),
        _uniform(_EMERGENCY, parameters),
        _falls(parameters),
        opened,
    )


def _lean(request: DocketMarket, terms: Terms) -> Lean:
    told = request.opened
    if told is None:
        return request.honest_error
    # Terms are frozen once votes are opened; blocs are among the voters who tell of the rest.
    seen = Round(
        terms.stake,
        terms.gat,
        terms.spat,
        opened_a=told.wrong,
        opened_b=told.right,
        opened_other=told.other,
        sealed=told.sealed,
        can_seal=False,
        opened_voters=told.opened_voters,
        sealed_voters=told.sealed_voters,
    )
    return informed_lean(seen, request.honest_error)


def _opened_rows(requests: Sequence[DocketMarket]) -> OpenedRows:
    rows = [(row, r.opened) for row, r in enumerate(requests) if r.opened is not None]
    table = np.array(
        [(told.wrong, told.right, told.other, told.sealed) for _, told in rows], dtype=np.float64
    ).reshape(len(rows), 4)
    return OpenedRows(np.array([row for row, _ in rows], dtype=np.intp), *table.T)


def vote_with(
    votes: JointVotes, terms: Terms, stake: float, opened: Values | None = None
) -> VoteDraws:
    """The round with so much stake of one bloc on the wrong answer of every request.

    With A the bloc, H all other stake, t its turnout and w its wrong votes over H: wrong wins with
    A + wH > SPAT S and no fewer votes than right, (t - w) H. Both thresholds are strict.
    ``opened``: what of its stake is opened already, by request, and so among the opened votes.
    """
    other = max(terms.stake - stake, 1e-9 * terms.stake)
    needed = terms.spat * terms.stake
    level = (votes.turnout - stake / other) / 2
    above = np.maximum((needed - stake) / other, np.nextafter(level, -np.inf))
    below = np.minimum(votes.turnout - needed / other, level)
    # Too few votes in all: nobody wins.
    quorum = stake + other * votes.turnout > terms.gat
    above, below = np.where(quorum, above, np.inf), np.where(quorum, below, -np.inf)
    won = votes.wrong > above
    lost = votes.wrong < below
    if votes.opened.places.size:
        _count_opened(votes, terms, _still_sealed(votes, stake, opened), won, lost)
    return VoteDraws(won, ~(won | lost))


def without(votes: JointVotes, opened_wrong: Values) -> JointVotes:
    """The round less what one bloc has opened for the wrong answer, in UMA by request.

    Those votes are taken as never cast: what is left is what the others made of it.
    """
    rows = votes.opened
    others = np.maximum(rows.wrong - opened_wrong[rows.places], 0.0)
    return replace(votes, opened=replace(rows, wrong=others))


def _still_sealed(votes: JointVotes, stake: float, opened: Values | None) -> Values:
    """What the bloc has sealed and not opened, of the requests whose votes are being opened."""
    rows = votes.opened
    done = 0.0 if opened is None else opened[rows.places]
    held: Values = np.clip(stake - done, 0.0, rows.sealed)
    return held


def _count_opened(votes: JointVotes, terms: Terms, held: Values, won: Flags, lost: Flags) -> None:
    """Overwrite the rows whose votes are being opened."""
    rows, needed = votes.opened, terms.spat * terms.stake
    rest = rows.sealed - held
    wrong = (rows.wrong + held)[:, None] + rest[:, None] * votes.wrong[rows.places]
    total = rows.wrong + rows.right + rows.sealed
    right = total[:, None] - wrong
    enough = (total + rows.other > terms.gat)[:, None]
    won[rows.places] = enough & (wrong > needed) & (wrong >= right)
    lost[rows.places] = enough & (right > needed) & (right > wrong)


def slashed_per_winner(
    votes: JointVotes, draws: VoteDraws, terms: Terms, stake: float, opened: Values | None = None
) -> Values:
    """What a winning token gets of the slashed ones, before the rate: E[losing / winning | won].

    "losing" is all stake but the winning votes, absent stake included; 0 where wrong never wins.
    """
    other = max(terms.stake - stake, 0.0)
    some = votes.wrong.shape[1] // _PART
    won = draws.won[:, :some]
    winning = votes.wrong[:, :some] * other
    winning += stake
    rows = votes.opened
    if rows.places.size:
        held = _still_sealed(votes, stake, opened)
        sealed = (rows.sealed - held)[:, None] * votes.wrong[rows.places, :some]
        winning[rows.places] = (rows.wrong + held)[:, None] + sealed
    each = np.divide(terms.stake, winning, out=np.zeros_like(winning), where=won)
    wins = np.count_nonzero(won, axis=1)
    found: Values = (each.sum(axis=1) - wins) / np.maximum(wins, 1)
    return found


def draw_truth(belief: Values, parameters: AttackParameters) -> Flags:
    """Where the pushed answer is the right one after all: each request on its own.

    Slices of 0..1 in an own order by request: no sampling noise in its own chance.
    """
    steps = (np.arange(parameters.draws) + 0.5) / parameters.draws
    rows = np.broadcast_to(steps, (len(belief), parameters.draws))
    found: Flags = _stream(parameters, _TRUTH).permuted(rows, axis=1) > belief[:, None]
    return found


def sum_by_draw(amounts: Values, flags: Flags) -> Values:
    """Amounts of the flagged requests, one sum a draw, to a ten-millionth.

    No BLAS: its threads spin on a shared machine, and their number changes the last digits.
    """
    total: Values = np.einsum("i,ij->j", amounts.astype(np.float32), flags).astype(np.float64)
    return total


def _mean(flags: Flags) -> Values:
    mean: Values = np.count_nonzero(flags, axis=1) / flags.shape[1]
    return mean


@lru_cache(maxsize=4)
def _ranks(count: int, parameters: AttackParameters) -> np.ndarray:
    """Ranks, by request, of a common and an own normal part of each draw.

    Ranks make every request's margin exact slices of 0..1: no sampling noise in its own chance.
    """
    common = _stream(parameters, _COMMON).standard_normal(parameters.draws)
    own = _stream(parameters, _OWN).standard_normal((count, parameters.draws))
    rho = parameters.error_correlation
    mixed = np.sqrt(rho) * common + np.sqrt(1 - rho) * own
    ranks = np.empty(mixed.shape, dtype=np.intp)
    places = np.broadcast_to(np.arange(parameters.draws), mixed.shape)
    np.put_along_axis(ranks, mixed.argsort(axis=1), places, axis=1)
    ranks.setflags(write=False)
    return ranks


@lru_cache(maxsize=32)
def _turnouts(mean: float, parameters: AttackParameters) -> Values:
    priors = parameters.turnout
    drawn = _stream(parameters, _TURNOUT).normal(mean, priors.sd, parameters.draws)
    # A mean below the lowest turnout seen is somebody's question, not a mistake.
    return frozen(np.clip(drawn, min(priors.low, mean), 1.0))


@lru_cache(maxsize=8)
def _uniform(number: int, parameters: AttackParameters) -> Values:
    return frozen(_stream(parameters, number).random(parameters.draws))


@lru_cache(maxsize=4)
def _falls(parameters: AttackParameters) -> Values:
    """Log-normal of mean 1."""
    sd = parameters.fall_log_sd
    drawn = _stream(parameters, _FALL).standard_normal(parameters.draws)
    return frozen(np.exp(sd * drawn - sd * sd / 2))


def _stream(parameters: AttackParameters, number: int) -> np.random.Generator:
    return np.random.default_rng([parameters.seed, number])
