"""One request of a round attacked alone: what it would pay a bloc, and what it would cost.

docs/methodology.md, "One market". Stake in UMA, money in USD.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.risk.attack.attack_attempt import AttemptRate
from service.risk.attack.attack_cost import acquire, saturate, unhedged_value
from service.risk.attack.attack_gain import slash_loss
from service.risk.attack.attack_inputs import DocketMarket
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.attack.attack_votes import draw_votes, vote_with
from service.risk.attack.bloc_docket import BlocDocket, Scene, by_request
from service.risk.beta_quantiles import beta_quantile
from service.risk.draws import Values
from service.risk.result import Interval
from service.risk.vote_simulation import Lean

# The ends of a 90 % interval; and an error so rare, or so common, that a Beta's grid is too coarse.
_ENDS = (0.05, 0.95)
_LEAST_ERROR = 1e-4


@dataclass(frozen=True, slots=True)
class MarketAttack:
    """What pushing the wrong answer of one request alone is worth to one bloc.

    ``margin_usd``: cost less gain with the stake it has; below 0 it pays, under the assumptions.
    None, as are shares, gain, loss and value, where price or open interest are not known.
    """

    request_id: str
    bloc_id: str
    p_wrong: AttemptRate
    p_roll: AttemptRate
    # The same if nobody pushes.
    p_wrong_honest: AttemptRate
    open_interest_usd: float | None
    held_shares: float | None
    obtainable_shares: float | None
    p_prevented: float
    p_refunded: float
    # If it wins: positions, slashing income, bonds. If it loses: all of it.
    gain_usd: float | None
    slash_income_usd: float
    bond_won_usd: float
    loss_usd: float | None
    # v, before damage; and UMA's fall at this one alone.
    value_usd: float | None
    damage_usd: float
    margin_usd: Interval | None
    break_even_fall: float | None
    break_even_stake: float | None
    # Lost for the stake that forcing lacks.
    acquire_lost_usd: float


def market_attacks(
    scene: Scene, found: BlocDocket, requests: Sequence[DocketMarket]
) -> tuple[MarketAttack, ...]:
    """Every request alone, in the order of the docket, which is that of ``requests``."""
    bloc, chances = found.bloc, chance_spreads(scene, found, requests)
    owned = bloc.stake - bloc.borrowed
    exposed = unhedged_value(owned, bloc.hedged, scene.uma, scene.parameters)
    slash = slash_loss(scene.terms, scene.uma, bloc.stake)
    lost = found.stakes.loss + slash + found.stakes.bond_lost
    acquired = acquire(found.force_shortfall, scene.uma, scene.parameters).lost_usd
    spread = _spread(scene, found, lost, exposed) if len(scene.docket) else lost
    a_token = exposed / max(owned, 1e-9)
    shared = _Shared(scene, found, chances, lost, spread, exposed, a_token, acquired)
    return tuple(_attack(shared, row) for row in range(len(scene.docket)))


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    scene: Scene
    found: BlocDocket
    chances: "ChanceSpreads"
    lost: Values
    # Quantiles of the margin by request.
    spread: Values
    exposed: float
    # USD that a fall takes of one token of the bloc.
    a_token: float
    acquired: float


def _attack(shared: _Shared, row: int) -> MarketAttack:
    scene, found = shared.scene, shared.found
    docket, stakes, votes = scene.docket, found.stakes, found.votes
    counted, value = bool(docket.counted[row]), float(found.value[row])
    misallocated = float(votes.chance[row] * docket.open_interest[row])
    fall = float(saturate(scene.parameters.fall, misallocated))
    pays = counted and value > 0
    return MarketAttack(
        request_id=docket.request_ids[row],
        bloc_id=found.bloc.bloc_id,
        p_wrong=shared.chances.wrong[row],
        p_roll=shared.chances.roll[row],
        p_wrong_honest=shared.chances.honest[row],
        open_interest_usd=float(docket.open_interest[row]) if docket.interest_known[row] else None,
        held_shares=float(stakes.held[row]) if counted else None,
        obtainable_shares=float(docket.shares[row]) if counted else None,
        p_prevented=float(docket.prevented[row]),
        p_refunded=float(docket.refunded[row]),
        gain_usd=float(stakes.gain[row]) if counted else None,
        slash_income_usd=float(votes.income[row]),
        bond_won_usd=float(stakes.bond_won[row]),
        loss_usd=float(shared.lost[row]) if counted else None,
        value_usd=value if counted else None,
        damage_usd=shared.exposed * fall,
        margin_usd=_margin(shared, row, value, misallocated) if counted else None,
        break_even_fall=value / shared.exposed if pays and shared.exposed > 0 else None,
        break_even_stake=(
            value / (shared.a_token * fall) if pays and shared.a_token * fall > 0 else None
        ),
        acquire_lost_usd=shared.acquired,
    )


@dataclass(frozen=True, slots=True)
class ChanceSpreads:
    """By request, with 90 % intervals over how often honest voters err in the mean."""

    wrong: tuple[AttemptRate, ...]
    roll: tuple[AttemptRate, ...]
    # If nobody pushes.
    honest: tuple[AttemptRate, ...]


def chance_spreads(
    scene: Scene, found: BlocDocket, requests: Sequence[DocketMarket]
) -> ChanceSpreads:
    """The chances of a vote, and what they are at both ends of the mean honest error.

    The mean of Beta(m k, (1 - m) k) is known no better than as Beta(m n, (1 - m) n), n a fixed
    multiple of k: the vote is played again, by the same draws, at its 5 and 95 % ends. Votes that
    are opened tell of the rest there too. The chance of a roll need not rise or fall with it: its
    interval is what the three spread over.
    """
    votes = found.votes
    opened = by_request(scene, found.bloc.opened)
    wrong, roll, honest = [votes.chance], [votes.stall], [scene.honest.chance]
    for share in _ENDS:
        leaning = [_with_error(request, share, scene.parameters) for request in requests]
        drawn = draw_votes(leaning, scene.terms, scene.parameters)
        pushed = vote_with(drawn, scene.terms, found.bloc.stake, opened)
        wrong.append(pushed.chance)
        roll.append(pushed.stall)
        honest.append(vote_with(drawn, scene.terms, 0.0).chance)
    return ChanceSpreads(_rates(wrong), _rates(roll), _rates(honest))


def _with_error(request: DocketMarket, share: float, parameters: AttackParameters) -> DocketMarket:
    lean = request.honest_error
    votes = parameters.error_mean_weight * lean.k
    mean = beta_quantile(lean.mean * votes, (1 - lean.mean) * votes, share)
    return replace(
        request, honest_error=Lean(min(max(mean, _LEAST_ERROR), 1 - _LEAST_ERROR), lean.k)
    )


def _rates(columns: Sequence[Values]) -> tuple[AttemptRate, ...]:
    """The first column with the least and the greatest of all."""
    low, high = np.minimum.reduce(columns), np.maximum.reduce(columns)
    rows = zip(columns[0].tolist(), low.tolist(), high.tolist(), strict=True)
    return tuple(AttemptRate(mean, least, most) for mean, least, most in rows)


def _spread(scene: Scene, found: BlocDocket, lost: Values, exposed: float) -> Values:
    """5, 50 and 95 % of cost less gain, by request, over what _outcome draws."""
    margins = np.stack(
        [_outcome(scene, found, row, lost[row], exposed) for row in range(len(scene.docket))]
    )
    quantiles: Values = np.quantile(margins, (0.05, 0.5, 0.95), axis=1, overwrite_input=True)
    return quantiles


def _outcome(scene: Scene, found: BlocDocket, row: int, lost: float, exposed: float) -> Values:
    """Cost less gain by draws of the vote, the administrators and the depth of the fall."""
    votes, docket, stakes, parameters = scene.votes, scene.docket, found.stakes, scene.parameters
    won, interest = found.votes.draws.won[row], float(docket.open_interest[row])
    gain = np.where(votes.remedy >= docket.prevented[row], stakes.gain[row], 0.0)
    gain += found.votes.income[row] + stakes.bond_won[row]
    gain[votes.emergency < float(saturate(parameters.emergency, interest))] = 0.0
    fall = np.minimum(votes.fall * float(saturate(parameters.fall, interest)), 1.0)
    return np.where(won, exposed * fall - gain, lost)


def _margin(shared: _Shared, row: int, value: float, misallocated: float) -> Interval:
    parameters = shared.scene.parameters
    mean = shared.exposed * float(saturate(parameters.fall, misallocated))
    mean -= value * (1 - float(saturate(parameters.emergency, misallocated)))
    p05, p50, p95 = (float(q) for q in shared.spread[:, row])
    return Interval(mean, min(p05, mean), p50, max(p95, mean))
