"""What the attacker does: which markets, when, with whose wallets; chosen by the round's economics.

The attacker reads what everybody can (books, open interest, stake) and takes the set of requests
that pays best by ``service.risk``; where none pays, the one that loses least, so that each run of
an attacking scenario holds an attack.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from service.protocol.rounds import RoundTime
from service.risk.attack.attack_gain import remedy_chances
from service.risk.attack.attack_inputs import (
    AskLevel,
    Bloc,
    DocketMarket,
    RoundInputs,
    RoundTerms,
    UmaMarket,
    known,
    missing,
)
from service.risk.attack.attack_inputs import Voter as RiskVoter
from service.risk.attack.attack_parameters import load_attack_parameters
from service.risk.attack.bloc_docket import assess_bloc
from service.risk.attack.round_assessment import build_scene
from service.risk.vote_simulation import Lean
from service.simulation.ballots import ERRORS
from service.simulation.calendar import DAY, FIRST_ROUND, HOUR, MINUTE, instant
from service.simulation.markets import Clarity, Market
from service.simulation.people import STAKE, UMA, People
from service.simulation.scenario import AttackKind, Scenario

# Where in the simulated weeks it happens.
WHEN = 0.8
SINCE = 0.4
HELD_SHARE = 0.15
_WINDOW = 7_200
_NOT_READ = "not part of the simulation"


@dataclass(slots=True)
class AttackPlan:
    """One attack: the truth that no part of the product reads."""

    kind: AttackKind
    # The first thing of it on a chain.
    starts_at: int
    # The round of the vote it is after.
    round_id: int
    # Markets it begins with, and those of them it then pushes.
    approached: tuple[int, ...]
    targets: tuple[int, ...] = ()
    addresses: tuple[bytes, ...] = ()
    # P(administrators step in) by market.
    prevented: dict[int, float] = field(default_factory=dict)


def plan_attack(
    scenario: Scenario,
    people: People,
    markets: Sequence[Market],
    weeks: int,
) -> AttackPlan | None:
    """Choose time and markets, and bring the markets' dates in line; ``None`` without an attack."""
    kind = scenario.attack
    if kind is None:
        return None
    rounds = max(3, int(weeks * 3.5 * WHEN))
    time = RoundTime(FIRST_ROUND + rounds)
    before = time.starts_at - 2 * DAY
    if kind is AttackKind.BLOCK:
        since = FIRST_ROUND + max(1, int(weeks * 3.5 * SINCE))
        return AttackPlan(
            kind, RoundTime(since).starts_at, since, (), addresses=tuple(sorted(people.bloc))
        )
    hours = 6 if kind is AttackKind.BURST else 36
    # Of days around, for few markets fall due within hours; when is then the attacker's choice.
    chosen = _richest(markets, before - DAY, before + 3 * DAY, scenario.candidates)
    starts = before + 2 * HOUR
    for n, market in enumerate(chosen):
        market.clarity = Clarity.CLEAR
        market.belief = max(market.belief, 0.97)
        # Spread over the hours of the attack, the first at once.
        span = (hours - 4) * HOUR if kind is not AttackKind.FORCE else 28 * HOUR
        market.due_at = starts + 12 * MINUTE + span * n // max(1, len(chosen))
        market.liveness = _WINDOW
        market.opened_at = min(market.opened_at, market.due_at // HOUR * HOUR - DAY)
    approached = tuple(market.number for market in chosen)
    plan = AttackPlan(kind, starts, time.round_id, approached, addresses=_addresses(kind, people))
    if kind in {AttackKind.FORCE, AttackKind.BRIBE}:
        _choose(plan, scenario, people, chosen)
    else:
        plan.targets = () if kind is AttackKind.BURST else approached
    if kind is AttackKind.SHORT_WINDOW:
        for market in chosen:
            market.liveness = 300
    if kind is AttackKind.WHITELIST:
        for market in chosen:
            market.liveness = 900
    return plan


def _richest(markets: Sequence[Market], first: int, last: int, count: int) -> list[Market]:
    """Most open interest first; at least one."""
    inside = [m for m in markets if first <= m.due_at < last]
    ranked = sorted(inside, key=lambda m: (-m.open_interest, m.number))[:count]
    return ranked or [min(markets, key=lambda m: abs(m.due_at - last))]


def _addresses(kind: AttackKind, people: People) -> tuple[bytes, ...]:
    match kind:
        case AttackKind.FORCE:
            who = (*sorted(people.bloc), *people.bad_disputers)
        case AttackKind.BURST:
            who = (*people.bad_disputers, *people.bad_proposers)
        case _:
            who = people.bad_proposers
    return (*who, people.trader)


def _choose(plan: AttackPlan, scenario: Scenario, people: People, chosen: Sequence[Market]) -> None:
    """X*: the requests that pay best together (one alone for a bought vote)."""
    parameters = load_attack_parameters()
    inputs = _inputs(plan, people, [_docket(market) for market in chosen])
    scene, _ = build_scene(inputs, parameters)
    stake = _stake_of(scenario, people)
    holdings = {str(m.number): HELD_SHARE * m.open_interest for m in chosen}
    found = assess_bloc(scene, Bloc("attacker", stake, holdings=holdings), scene.docket.operative)
    best = found.best.requests or found.least_bad.requests
    numbers = [int(name) for name in best] or [chosen[0].number]
    if plan.kind is AttackKind.BRIBE:
        worth = dict(zip((m.number for m in chosen), found.value.tolist(), strict=True))
        numbers = [max(numbers, key=lambda number: worth[number])]
        plan.approached = tuple(numbers)
    plan.targets = tuple(sorted(numbers))
    plan.prevented = {
        int(request.request_id): remedy_chances(request, parameters)[0]
        for request in inputs.requests
        if int(request.request_id) in plan.targets
    }


def _stake_of(scenario: Scenario, people: People) -> float:
    """UMA that will push: the bloc's and what is added; bought votes are as good as held ones."""
    if scenario.attack is AttackKind.BRIBE:
        return 0.72 * STAKE
    held = sum(v.stake for v in people.voters if v.address in people.bloc) / UMA
    return held + late_stake(scenario)


def late_stake(scenario: Scenario) -> float:
    """UMA to add so that it is ``scenario.late_stake`` of all stake afterwards."""
    share = scenario.late_stake
    return share / (1 - share) * STAKE if share else 0.0


def _docket(market: Market) -> DocketMarket:
    price = round(1 - market.belief, 3)
    mean, k = ERRORS[market.clarity]
    return DocketMarket(
        request_id=str(market.number),
        operative=True,
        open_interest=known(market.open_interest),
        volume=known(market.volume),
        price=known(price),
        best_bid=known(max(0.0, price - 0.005)),
        asks=(AskLevel(min(1.0, price + 0.005), 0.04 * market.open_interest),),
        honest_error=Lean(mean, k),
        hours_left=12.0,
        belief=known(market.belief),
    )


def _inputs(plan: AttackPlan, people: People, requests: Sequence[DocketMarket]) -> RoundInputs:
    gap = missing(_NOT_READ)
    return RoundInputs(
        round_id=plan.round_id,
        as_of=instant(plan.starts_at),
        phase="commit",
        phase_end=instant(RoundTime(plan.round_id).reveal_starts_at),
        terms=RoundTerms(
            stake=known(float(STAKE)),
            spat=known(0.65),
            gat=known(5e6),
            slash=known(0.001),
            max_rolls=known(4),
            turnout=known(0.92),
        ),
        uma=UmaMarket(known(1.0), gap, gap, gap, gap),
        requests=tuple(requests),
        voters=tuple(RiskVoter(v.address.hex(), v.stake / UMA) for v in people.voters),
    )
