"""What one bloc could do to a round, and what that would pay it.

docs/methodology.md, "A whole round". Stake in UMA, money in USD.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.risk.attack.attack_cost import (
    can_block,
    can_force,
    hedged_share,
    saturate,
    stake_to_force,
    stake_to_stall,
    token_damage,
    unhedged_value,
)
from service.risk.attack.attack_docket import Selection, objective_of, select
from service.risk.attack.attack_gain import (
    Docket,
    Flags,
    Stakes,
    slash_income,
    slash_loss,
    stakes_of,
    values_of,
)
from service.risk.attack.attack_inputs import Bloc, Terms, Uma
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.attack.attack_votes import (
    JointVotes,
    VoteDraws,
    slashed_per_winner,
    sum_by_draw,
    vote_with,
    without,
)
from service.risk.draws import Values
from service.risk.result import Interval


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What all blocs of a round share."""

    terms: Terms
    uma: Uma
    docket: Docket
    votes: JointVotes
    # Nobody pushes: honest error alone.
    honest: VoteDraws
    parameters: AttackParameters


@dataclass(frozen=True, slots=True, eq=False)
class BlocVotes:
    """So much stake on the wrong answers: what comes of it, and the slashing income of a win."""

    draws: VoteDraws
    chance: Values
    stall: Values
    income: Values
    # What of the chance is the bloc's own doing: what it opened for the wrong answer and what it
    # can still add. 0 where it opened more against the wrong answer than for it.
    added: Values


@dataclass(frozen=True, slots=True, eq=False)
class AttackSet:
    """A set of requests an attack would take, and what it would be worth.

    ``worth_usd`` is f. The intervals are of the outcome over draws of votes, administrators, the
    joint response and the depth of UMA's fall; their means are those of f's own terms.
    """

    requests: tuple[str, ...]
    worth_usd: float
    profit: Interval
    gain: Interval
    damage: Interval
    # P(the outcome is a profit), what was spent on stake counted.
    p_pays: float
    dollars_usd: float
    # L, and what of it is the bloc's own doing.
    misallocated_usd: float
    added_usd: float


@dataclass(frozen=True, slots=True, eq=False)
class BlocDocket:
    """One bloc against one candidate set of requests."""

    bloc: Bloc
    share: float
    can_force: bool
    can_block: bool
    force_shortfall: float
    # What it has beyond what blocks; below 0: what it lacks.
    block_surplus: float
    stall_shortfall: float
    votes: BlocVotes
    stakes: Stakes
    # v by request.
    value: Values
    # X*: empty where nothing pays. ``least_bad``: the best set there is, paying or not.
    chosen: Flags
    best: AttackSet
    least_bad: AttackSet
    critical: tuple[str, ...] | None
    gaining_usd: float
    # Fall of UMA's price at which all requests that gain pay nothing any more.
    break_even_fall: float | None
    # Stake above which, at the assumed fall, attacking all of them loses.
    break_even_stake: float | None
    hedged: float
    # Open interest its own votes would be expected to take, profit or not.
    dollars_winnable_usd: float
    conflicts_usd: float


def bloc_votes(scene: Scene, bloc: Bloc) -> BlocVotes:
    """The round's votes with the bloc's stake pushing every wrong answer."""
    terms, stake = scene.terms, bloc.stake
    opened = by_request(scene, bloc.opened)
    pushed = by_request(scene, bloc.opened_wrong)
    draws = vote_with(scene.votes, terms, stake, opened)
    others = scene.parameters.others_slashed
    ratio = slashed_per_winner(scene.votes, draws, terms, stake, opened)
    income = slash_income(terms, scene.uma, stake, ratio, others)
    chance, alone = draws.chance, scene.honest.chance
    if pushed.any():
        alone = vote_with(without(scene.votes, pushed), terms, 0.0).chance
    own = np.where(opened > 2 * pushed, 0.0, np.maximum(chance - alone, 0.0))
    return BlocVotes(draws, chance, draws.stall, income, own)


def by_request(scene: Scene, amounts: Mapping[str, float]) -> Values:
    """Amounts in the order of the docket; 0 for a request without one."""
    return np.array([amounts.get(i, 0.0) for i in scene.docket.request_ids], dtype=np.float64)


def assess_bloc(
    scene: Scene,
    bloc: Bloc,
    candidates: Flags,
    votes: BlocVotes | None = None,
    spent_usd: float = 0.0,
) -> BlocDocket:
    """The bloc against those requests: what it wins, what pays, and what it lacks.

    ``spent_usd``: gone for stake whatever it then takes; only ``p_pays`` counts it.
    """
    terms, uma, parameters = scene.terms, scene.uma, scene.parameters
    votes = votes or bloc_votes(scene, bloc)
    stakes = stakes_of(scene.docket, bloc.holdings, bloc.bonds)
    slash = slash_loss(terms, uma, bloc.stake)
    chance = votes.chance
    value = values_of(stakes, scene.docket.prevented, chance, votes.income, slash)
    # What wins or loses whatever the bloc does is none of its attack.
    usable = candidates & scene.docket.counted & (votes.added > 0)
    exposed = unhedged_value(bloc.stake - bloc.borrowed, bloc.hedged, uma, parameters)
    spread = chance * scene.docket.open_interest
    objective = objective_of(
        np.where(usable, value, 0.0), np.where(usable, spread, 0.0), exposed, parameters
    )
    selection = select(objective)
    weights = _Weights(votes, stakes, slash, exposed, value, spent_usd)
    gaining = usable & (value > 0)
    best = _attack_set(scene, weights, selection.chosen)
    least_bad = best
    if not best.requests:
        least_bad = _attack_set(scene, weights, _least_bad(selection, usable))
    total = float(value[gaining].sum())
    return BlocDocket(
        bloc=bloc,
        share=bloc.stake / terms.stake,
        can_force=can_force(terms, bloc.stake),
        can_block=can_block(terms, bloc.stake),
        force_shortfall=stake_to_force(terms, bloc.stake),
        block_surplus=bloc.stake - (terms.turnout - terms.spat) * terms.stake,
        stall_shortfall=stake_to_stall(terms, bloc.stake),
        votes=votes,
        stakes=stakes,
        value=value,
        chosen=selection.chosen,
        best=best,
        least_bad=least_bad,
        critical=_critical(scene.docket, selection, usable),
        gaining_usd=total,
        break_even_fall=total / exposed if total > 0 and exposed > 0 else None,
        break_even_stake=_break_even_stake(scene, bloc, gaining, total, spread),
        hedged=hedged_share(bloc.stake - bloc.borrowed, bloc.hedged, uma, parameters),
        dollars_winnable_usd=float((votes.added * scene.docket.open_interest)[candidates].sum()),
        conflicts_usd=float((stakes.held * scene.docket.bid)[candidates].sum()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    votes: BlocVotes
    stakes: Stakes
    slash: float
    exposed: float
    value: Values
    spent: float


def _least_bad(selection: Selection, usable: Flags) -> Flags:
    """Where nothing pays: the prefix that loses least."""
    if len(selection.prefix_worth) == 1:
        return np.zeros_like(usable)
    size = 1 + int(selection.prefix_worth[1:].argmax())
    flags = np.zeros_like(usable)
    flags[selection.order[:size]] = True
    return flags & usable


def _critical(docket: Docket, selection: Selection, usable: Flags) -> tuple[str, ...] | None:
    if selection.critical is None:
        return None
    return tuple(docket.request_ids[place] for place in selection.critical if usable[place])


def _break_even_stake(
    scene: Scene, bloc: Bloc, gaining: Flags, total: float, spread: Values
) -> float | None:
    if total <= 0:
        return None
    fall = float(saturate(scene.parameters.fall, float(spread[gaining].sum())))
    owned = bloc.stake - bloc.borrowed
    a_token = scene.uma.price_usd * (
        1 - hedged_share(owned, bloc.hedged, scene.uma, scene.parameters)
    )
    return total / (a_token * fall) if fall > 0 and a_token > 0 else None


def _attack_set(scene: Scene, weights: _Weights, chosen: Flags) -> AttackSet:
    docket, parameters, chance = scene.docket, scene.parameters, weights.votes.chance
    interest = docket.open_interest[chosen]
    misallocated = float(chance[chosen] @ interest)
    added = float(weights.votes.added[chosen] @ interest)
    damage = token_damage(weights.exposed, misallocated, parameters)
    response = float(saturate(parameters.emergency, misallocated))
    gain = float(weights.value[chosen].sum()) * (1 - response)
    worth = gain - damage
    gains, damages = _outcomes(scene, weights, chosen)
    return AttackSet(
        requests=tuple(docket.request_ids[place] for place in np.flatnonzero(chosen)),
        worth_usd=worth,
        profit=_spread(gains - damages, worth),
        gain=_spread(gains, gain),
        damage=_spread(damages, damage),
        p_pays=float((gains > damages + weights.spent).mean()),
        dollars_usd=float(interest.sum()),
        misallocated_usd=misallocated,
        added_usd=added,
    )


def _outcomes(scene: Scene, weights: _Weights, chosen: Flags) -> tuple[Values, Values]:
    """Gain and damage draw by draw, at what is won in that draw."""
    docket, stakes, votes, draws = scene.docket, weights.stakes, weights.votes, scene.votes
    won = votes.draws.won[chosen]
    paid = won & (draws.remedy >= docket.prevented[chosen, None])
    lost = (stakes.loss + weights.slash + stakes.bond_lost)[chosen]
    gains = sum_by_draw(stakes.gain[chosen], paid) - lost.sum()
    gains += sum_by_draw((votes.income + stakes.bond_won)[chosen] + lost, won)
    misallocated = sum_by_draw(docket.open_interest[chosen], won)
    parameters = scene.parameters
    stopped = draws.emergency < saturate(parameters.emergency, misallocated)
    fall = np.minimum(draws.fall * saturate(parameters.fall, misallocated), 1.0)
    return np.where(stopped, 0.0, gains), weights.exposed * fall


def _spread(outcome: Values, mean: float) -> Interval:
    p05, p50, p95 = (float(q) for q in np.quantile(outcome, (0.05, 0.5, 0.95)))
    return Interval(mean, min(p05, mean), p50, max(p95, mean))
