"""One round assessed: who could force or block which requests, and what it would pay.

docs/methodology.md, "Attack economics". Stake in UMA, money in USD, shares in 0..1. Every share
and holding is a lower bound, because links between addresses hide; "pays" and "does not pay" are
under the assumptions listed, and a round that does not pay is not called safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from service.risk.attack.attack_attempt import (
    AttemptRate,
    any_attempt,
    attempt_scale,
    base_attempt_rate,
    raw_attempt,
    with_interval,
)
from service.risk.attack.attack_cost import bribe_floor, stake_to_force, stake_to_stall
from service.risk.attack.attack_gain import prepare_docket
from service.risk.attack.attack_inputs import (
    BadRoundInput,
    Bloc,
    DisputeCount,
    DocketMarket,
    Reading,
    RoundInputs,
    Terms,
    fill_terms,
    fill_uma,
)
from service.risk.attack.attack_parameters import (
    ATTACK_VERSION,
    Assumption,
    AttackParameters,
    load_attack_parameters,
)
from service.risk.attack.attack_votes import draw_votes, vote_with
from service.risk.attack.bloc_docket import BlocDocket, BlocVotes, Scene, assess_bloc, bloc_votes
from service.risk.attack.force_margin import ForceMargin, force_margin
from service.risk.attack.market_attack import MarketAttack, market_attacks
from service.risk.attack.round_loss import RoundLoss, round_loss, unbelieved
from service.risk.attack.stake_concentration import (
    Power,
    StakeConcentration,
    concentration_of,
    powers_of,
)
from service.risk.result import Interval

MOST_REQUESTS = 1000
MOST_BLOCS = 50


@dataclass(frozen=True, slots=True, eq=False)
class BlocAssessment:
    """One bloc against the requests of the round, and against those it could still bring in."""

    found: BlocDocket
    # None: no open proposal was listed.
    still_open: BlocDocket | None
    forcing: ForceMargin
    # P(it attacks this round): raw, and at the level of past rounds.
    raw_attempt: float
    attempt: float
    # By request, P(the answer is captured by it): attempt x P(its votes decide), in its best set.
    captured: dict[str, float]
    # The two with their 90 % intervals, over the level of attempts alone.
    attempt_rate: AttemptRate
    captured_rates: dict[str, AttemptRate]

    @property
    def dollars_forceable(self) -> float:
        """Open interest of its best set."""
        return self.found.best.dollars_usd


@dataclass(frozen=True, slots=True, eq=False)
class RoundAssessmentResult:
    """Everything said about one round. ``headline``: the bloc its single numbers are of."""

    round_id: int
    phase: str
    phase_end: datetime
    as_of: datetime
    block: int | None
    terms: Terms
    stake_is_frozen: bool
    requests: tuple[DocketMarket, ...]
    concentration: StakeConcentration
    powers: tuple[Power, ...]
    new_stake_in_commit: Reading
    # UMA from nothing, nobody herding.
    stake_to_force: float
    stake_to_stall: float
    blocs: tuple[BlocAssessment, ...]
    hypothetical: tuple[BlocAssessment, ...]
    headline: str
    # Every request alone, by the headline bloc.
    markets: tuple[MarketAttack, ...]
    # Of operative requests; None where no open interest of any is known, a lower bound where
    # ``interest_known`` is fewer than ``operative``.
    dollars_exposed: float | None
    interest_known: int
    operative: int
    # Of the standing bloc that could take most; None, with a warning, where no bloc or no open
    # interest is known.
    dollars_forceable: float | None
    dollars_forceable_open: float | None
    dollars_winnable: float | None
    disputes: DisputeCount | None
    # None where no score says how likely the answers believed in are right.
    loss: RoundLoss | None
    optimal_set: tuple[str, ...]
    critical_set: tuple[str, ...] | None
    attack_margin: Interval
    break_even_delta: float | None
    break_even_stake: float | None
    # USD a request, and for all operative ones.
    bribe_floor: float
    bribe_floor_all: float
    p_round_attack: AttemptRate
    assumptions: tuple[Assumption, ...]
    model_version: str
    priors_version: str
    warnings: tuple[str, ...]


def assess_round(
    inputs: RoundInputs, parameters: AttackParameters | None = None
) -> RoundAssessmentResult:
    """Assess one round; :class:`BadRoundInput` for what cannot be. Deterministic."""
    used = parameters or load_attack_parameters()
    scene, gaps = build_scene(inputs, used)
    scale = attempt_scale(inputs.past_attempts.value, used)
    blocs = _ranked([_assess(scene, bloc, scale) for bloc in inputs.blocs])
    assumed = [_assess(scene, bloc, scale) for bloc in hypothetical_blocs(scene)]
    rate = _round_rate(scene, blocs)
    loss = round_loss(scene, [(bloc.found, bloc.attempt) for bloc in blocs])
    headline = blocs[0] if blocs else assumed[-1]
    floor = bribe_floor(scene.terms, scene.uma)
    docket = scene.docket
    inside = docket.operative & docket.in_round
    read = int((inside & docket.interest_known).sum())
    has_money = read > 0 or not inside.any()
    return RoundAssessmentResult(
        round_id=inputs.round_id,
        phase=inputs.phase,
        phase_end=inputs.phase_end,
        as_of=inputs.as_of,
        block=inputs.block,
        terms=scene.terms,
        stake_is_frozen=inputs.terms.is_frozen,
        requests=inputs.requests,
        concentration=concentration_of(inputs.voters, scene.terms),
        powers=powers_of(inputs.voters, scene.terms),
        new_stake_in_commit=inputs.new_stake_in_commit,
        stake_to_force=stake_to_force(scene.terms),
        stake_to_stall=stake_to_stall(scene.terms),
        blocs=tuple(blocs),
        hypothetical=tuple(assumed),
        headline=headline.found.bloc.bloc_id,
        markets=market_attacks(scene, headline.found, inputs.requests),
        dollars_exposed=float(docket.open_interest[inside].sum()) if has_money else None,
        interest_known=read,
        operative=int(inside.sum()),
        dollars_forceable=blocs[0].dollars_forceable if blocs and has_money else None,
        dollars_forceable_open=_most_open(blocs),
        dollars_winnable=max((b.found.dollars_winnable_usd for b in blocs), default=None)
        if has_money
        else None,
        disputes=inputs.disputes,
        loss=loss,
        optimal_set=headline.found.best.requests,
        critical_set=headline.found.critical,
        attack_margin=headline.forcing.margin_usd,
        break_even_delta=headline.found.break_even_fall,
        break_even_stake=headline.found.break_even_stake,
        bribe_floor=floor,
        bribe_floor_all=floor * int(inside.sum()),
        p_round_attack=rate,
        assumptions=(*gaps, *docket.assumptions, *used.assumptions),
        model_version=ATTACK_VERSION,
        priors_version=used.version,
        warnings=(*docket.warnings, *_warnings(inputs, scene, blocs)),
    )


def build_scene(
    inputs: RoundInputs, parameters: AttackParameters, like: Scene | None = None
) -> tuple[Scene, tuple[Assumption, ...]]:
    """What all blocs of a round share, and which defaults of the round and of UMA fill gaps.

    ``like``: a scene of the same requests, of which everything is kept that the terms leave alone.
    """
    if len(inputs.requests) > MOST_REQUESTS or len(inputs.blocs) > MOST_BLOCS:
        message = f"a round takes at most {MOST_REQUESTS} requests and {MOST_BLOCS} blocs"
        raise BadRoundInput(message)
    terms, gaps = fill_terms(inputs.terms, parameters)
    uma, more = fill_uma(inputs.uma, parameters)
    if like is not None and like.terms.turnout == terms.turnout:
        votes = like.votes
    else:
        votes = draw_votes(inputs.requests, terms, parameters)
    docket = prepare_docket(inputs.requests, parameters) if like is None else like.docket
    honest = vote_with(votes, terms, 0.0)
    return Scene(terms, uma, docket, votes, honest, parameters), (*gaps, *more)


def hypothetical_blocs(scene: Scene) -> tuple[Bloc, ...]:
    """A quarter of all stake, what blocks, and just what forces: nobody in particular."""
    terms, priors = scene.terms, scene.parameters.bloc
    held = priors.hypothetical_holding * scene.docket.open_interest
    holdings = dict(zip(scene.docket.request_ids, held.tolist(), strict=True))
    shares = {
        "hypothetical_quarter": priors.quarter_share,
        "hypothetical_block": terms.block_share,
        "hypothetical_force": float(np.nextafter(terms.spat, 1)),
    }
    return tuple(
        Bloc(name, share * terms.stake, holdings=holdings, is_hypothetical=True)
        for name, share in shares.items()
    )


def _assess(scene: Scene, bloc: Bloc, scale: float) -> BlocAssessment:
    docket, parameters = scene.docket, scene.parameters
    votes = bloc_votes(scene, bloc)
    found = assess_bloc(scene, bloc, docket.in_round, votes)
    still_open = _against_open(scene, bloc, votes)
    new = bloc.new_stake.value
    priors = parameters.bloc
    raw = 0.0
    if docket.in_round.any():
        raw = raw_attempt(
            found.best.worth_usd,
            conflict=found.conflicts_usd >= priors.conflict_usd,
            new_stake=new is not None and new >= priors.new_stake_share * max(bloc.stake, 1.0),
            parameters=parameters,
        )
    attempt = min(raw * scale, parameters.attempt.cap)
    captured = {
        docket.request_ids[place]: attempt * float(votes.added[place])
        for place in np.flatnonzero(found.chosen)
    }
    forcing = force_margin(scene, found, docket.in_round)
    rates = {name: with_interval(chance, parameters) for name, chance in captured.items()}
    rate = with_interval(attempt, parameters)
    return BlocAssessment(found, still_open, forcing, raw, attempt, captured, rate, rates)


def _against_open(scene: Scene, bloc: Bloc, votes: BlocVotes) -> BlocDocket | None:
    """Against markets it could bring in by two disputes each, with a bond for either."""
    docket, parameters = scene.docket, scene.parameters
    worth_it = docket.open_interest > parameters.bloc.open_minimum_usd
    candidates = ~docket.in_round & docket.operative & worth_it
    if not candidates.any():
        return None
    two = 2 * parameters.default["bond_usd"].value
    bonds = {docket.request_ids[place]: two for place in np.flatnonzero(candidates)}
    bonded = replace(bloc, bonds={**bloc.bonds, **bonds})
    return assess_bloc(scene, bonded, candidates, votes)


def _ranked(blocs: list[BlocAssessment]) -> list[BlocAssessment]:
    """By what they could take, never by profit: what does not pay us to see may pay otherwise."""
    return sorted(
        blocs,
        key=lambda b: (-b.dollars_forceable, -b.found.dollars_winnable_usd, b.found.bloc.bloc_id),
    )


def _most_open(blocs: Sequence[BlocAssessment]) -> float | None:
    found = [bloc.still_open.best.dollars_usd for bloc in blocs if bloc.still_open is not None]
    return max(found, default=None)


def _round_rate(scene: Scene, blocs: Sequence[BlocAssessment]) -> AttemptRate:
    """The chance that anybody attacks; as wide, relatively, as the alleged rate it is scaled to."""
    if not scene.docket.in_round.any():
        return AttemptRate(0.0, 0.0, 0.0)
    if not blocs:
        return base_attempt_rate(scene.parameters)
    return with_interval(any_attempt([bloc.attempt for bloc in blocs]), scene.parameters)


def _unknown_money(scene: Scene) -> list[str]:
    docket = scene.docket
    if not docket.in_round.any():
        return ["no request is in this round: there is nothing to attack yet"]
    inside = docket.operative & docket.in_round
    told, unread = [], int((inside & ~docket.interest_known).sum())
    if unread:
        told.append(
            f"open interest of {unread} of {int(inside.sum())} operative requests is not known: "
            + ("all money is unknown" if unread == inside.sum() else "money is a lower bound")
        )
    without = unbelieved(scene)
    if without:
        told.append(
            f"loss, p_any_wrong and p_two_or_more_wrong are unknown: no score says how likely the "
            f"believed answer is right, for {without} of {int(inside.sum())} operative requests"
        )
    return told


def _warnings(inputs: RoundInputs, scene: Scene, blocs: Sequence[BlocAssessment]) -> list[str]:
    told = []
    if not inputs.blocs:
        told.append("no bloc is known: what could be forced is shown for hypothetical ones only")
    told.extend(_unknown_money(scene))
    if scene.terms.block_share <= 0:
        told.append("at this turnout no answer passes SPAT, whoever withholds stake")
    if inputs.terms.is_frozen:
        told.append(
            "stake is frozen: what a bloc lacks, and what it would cost, is for later rounds"
        )
    listed = sum(voter.stake for voter in inputs.voters)
    if listed > scene.terms.stake * 1.001:
        told.append(
            f"voters listed hold {listed:,.0f} UMA, more than all stake "
            f"({scene.terms.stake:,.0f}): shares are too high"
        )
    if inputs.new_stake_in_commit.value is None:
        told.append(f"new stake in commit: {inputs.new_stake_in_commit.reason}")
    if inputs.past_attempts.value is None:
        told.append(
            f"level of the attempt chance: {inputs.past_attempts.reason}; a round with one bloc "
            "that gains nothing stands for past rounds"
        )
    told.extend(
        f"{bloc.found.bloc.bloc_id}: does not pay under these assumptions, yet could take "
        f"{bloc.found.dollars_winnable_usd:,.0f} USD of open interest"
        for bloc in blocs
        if bloc.found.can_force and not bloc.found.chosen.any()
    )
    return told
