"""How far so much cash goes in a round. docs/methodology.md, "So much cash".

Money in USD, shares of 1 USD. A share of the wrong answer is worth P (1 - om) - ask; a request that
must be disputed first binds a bond. Before damage and joint responses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.risk.attack.attack_gain import Docket, Flags, ask_levels
from service.risk.attack.attack_inputs import DocketMarket
from service.risk.attack.attack_parameters import AttackParameters
from service.risk.draws import Values

GRID_USD = 1_000.0
# More cash than this many thousand is shared out in coarser steps.
_MOST_STEPS = 400


@dataclass(frozen=True, slots=True)
class Level:
    """Shares to be had at one price, and what each is expected to earn."""

    price: float
    shares: float
    earns: float


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is bought in one request, the bond it binds, and what both are expected to earn."""

    request_id: str
    shares: float
    paid_usd: float
    bond_usd: float
    earns_usd: float


@dataclass(frozen=True, slots=True)
class Spending:
    """The best use of the cash. ``grid_usd``: how coarse where bonds bind; None: exact."""

    purchases: tuple[Purchase, ...]
    spent_usd: float
    earns_usd: float
    grid_usd: float | None


@dataclass(frozen=True, slots=True)
class Option:
    """One request to buy in; levels cheapest first, only those that earn. ``bond_earns``: its v."""

    request_id: str
    levels: tuple[Level, ...]
    bond_usd: float = 0.0
    bond_earns: float = 0.0


def options_of(
    requests: Sequence[DocketMarket],
    docket: Docket,
    chance: Values,
    candidates: Flags,
    parameters: AttackParameters,
) -> tuple[Option, ...]:
    """The requests among the candidates whose asks earn at these chances of a win.

    Those not in the round yet bind two bonds: the first dispute's and the second one's.
    """
    bond = 2 * parameters.default["bond_usd"].value
    found = []
    for row in np.flatnonzero(candidates & docket.counted & docket.operative).tolist():
        wins = float(chance[row])
        pays = wins * (1 - float(docket.prevented[row]))
        levels = tuple(
            Level(price, shares, pays - price)
            for price, shares in ask_levels(requests[row], docket, row, parameters)
            if pays > price
        )
        if not levels:
            continue
        bound = 0.0 if docket.in_round[row] else bond
        earns = wins * bound / 2 - (1 - wins) * bound
        found.append(Option(docket.request_ids[row], levels, bound, earns))
    return tuple(found)


def spend(options: Sequence[Option], cash: float) -> Spending:
    """Buy what earns most a dollar first; where bonds bind, over a grid of what each gets.

    Without bonds that is exact: levels divide, and a request's own get dearer. With bonds each
    request's best at every sum is put together by dynamic programming, exact to the grid.
    """
    free = [option for option in options if option.bond_usd <= 0]
    bound = [option for option in options if option.bond_usd > 0]
    if not bound:
        return _told(_greedy(free, cash), None)
    step = max(GRID_USD, cash / _MOST_STEPS)
    count = int(cash / step)
    rows = [_worth(free, 0.0, 0.0, step, count)]
    rows += [_worth([one], one.bond_usd, one.bond_earns, step, count) for one in bound]
    shares = _shared_out(rows, count)
    purchases = _greedy(free, shares[0] * step)
    for option, part in zip(bound, shares[1:], strict=True):
        if part:
            purchases += _greedy([option], part * step - option.bond_usd, option)
    return _told(purchases, step)


def _greedy(options: Sequence[Option], cash: float, bonded: Option | None = None) -> list[Purchase]:
    """Buy by what a dollar earns; the last level in part."""
    offers = [(place, level) for place, one in enumerate(options) for level in one.levels]
    offers.sort(key=lambda offer: -_a_dollar(offer[1]))
    totals: dict[int, list[float]] = {}
    left = cash
    for place, level in offers:
        if left <= 0:
            break
        shares = min(level.shares, left / level.price) if level.price > 0 else level.shares
        left -= shares * level.price
        total = totals.setdefault(place, [0.0, 0.0, 0.0])
        for index, amount in enumerate((shares, shares * level.price, shares * level.earns)):
            total[index] += amount
    bond, earns = (bonded.bond_usd, bonded.bond_earns) if bonded else (0.0, 0.0)
    return [
        Purchase(options[place].request_id, shares, paid, bond, earned + earns)
        for place, (shares, paid, earned) in sorted(totals.items())
    ]


def _worth(
    options: Sequence[Option], bond: float, bond_earns: float, step: float, count: int
) -> Values:
    """What 0, 1, … steps of cash earn in these options; 0 buys nothing and binds no bond."""
    levels = sorted(
        (level for option in options for level in option.levels),
        key=lambda level: -_a_dollar(level),
    )
    paid = np.cumsum([0.0, *(level.price * level.shares for level in levels)])
    earned = np.cumsum([0.0, *(level.earns * level.shares for level in levels)])
    cash = np.arange(count + 1) * step - bond
    worth = np.where(cash > 0, np.interp(cash, paid, earned) + bond_earns, -np.inf)
    worth[0] = 0.0
    return np.maximum(worth, np.where(np.arange(count + 1) == 0, 0.0, -np.inf))


def _a_dollar(level: Level) -> float:
    """What a dollar spent on it is expected to earn."""
    return level.earns / max(level.price, 1e-9)


def _shared_out(rows: Sequence[Values], count: int) -> list[int]:
    """Steps of cash for each row so that the sum of what they earn is greatest."""
    best, choices = np.zeros(count + 1), []
    for row in rows:
        # after[total] = max over part of best[total - part] + row[part]
        table = np.full((count + 1, count + 1), -np.inf)
        for part in np.flatnonzero(np.isfinite(row)):
            table[part, part:] = best[: count + 1 - part] + row[part]
        choices.append(table.argmax(axis=0))
        best = table.max(axis=0)
    parts, left = [], int(best.argmax())
    for choice in reversed(choices):
        parts.append(int(choice[left]))
        left -= parts[-1]
    return parts[::-1]


def _told(purchases: Sequence[Purchase], grid: float | None) -> Spending:
    return Spending(
        purchases=tuple(sorted(purchases, key=lambda one: (-one.earns_usd, one.request_id))),
        spent_usd=sum(one.paid_usd + one.bond_usd for one in purchases),
        earns_usd=sum(one.earns_usd for one in purchases),
        grid_usd=grid,
    )
