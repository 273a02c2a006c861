"""What becomes of a round if a coalition pushes its wrong answers, or its terms are others.

docs/methodology.md, "What if, of a round". Stake in UMA, money in USD. Pure; the answer is no
forecast: nothing says how likely the supposed coalition is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import isfinite

import numpy as np

from service.risk.attack.attack_budget import Spending, options_of, spend
from service.risk.attack.attack_cost import Acquisition, acquire
from service.risk.attack.attack_gain import Docket, Flags
from service.risk.attack.attack_inputs import Bloc, RoundInputs, Terms, known
from service.risk.attack.attack_parameters import (
    ATTACK_VERSION,
    Assumption,
    AttackParameters,
    load_attack_parameters,
)
from service.risk.attack.attack_votes import VoteDraws, sum_by_draw
from service.risk.attack.bloc_docket import AttackSet, Scene, assess_bloc
from service.risk.attack.round_assessment import build_scene
from service.risk.draws import Values
from service.risk.result import Interval

COALITION = "coalition"
MOST_MEMBERS = 100
# Between these a number can be asked about; beyond them it is a mistyped unit.
BOUNDS: Mapping[str, tuple[float, float]] = {
    # More than all the UMA there is.
    "extra_stake": (0.0, 150e6),
    "turnout": (0.05, 1.0),
    "spat": (0.05, 0.95),
    "uma_price_usd": (0.001, 10_000.0),
    "cash_usd": (0.0, 1e9),
}
_HALF = 0.5


class BadRoundWhatIf(ValueError):
    """A question that cannot be asked; the message says which part, and what it takes."""


class Course(StrEnum):
    """What most likely becomes of a request's vote."""

    FLIPS = "flips"
    STALLS = "stalls"
    HOLDS = "holds"
    # None of the three has more than half.
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class RoundWhatIf:
    """One question. None and empty: as it stands.

    ``coalition``: ids of blocs and voters of the round that push the wrong answers as one.
    ``extra_stake``: UMA newly staked by them, or by a newcomer where there are none.
    """

    extra_stake: float = 0.0
    turnout: float | None = None
    spat: float | None = None
    uma_price_usd: float | None = None
    coalition: tuple[str, ...] = ()
    # USD to buy shares of wrong answers with, and to bind in bonds; None: not asked.
    cash_usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is out of bounds."""
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and low <= value <= high):
                message = f"{name}={value}: takes a number from {low:g} to {high:g}"
                raise BadRoundWhatIf(message)
        if len(self.coalition) > MOST_MEMBERS:
            message = f"coalition: takes at most {MOST_MEMBERS} ids, not {len(self.coalition)}"
            raise BadRoundWhatIf(message)


@dataclass(frozen=True, slots=True)
class RequestCourse:
    """One request before (nobody pushes, terms as they stand) and after."""

    request_id: str
    wrong_before: float
    wrong_after: float
    roll_before: float
    roll_after: float
    before: Course
    after: Course


@dataclass(frozen=True, slots=True, eq=False)
class RoundWhatIfAnswer:
    """Which requests flip or stall, at what cost and for what gain."""

    question: RoundWhatIf
    round_id: int
    as_of: datetime
    terms: Terms
    # The coalition with its new stake, and its share of all stake, which that enlarged.
    stake: float
    share: float
    can_force: bool
    can_block: bool
    requests: tuple[RequestCourse, ...]
    # Of operative requests of the round, those whose open interest is known. Where none is, all
    # money here is of what is left, and says nothing.
    interest_known: int
    operative: int
    # Over draws: requests that flip and stall, and the open interest that flips.
    flipped: Interval
    stalled: Interval
    flipped_usd: Interval
    # The set that pays best or loses least; ``pays``: more than its new stake costs, too.
    attack: AttackSet
    pays: bool
    acquisition: Acquisition
    # UMA's fall and what the new stake costs for good.
    cost: Interval
    gain: Interval
    profit: Interval
    # The best use of the cash asked about, before damage; None where none was.
    spending: Spending | None
    assumptions: tuple[Assumption, ...]
    model_version: str
    warnings: tuple[str, ...]

    @property
    def has_money(self) -> bool:
        """Whether any open interest is known, or none hangs on the round."""
        return self.interest_known > 0 or not self.operative

    @property
    def flips(self) -> tuple[str, ...]:
        """Requests that flip and would not otherwise."""
        return self._become(Course.FLIPS)

    @property
    def stalls(self) -> tuple[str, ...]:
        """Requests that stall and would not otherwise."""
        return self._become(Course.STALLS)

    def _become(self, course: Course) -> tuple[str, ...]:
        return tuple(
            request.request_id
            for request in self.requests
            if request.after is course is not request.before
        )


def answer_round_what_if(
    inputs: RoundInputs, question: RoundWhatIf, parameters: AttackParameters | None = None
) -> RoundWhatIfAnswer:
    """Answer one question; :class:`BadRoundWhatIf` for one that makes no sense here."""
    used = parameters or load_attack_parameters()
    bloc, warnings = coalition_of(inputs, question)
    now, _ = build_scene(inputs, used)
    then, gaps = build_scene(_supposed(inputs, question, now.terms), used, now)
    docket = then.docket
    acquisition = acquire(question.extra_stake, then.uma, used)
    bloc = replace(bloc, borrowed=bloc.borrowed + acquisition.borrowed)
    spent = acquisition.lost_usd
    found = assess_bloc(then, bloc, docket.in_round, spent_usd=spent)
    attack = found.best if found.best.requests else found.least_bad
    damage, profit = attack.damage, attack.profit
    inside = docket.in_round
    won, rolled = found.votes.draws.won, found.votes.draws.rolled
    money = sum_by_draw(docket.open_interest[inside], won[inside])
    operative = docket.operative & inside
    return RoundWhatIfAnswer(
        question=question,
        round_id=inputs.round_id,
        as_of=inputs.as_of,
        terms=then.terms,
        stake=bloc.stake,
        share=found.share,
        can_force=found.can_force,
        can_block=found.can_block,
        requests=_courses(docket, now.honest, found.votes.draws, inside),
        interest_known=int((operative & docket.interest_known).sum()),
        operative=int(operative.sum()),
        flipped=_interval(np.count_nonzero(won[inside], axis=0)),
        stalled=_interval(np.count_nonzero(rolled[inside], axis=0)),
        flipped_usd=_interval(money),
        attack=attack,
        pays=profit.mean > spent,
        acquisition=acquisition,
        cost=Interval(*(part + spent for part in _parts(damage))),
        gain=attack.gain,
        profit=Interval(*(part - spent for part in _parts(profit))),
        spending=_spending(inputs, then, found.votes.chance, question),
        assumptions=(*gaps, *docket.assumptions, *used.assumptions),
        model_version=ATTACK_VERSION,
        warnings=(*docket.warnings, *warnings),
    )


def coalition_of(inputs: RoundInputs, question: RoundWhatIf) -> tuple[Bloc, tuple[str, ...]]:
    """The blocs and voters named, as one bloc with the new stake; a voter in a bloc counts once."""
    blocs = {bloc.bloc_id: bloc for bloc in inputs.blocs}
    voters = {voter.entity_id: voter for voter in inputs.voters}
    ids = blocs.keys() | voters.keys()
    # Addresses are printed in mixed case elsewhere; ids hold them in lower case.
    named = dict.fromkeys(n if n in ids else n.lower() for n in question.coalition)
    unknown = [name for name in named if name not in ids]
    if unknown:
        message = f"coalition: {unknown[0]!r} is neither a bloc nor a voter of this round"
        raise BadRoundWhatIf(message)
    chosen = [blocs[name] for name in named if name in blocs]
    inside = [entity for bloc in chosen for entity in bloc.entities]
    if len(inside) != len(set(inside)):
        raise BadRoundWhatIf("coalition: two of its blocs share an entity; name one of them")
    single = [voters[name] for name in named if name not in blocs and name not in set(inside)]
    stake = sum(bloc.stake for bloc in chosen) + sum(voter.stake for voter in single)
    warnings = [f"{voter.entity_id}: holdings are not known, taken for none" for voter in single]
    if question.extra_stake and inputs.terms.is_frozen:
        raise BadRoundWhatIf(
            "extra_stake: this round's stake is frozen; new stake counts from the next one"
        )
    merged = Bloc(
        COALITION,
        stake + question.extra_stake,
        entities=(*inside, *(voter.entity_id for voter in single)),
        holdings=_summed(bloc.holdings for bloc in chosen),
        bonds=_summed(bloc.bonds for bloc in chosen),
        opened=_summed([*(b.opened for b in chosen), *(v.opened for v in single)]),
        opened_wrong=_summed(
            [*(b.opened_wrong for b in chosen), *(v.opened_wrong for v in single)]
        ),
        borrowed=sum(bloc.borrowed for bloc in chosen),
        is_hypothetical=True,
    )
    return merged, tuple(warnings)


def _summed(maps: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for amounts in maps:
        for key, amount in amounts.items():
            total[key] = total.get(key, 0.0) + amount
    return total


def _supposed(inputs: RoundInputs, question: RoundWhatIf, now: Terms) -> RoundInputs:
    terms, uma = inputs.terms, inputs.uma
    if question.extra_stake:
        terms = replace(terms, stake=known(now.stake + question.extra_stake))
    if question.turnout is not None:
        terms = replace(terms, turnout=known(question.turnout))
    if question.spat is not None:
        terms = replace(terms, spat=known(question.spat))
    if question.uma_price_usd is not None:
        uma = replace(uma, price_usd=known(question.uma_price_usd))
    return replace(inputs, terms=terms, uma=uma)


def _spending(
    inputs: RoundInputs, scene: Scene, chance: Values, question: RoundWhatIf
) -> Spending | None:
    if question.cash_usd is None:
        return None
    docket, parameters = scene.docket, scene.parameters
    candidates = docket.in_round | (docket.open_interest > parameters.bloc.open_minimum_usd)
    options = options_of(inputs.requests, docket, chance, candidates, parameters)
    return spend(options, question.cash_usd)


def _courses(
    docket: Docket, before: VoteDraws, after: VoteDraws, inside: Flags
) -> tuple[RequestCourse, ...]:
    columns = [
        column.tolist() for column in (before.chance, after.chance, before.stall, after.stall)
    ]
    rows = zip(docket.request_ids, *columns, inside.tolist(), strict=True)
    return tuple(
        RequestCourse(name, wrong, then, roll, rolls, _course(wrong, roll), _course(then, rolls))
        for name, wrong, then, roll, rolls, counts in rows
        if counts
    )


def _course(wrong: float, roll: float) -> Course:
    if wrong > _HALF:
        return Course.FLIPS
    if roll > _HALF:
        return Course.STALLS
    return Course.HOLDS if wrong + roll < _HALF else Course.OPEN


def _interval(draws: Values | np.ndarray) -> Interval:
    mean = float(draws.mean())
    p05, p50, p95 = (float(q) for q in np.quantile(draws, (0.05, 0.5, 0.95)))
    return Interval(mean, min(p05, mean), p50, max(p95, mean))


def _parts(interval: Interval) -> tuple[float, float, float, float]:
    return interval.mean, interval.p05, interval.p50, interval.p95
