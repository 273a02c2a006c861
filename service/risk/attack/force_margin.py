"""The cheapest way to force a round, less what forcing it earns.

docs/methodology.md, "A whole round". Stake in UMA, money in USD.
"""

from dataclasses import dataclass, replace

import numpy as np

from service.risk.attack.attack_cost import Acquisition, acquire
from service.risk.attack.attack_gain import Flags
from service.risk.attack.bloc_docket import AttackSet, BlocDocket, Scene, assess_bloc
from service.risk.result import Interval


@dataclass(frozen=True, slots=True, eq=False)
class ForceMargin:
    """Cost of corruption less profit from it; below 0 forcing pays, under the assumptions."""

    margin_usd: Interval
    # What the bloc lacks, bought or borrowed.
    acquisition: Acquisition
    # The set that pays best, or loses least, once it forces.
    attack: AttackSet


def force_margin(scene: Scene, found: BlocDocket, candidates: Flags) -> ForceMargin:
    """The margin of a bloc that gets what it lacks to force; that stake enlarges all stake."""
    acquisition = acquire(found.force_shortfall, scene.uma, scene.parameters)
    if found.can_force:
        return ForceMargin(_margin(found.least_bad, acquisition), acquisition, found.least_bad)
    terms = replace(scene.terms, stake=scene.terms.stake + acquisition.tokens)
    # Thresholds are strict: a hair more than SPAT.
    just = float(np.nextafter(max(terms.spat * terms.stake, terms.gat), np.inf))
    bloc = replace(
        found.bloc,
        stake=max(found.bloc.stake + acquisition.tokens, just),
        borrowed=found.bloc.borrowed + acquisition.borrowed,
    )
    spent = acquisition.lost_usd
    forcing = assess_bloc(replace(scene, terms=terms), bloc, candidates, spent_usd=spent)
    return ForceMargin(_margin(forcing.least_bad, acquisition), acquisition, forcing.least_bad)


def _margin(attack: AttackSet, acquisition: Acquisition) -> Interval:
    lost, profit = acquisition.lost_usd, attack.profit
    return Interval(lost - profit.mean, lost - profit.p95, lost - profit.p50, lost - profit.p05)
