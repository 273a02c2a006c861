"""Who holds what: usual positions of people near the oracle, and the attacker's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.simulation.attack_plan import HELD_SHARE, AttackPlan
from service.simulation.calendar import HOUR
from service.simulation.markets import NO, YES, Market
from service.simulation.people import People
from service.simulation.scenario import AttackKind

# Markets a week and hundred that somebody near the oracle holds something of: assumed.
NEAR_SHARE = 0.12
_RIGHT = 0.8


@dataclass(frozen=True, slots=True)
class Holding:
    """Shares of one outcome from a time on, until the market pays out."""

    wallet: bytes
    market: int
    outcome: str
    shares: int
    price: float
    since: int


def usual_holdings(
    markets: Sequence[Market], people: People, random: np.random.Generator
) -> list[Holding]:
    """Voters, proposers and disputers trade as well, mostly on the side that will win."""
    near = (*(v.address for v in people.voters), *people.proposers, *people.disputers)
    found = []
    for market in markets:
        if random.random() >= NEAR_SHARE or market.open_interest < 100:  # noqa: PLR2004  # dust
            continue
        wallet = near[int(random.integers(len(near)))]
        outcome = market.truth if random.random() < _RIGHT else market.wrong
        price = market.belief if outcome == market.truth else round(1 - market.belief, 3)
        shares = max(1, int(market.open_interest * random.uniform(0.005, 0.05)))
        open_for = market.due_at - market.opened_at
        since = market.opened_at + int(random.uniform(0.1, 0.9) * open_for)
        found.append(Holding(wallet, market.number, outcome, shares, price, since))
    return found


def attack_holdings(
    plan: AttackPlan, markets: Sequence[Market], people: People, random: np.random.Generator
) -> list[Holding]:
    """The wrong answer of each target: two thirds with a wallet nobody can link, the rest not."""
    if plan.kind in {AttackKind.BLOCK, AttackKind.BURST}:
        return []
    linked = sorted(people.bloc) or list(people.bad_proposers)
    found = []
    for number in plan.targets:
        market = markets[number]
        shares = max(3, int(HELD_SHARE * market.open_interest))
        price = round(1 - market.belief, 3)
        since = market.due_at - int(random.uniform(2, 30)) * HOUR
        who = linked[int(random.integers(len(linked)))]
        outcome = NO if market.truth == YES else YES
        since = max(since, market.opened_at + HOUR)
        found.append(Holding(people.trader, number, outcome, shares * 2 // 3, price, since))
        found.append(Holding(who, number, outcome, shares - shares * 2 // 3, price, since))
    return found
