"""What a wallet loses where markets are paid out wrong. Pure; docs/methodology.md, "Exposure".

Sizes are shares, money is USDC; a share pays at most 1.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chance:
    """P(a market is paid out wrong) with its 90 % interval, and which way that would go."""

    mean: float
    p05: float
    p95: float
    # E(what Yes should pay - what it will pay), by the same assessment; None where unknown.
    yes_shortfall: float | None


@dataclass(frozen=True, slots=True)
class MarketHolding:
    """What is held of one market, and what is known of it."""

    market: str
    yes: float
    no: float
    # The price of a Yes, halfway between bid and ask; None where no book is stored.
    mid: float | None
    chance: Chance | None
    # Markets of one group of which a single one pays Yes; None where nothing binds it to others.
    group: str | None = None
    # The round of the vote that decides it; None where no vote is on.
    vote_round: str | None = None

    @property
    def net(self) -> float:
        """Yes less No: a pair of both pays 1 whatever happens, so it hangs on nothing."""
        return self.yes - self.no

    @property
    def value(self) -> float | None:
        """What it is worth at the middle price."""
        return None if self.mid is None else self.yes * self.mid + self.no * (1 - self.mid)


@dataclass(frozen=True, slots=True)
class ExpectedLoss:
    """A mean between bounds that follow the interval of the probability."""

    mean: float
    p05: float
    p95: float


@dataclass(frozen=True, slots=True)
class MarketExposure:
    """One market's part."""

    holding: MarketHolding
    # All that a payout against the holding takes, if it should have paid in full.
    at_stake: float
    # None where the market has no assessment.
    expected: ExpectedLoss | None
    # Which way a wrong payout would go is unknown: all of it counts against the holding.
    is_upper_bound: bool


@dataclass(frozen=True, slots=True)
class RoundScenario:
    """All markets of one round of the vote paid against the holding at once."""

    vote_round: str
    loss: float
    # The least likely of them: they cannot all go wrong more often than that. None where one of
    # them has no assessment.
    probability_at_most: float | None
    markets: int
    # Of them those at stake without an assessment.
    unscored: int


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over markets, and what their dependence can make of it."""

    expected: ExpectedLoss
    # No wrong payout, of however many markets, takes more than this.
    bound: float
    # The spread of the loss: markets apart, and those of a round always going wrong together.
    deviation_apart: float
    deviation_by_round: float
    # P(at least one goes against the holding): apart, and the least and most whatever binds them.
    # Apart and at most are None where something held has no assessment; at least stays true.
    any_apart: float | None
    any_least: float
    any_most: float | None
    worst_round: RoundScenario | None
    # Markets without an assessment: in the bound, in no expectation.
    unscored: int


def market_exposure(holding: MarketHolding) -> MarketExposure:
    """What one market's wrong payout takes."""
    at_stake = abs(holding.net)
    chance = holding.chance
    if chance is None:
        return MarketExposure(holding, at_stake, None, is_upper_bound=True)
    share = _share_against(chance, is_yes=holding.net > 0)
    known = 1.0 if share is None else share
    expected = ExpectedLoss(*(at_stake * known * p for p in (chance.mean, chance.p05, chance.p95)))
    return MarketExposure(holding, at_stake, expected, is_upper_bound=share is None)


def _share_against(chance: Chance, *, is_yes: bool) -> float | None:
    """Of the probability of a wrong payout, the part that goes against the side held.

    E(loss) - E(gain) is the shortfall and E(loss) + E(gain) the probability, so the loss alone
    is half their sum. Both come from one assessment, but not from one draw: hence the limits.
    """
    if chance.yes_shortfall is None or chance.mean <= 0:
        return None
    shortfall = chance.yes_shortfall if is_yes else -chance.yes_shortfall
    return min(1.0, max(0.0, (1 + shortfall / chance.mean) / 2))


@dataclass(frozen=True, slots=True)
class _Unit:
    """Markets that can only go wrong together: an exclusive group, or one market."""

    loss: float
    expected: float
    rounds: frozenset[str]
    markets: int
    # Of them those at stake without an assessment: the chance is at least what the others give.
    unscored: int

    @property
    def chance(self) -> float:
        return min(1.0, self.expected / self.loss) if self.loss > 0 else 0.0


def total_exposure(parts: Sequence[MarketExposure]) -> Total:
    """The whole of several markets."""
    units = _units(parts)
    chances = [unit.chance for unit in units]
    scored = [part.expected for part in parts if part.expected is not None]
    is_scored = not any(unit.unscored for unit in units)
    variance = sum(u.loss**2 * u.chance * (1 - u.chance) for u in units)
    return Total(
        expected=ExpectedLoss(
            *(math.fsum(getattr(one, name) for one in scored) for name in ("mean", "p05", "p95"))
        ),
        bound=math.fsum(unit.loss for unit in units),
        deviation_apart=math.sqrt(variance),
        deviation_by_round=math.sqrt(variance + _shared_variance(units)),
        any_apart=1 - math.prod(1 - chance for chance in chances) if is_scored else None,
        any_least=max(chances, default=0.0),
        any_most=min(1.0, math.fsum(chances)) if is_scored else None,
        worst_round=_worst_round(units),
        unscored=len(parts) - len(scored),
    )


def _units(parts: Sequence[MarketExposure]) -> list[_Unit]:
    groups: dict[str, list[MarketExposure]] = defaultdict(list)
    units: list[_Unit] = []
    for part in parts:
        if part.holding.group is None:
            units.append(_unit([part], part.at_stake))
        else:
            groups[part.holding.group].append(part)
    units += [
        _unit(members, group_bound(part.holding.net for part in members))
        for members in groups.values()
    ]
    return [unit for unit in units if unit.loss > 0]


def _unit(members: Sequence[MarketExposure], loss: float) -> _Unit:
    expected = math.fsum(part.expected.mean for part in members if part.expected is not None)
    rounds = {p.holding.vote_round for p in members if p.holding.vote_round and p.at_stake > 0}
    # What two members expect of the same wrong payout is counted twice: never more than all.
    unscored = sum(part.expected is None and part.at_stake > 0 for part in members)
    return _Unit(loss, min(expected, loss), frozenset(rounds), len(members), unscored)


def group_bound(nets: Iterable[float]) -> float:
    """The most that one wrong payout of an exclusive group takes, by the net Yes of its markets.

    Of one answer instead of another, a holder loses the difference of their nets; an answer
    that is in no market held has none.
    """
    listed = list(nets)
    return max(0.0, *listed) - min(0.0, *listed) if listed else 0.0


def _by_round(units: Sequence[_Unit]) -> Mapping[str, list[_Unit]]:
    found: dict[str, list[_Unit]] = defaultdict(list)
    for unit in units:
        for vote_round in unit.rounds:
            found[vote_round].append(unit)
    return found


def _shared_variance(units: Sequence[_Unit]) -> float:
    """What is added where the markets of a round go wrong together whenever they can."""
    pairs = {
        (min(id(one), id(other)), max(id(one), id(other))): (one, other)
        for members in _by_round(units).values()
        for place, one in enumerate(members)
        for other in members[place + 1 :]
    }
    return 2 * math.fsum(
        (min(one.chance, other.chance) - one.chance * other.chance) * one.loss * other.loss
        for one, other in pairs.values()
    )


def _worst_round(units: Sequence[_Unit]) -> RoundScenario | None:
    scenarios = [
        RoundScenario(
            vote_round,
            loss=math.fsum(unit.loss for unit in members),
            probability_at_most=None
            if any(unit.unscored for unit in members)
            else min(unit.chance for unit in members),
            markets=sum(unit.markets for unit in members),
            unscored=sum(unit.unscored for unit in members),
        )
        for vote_round, members in sorted(_by_round(units).items())
    ]
    return max(scenarios, key=lambda one: one.loss, default=None)


def combine_holdings(holdings: Iterable[MarketHolding]) -> list[MarketHolding]:
    """Holdings of several wallets as one: what one holds against the other cancels."""
    found: dict[str, MarketHolding] = {}
    for one in holdings:
        held = found.get(one.market)
        yes, no = (one.yes, one.no) if held is None else (held.yes + one.yes, held.no + one.no)
        found[one.market] = MarketHolding(
            one.market, yes, no, one.mid, one.chance, one.group, one.vote_round
        )
    return list(found.values())


def yes_shortfall(
    truth: Mapping[str, float] | None, answers: Mapping[str, float] | None
) -> float | None:
    """E(what Yes should pay - what it will pay) from an assessment's beliefs.

    ``None`` where either is missing, or the oracle may well give no answer: what is paid then
    is decided by nobody's belief.
    """
    if truth is None or answers is None or answers.get("none", 0.0) > _NO_ANSWER:
        return None
    should, will = (side.get("Yes", 0.0) + side.get("50-50", 0.0) / 2 for side in (truth, answers))
    return should - will


_NO_ANSWER = 0.05
