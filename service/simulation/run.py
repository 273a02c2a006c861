"""One simulation: markets, people and the vote, played to the end from a seed.

The order of play is that of time where one thing decides another (proposal, dispute, vote), and
otherwise whatever is simplest: logs are put in order afterwards.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from eth_hash.auto import keccak

from service.protocol.ids import ADDRESS_BYTES
from service.protocol.rounds import round_at
from service.simulation.agents import Agents, play, play_again, play_once_more
from service.simulation.attack_plan import AttackPlan, late_stake, plan_attack
from service.simulation.ballots import ERRORS, WORDS, Ask, cast
from service.simulation.calendar import DAY, FIRST_ROUND, HOUR, MINUTE, STARTS_AT, WEEK
from service.simulation.course import TOO_EARLY_WORD, Course, Question
from service.simulation.holdings import Holding, attack_holdings, usual_holdings
from service.simulation.markets import Market, draw_markets
from service.simulation.people import UMA, People, make_people
from service.simulation.places import Texts
from service.simulation.scenario import AttackKind, Scenario
from service.simulation.voting_contract import VoteRequest, VotingContract, phase_of

MARKETS_A_WEEK = 500
# UMA in wei that all stakers earn a second; 0.13 UMA.
EMISSION = 13 * 10**16
# An Ethereum block.
SLOT = 12
# A request crosses within this many seconds; an answer comes back as fast.
_CROSSING = (30 * MINUTE, 60 * MINUTE)
_LAST_ROUNDS = 8
# Of so many markets a ring proposes one wrong and disputes it itself.
_BAIT_EVERY = 60
# Rounds after the attack in which its stake is asked back, and until it is paid out (7 days).
_LEAVE_AFTER = 2
_COOLDOWN_ROUNDS = 4


@dataclass(slots=True)
class Simulation:
    """Everything that happened, the truth included."""

    scenario: Scenario
    seed: int
    weeks: int
    people: People
    markets: list[Market]
    courses: list[Course]
    contract: VotingContract
    plan: AttackPlan | None
    holdings: list[Holding]
    texts: Texts
    # On Ethereum, whose answer was sent back, and when.
    answers: list[tuple[int, VoteRequest]] = field(default_factory=list)
    # Polygon: (at, kind of contract, event, words) that are no question's.
    changes: list[tuple[int, str, tuple[object, ...]]] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    # Who pushed what: request id, round, voters.
    pushes: list[tuple[bytes, int, tuple[bytes, ...]]] = field(default_factory=list)

    @property
    def starts_at(self) -> int:
        """The first second of anything: stake is there, and the first markets are open."""
        return STARTS_AT - WEEK

    @property
    def ends_at(self) -> int:
        """The end of the simulated weeks; votes go on until what was asked by then is decided."""
        return STARTS_AT + self.weeks * WEEK


def simulate(scenario: Scenario, seed: int, weeks: int, a_week: int = MARKETS_A_WEEK) -> Simulation:
    """Play a scenario; the same arguments give the same simulation, to the last digit."""
    random = np.random.default_rng([seed, crc32(scenario.name.encode())])
    people = make_people(scenario, seed, random)
    markets = draw_markets(scenario, weeks, a_week, random)
    plan = plan_attack(scenario, people, markets, weeks)
    holdings = usual_holdings(markets, people, random)
    if plan is not None:
        holdings += attack_holdings(plan, markets, people, random)
    courses = [Course(market) for market in markets]
    run = Simulation(
        scenario,
        seed,
        weeks,
        people,
        markets,
        courses,
        VotingContract(),
        plan,
        holdings,
        Texts(f"{scenario.name} {seed}"),
    )
    _Play(run, random).all()
    return run


class _Play:
    def __init__(self, run: Simulation, random: np.random.Generator) -> None:
        self.run = run
        self.random = random
        self.agents = Agents(run.people, random)
        # Requests on their way, by the round they arrive in.
        self.crossing: dict[int, list[tuple[int, Question]]] = defaultdict(list)
        self.asks: dict[bytes, Ask] = {}

    def all(self) -> None:
        self._begin()
        for course in sorted(self.run.courses, key=lambda c: (c.market.due_at, c.market.number)):
            for question in self._script(course):
                self._cross(question)
        last = round_at(self.run.ends_at) + _LAST_ROUNDS
        for round_id in range(FIRST_ROUND - 1, last + 1):
            self._round(round_id)

    def _begin(self) -> None:
        contract, at = self.run.contract, STARTS_AT - 2 * DAY + HOUR
        library = keccak(b"settlewatch simulation/slashing library")[-ADDRESS_BYTES:]
        contract.deploy(at, library, EMISSION)
        for number, voter in enumerate(self.run.people.voters):
            contract.stake(at + SLOT * (1 + number), voter.address, voter.stake, voter.funder)
        plan = self.run.plan
        if plan is not None and plan.kind is AttackKind.WHITELIST:
            for number, who in enumerate(self.run.people.bad_proposers):
                self.run.changes.append((plan.starts_at + 20 * number, "AddedToWhitelist", (who,)))
        if plan is not None and plan.kind is AttackKind.SHORT_WINDOW:
            self.run.changes.append((plan.starts_at, "MinimumDisputeWindowUpdated", (300,)))

    def _script(self, course: Course) -> Iterator[Question]:
        """A market's way, whoever is behind it."""
        plan, market, agents = self.run.plan, course.market, self.agents
        if plan is None or market.number not in plan.approached:
            return self._usual(course)
        bad = self.run.people.bad_proposers
        by = bad[market.number % len(bad)].hex()
        match plan.kind:
            case AttackKind.FORCE:
                return self._force(course)
            case AttackKind.BRIBE:
                return self._bribe(course, by)
            case AttackKind.BURST:
                return self._burst(course)
            case AttackKind.WHITELIST:
                return play(course, agents, market.wrong, by, noticed=0.5)
            case _:
                return play(course, agents, market.wrong, by)

    def _usual(self, course: Course) -> Iterator[Question]:
        """As everybody; of a ring, now and then one proposes wrong and another disputes."""
        people, plan = self.run.people, self.run.plan
        is_ring = plan is not None and plan.kind is AttackKind.BURST
        if is_ring and course.market.number % _BAIT_EVERY == 0:
            course.open()
            at, wrong = course.market.due_at, course.market.wrong
            n = course.market.number // _BAIT_EVERY
            course.propose(at, wrong, people.bad_proposers[n % 2].hex())
            by = people.bad_disputers[n % 2].hex()
            yield course.dispute(at + 2 * MINUTE, by, course.market.truth, wrong)
            yield from play_again(course, self.agents, at + self.agents.again())
        else:
            yield from play(course, self.agents)

    def _force(self, course: Course) -> Iterator[Question]:
        """Two disputes of right answers bring the market into the round."""
        market, agents = course.market, self.agents
        by = self.run.people.bad_disputers[0].hex()
        course.open()
        at = market.due_at
        for _ in range(2):
            course.propose(at, market.truth, agents.proposer())
            at += int(self.random.uniform(5, 100)) * MINUTE
            question = course.dispute(at, by, market.truth, market.truth)
            question.pushed = self._pushed(course) if question.operative else ""
            yield question
            at += int(self.random.uniform(60, 180)) * MINUTE

    def _bribe(self, course: Course, by: str) -> Iterator[Question]:
        """A wrong answer, proposed again after the first dispute, and the vote bought."""
        market, agents = course.market, self.agents
        course.open()
        at = market.due_at
        for _ in range(2):
            course.propose(at, market.wrong, by)
            at += int(self.random.uniform(3, 60)) * MINUTE
            question = course.dispute(at, agents.disputer(), market.truth, market.wrong)
            question.pushed = self._pushed(course) if question.operative else ""
            yield question
            at += int(self.random.uniform(20, 90)) * MINUTE

    def _burst(self, course: Course) -> Iterator[Question]:
        """A good proposal, disputed by the ring; the market is then proposed again and settles."""
        market, agents = course.market, self.agents
        ring = self.run.people.bad_disputers
        course.open()
        course.propose(market.due_at, market.truth, agents.proposer())
        at = market.due_at + int(self.random.uniform(2, 40)) * MINUTE
        by = ring[market.number % len(ring)].hex()
        yield course.dispute(at, by, market.truth, market.truth)
        at += agents.again()
        course.propose(at, market.truth, agents.proposer())
        course.settle(at + market.liveness + agents.lag(), market.truth)

    def _pushed(self, course: Course) -> str:
        plan = self.run.plan
        is_target = plan is not None and course.market.number in plan.targets
        return course.market.wrong if is_target else ""

    def _cross(self, question: Question) -> None:
        plan = self.run.plan
        habit = self.run.scenario.bloc
        if plan is not None and habit is not None and plan.kind is AttackKind.BLOCK:
            is_on = question.disputed_at >= plan.starts_at
            if is_on and self.agents.chance(habit.push_rate):
                question.pushed = question.mistake
        at = question.disputed_at + int(self.random.uniform(*_CROSSING))
        self.crossing[round_at(at)].append((at // SLOT * SLOT, question))

    def _round(self, round_id: int) -> None:
        start, reveal, _ = phase_of(round_id)
        contract = self.run.contract
        before = {r.request_id: list(r.votes) for r in contract.open if r.round_id < round_id}
        for request_id, votes in before.items():
            ask = self.asks[request_id]
            if votes:
                ask.rolled()
        for request in contract.process(start + 2 * SLOT):
            self._deliver(self.asks[request.request_id], start + 2 * SLOT)
        for at, question in sorted(self.crossing.pop(round_id, []), key=lambda one: one[0]):
            self._arrive(at, question)
        self._leave(round_id, start)
        asks = [self.asks[request.request_id] for request in contract.in_round(round_id)]
        if asks:
            self._late_stake(round_id, start)
            self._vote(asks, start, reveal)

    def _leave(self, round_id: int, start: int) -> None:
        """Stake that was bought for an attack goes as soon as the cooldown lets it."""
        plan = self.run.plan
        if plan is None or not late_stake(self.run.scenario):
            return
        contract, at = self.run.contract, start + 40 * MINUTE
        for number, voter in enumerate(sorted(self.run.people.bloc)):
            if round_id == plan.round_id + _LEAVE_AFTER:
                contract.unstake(at + SLOT * number, voter)
            if round_id == plan.round_id + _LEAVE_AFTER + _COOLDOWN_ROUNDS:
                contract.pay_out(at + SLOT * number, voter)

    def _late_stake(self, round_id: int, start: int) -> None:
        plan, extra = self.run.plan, late_stake(self.run.scenario)
        if plan is None or plan.round_id != round_id or not extra:
            return
        bloc = [v for v in self.run.people.voters if v.address in self.run.people.bloc]
        for number, voter in enumerate(bloc):
            at = (start + (14 + number) * HOUR) // SLOT * SLOT
            amount = int(extra / len(bloc)) * UMA
            self.run.contract.stake(at, voter.address, amount, voter.funder)

    def _arrive(self, at: int, question: Question) -> None:
        course = self.run.courses[question.market]
        request = self.run.texts.request(course, question)
        market = self.run.markets[question.market]
        mean, _ = ERRORS[market.clarity]
        ask = Ask(question, request, market.clarity, mean)
        plan = self.run.plan
        if plan is not None and plan.kind is AttackKind.BRIBE and question.pushed:
            ask.bought = self._bought()
        self.asks[request.request_id] = ask
        self.run.asks.append(ask)
        self.run.contract.add(at, request, self.run.texts.root_tunnel)

    def _bought(self) -> frozenset[bytes]:
        """Voters in any order until they are enough to force an answer, and some to spare."""
        voters = self.run.people.voters
        order = self.random.permutation(len(voters))
        need, chosen = 0.80 * self.run.contract.total, set()
        for index in order:
            if need <= 0:
                break
            chosen.add(voters[index].address)
            need -= self.run.contract.stakes[voters[index].address]
        return frozenset(chosen)

    def _vote(self, asks: list[Ask], start: int, reveal: int) -> None:
        people, contract = self.run.people, self.run.contract
        base = start + int(self.random.uniform(16, 22)) * HOUR
        habit, times = self.run.scenario.bloc, {}
        together = people.bloc if habit is not None and habit.seals_together else frozenset()
        for voter in people.voters:
            usual = start + int(self.random.uniform(1, 23) * HOUR)
            near = base + int(self.random.uniform(0, 90))
            times[voter.address] = (near if voter.address in together else usual) // SLOT * SLOT
        order = sorted(times, key=lambda who: (times[who], who))
        votes = cast(asks, people, contract.stakes, self.run.scenario.bloc, order, self.random)
        for who, cast_votes in votes.items():
            contract.seal(times[who], who, [request for request, _ in cast_votes])
        opened = {
            voter: reveal + HOUR + int(self.random.uniform(0, 18 * HOUR)) // SLOT * SLOT
            for voter in votes
        }
        for who in sorted(votes, key=lambda one: (opened[one], one)):
            contract.reveal(opened[who], who, votes[who])
        for ask in asks:
            pushed = tuple(ask.pushes.get(ask.request.round_id, ()))
            if pushed:
                self.run.pushes.append((ask.request.request_id, ask.request.round_id, pushed))

    def _deliver(self, ask: Ask, at: int) -> None:
        """What the vote decided goes back, and the market with it."""
        course, question = self.run.courses[ask.question.market], ask.question
        back = at + 20 * MINUTE + int(self.random.uniform(0, 10)) * MINUTE
        if ask.request.is_deleted or ask.request.price is None:
            if question.operative:
                course.override(back + 12 * HOUR, course.market.truth)
            return
        self.run.answers.append((back // SLOT * SLOT, ask.request))
        outcome = WORDS[ask.request.price]
        plan = self.run.plan
        landed = back + 25 * MINUTE
        prevented = 0.0 if plan is None else plan.prevented.get(question.market, 0.0)
        if question.operative and question.pushed == outcome and self.agents.chance(prevented):
            course.override(at + 2 * MINUTE, course.market.truth)
            course.hear(landed, question, outcome)
            return
        course.answer(landed, question, outcome)
        if question.operative and outcome == TOO_EARLY_WORD:
            play_once_more(course, self.agents, landed + DAY)
