"""How voters vote: errors by clarity, herding, blocs, bought votes.

The share of honest stake that errs is Beta(mean k, (1 - mean) k) by class, as in the model of the
vote (docs/methodology.md); after a roll its odds move threefold toward the answer that led.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.protocol.prices import NO, TOO_EARLY, YES
from service.simulation.course import TOO_EARLY_WORD, Question
from service.simulation.markets import Clarity
from service.simulation.people import People
from service.simulation.scenario import BlocHabit
from service.simulation.voting_contract import VoteRequest

PRICES = {"Yes": YES, "No": NO, TOO_EARLY_WORD: TOO_EARLY}
WORDS = {price: word for word, price in PRICES.items()}
ERRORS = {
    Clarity.CLEAR: (0.02, 20.0),
    Clarity.MODERATE: (0.15, 6.0),
    Clarity.CONTESTED: (0.45, 4.0),
}
TURNOUT = (0.92, 0.03)
LEAST_TURNOUT = 0.67
HERDING = 0.3
ROLL_ODDS = 3.0

Votes = dict[bytes, list[tuple[VoteRequest, int]]]


@dataclass(slots=True)
class Ask:
    """A request in the vote with what only the simulator knows."""

    question: Question
    request: VoteRequest
    clarity: Clarity
    # Mean share of honest stake that errs.
    error: float
    bought: frozenset[bytes] = frozenset()
    # Who ever followed the push, by round.
    pushes: dict[int, list[bytes]] = field(default_factory=dict)

    @property
    def right(self) -> int:
        """The price the truth answers with."""
        return PRICES[self.question.right]

    @property
    def wrong(self) -> int:
        """The price an error votes for."""
        return PRICES[self.question.mistake]

    def rolled(self) -> None:
        """Before its votes are dropped: opinion moves toward the answer that led."""
        weights: dict[int, int] = defaultdict(int)
        for _, price, tokens in self.request.votes:
            weights[price] += tokens
        if weights:
            leader = max(weights, key=lambda price: weights[price])
            odds = self.error / (1 - self.error)
            odds *= ROLL_ODDS if leader == self.wrong else 1 / ROLL_ODDS
            self.error = odds / (1 + odds)


def cast(
    asks: Sequence[Ask],
    people: People,
    stakes: Mapping[bytes, int],
    habit: BlocHabit | None,
    order: Sequence[bytes],
    random: np.random.Generator,
) -> Votes:
    """Every vote of a round; ``order``: voters in the order they seal their votes in."""
    level = float(np.clip(random.normal(*TURNOUT), LEAST_TURNOUT, 1.0))
    # Whoever votes in a round votes on all of it.
    # Whoever pushes does not stay away.
    wanted = {v for ask in asks if ask.question.pushed for v in (*ask.bought, *people.bloc)}
    draws = random.random(len(order))
    present = [
        v
        for v, draw in zip(order, draws, strict=True)
        if stakes.get(v) and (draw < level or v in wanted)
    ]
    votes: Votes = {voter: [] for voter in present}
    for ask in asks:
        _, k = ERRORS[ask.clarity]
        mean = min(max(ask.error, 1e-3), 1 - 1e-3)
        share = random.beta(mean * k, (1 - mean) * k)
        errs = random.random(len(present)) < share
        follows = random.random(len(present)) < HERDING
        keeps = random.random(len(present))
        tally: dict[int, int] = defaultdict(int)
        late = len(present) // 2
        for n, voter in enumerate(present):
            price = ask.wrong if errs[n] else ask.right
            if follows[n] and n > late:
                price = max(tally, key=lambda one: tally[one])
            if ask.question.pushed and _pushes(voter, people, habit, keeps[n], ask):
                price = PRICES[ask.question.pushed]
                ask.pushes.setdefault(ask.request.round_id, []).append(voter)
            tally[price] += stakes[voter]
            votes[voter].append((ask.request, price))
    return votes


def _pushes(voter: bytes, people: People, habit: BlocHabit | None, draw: float, ask: Ask) -> bool:
    if voter in ask.bought:
        return True
    return habit is not None and voter in people.bloc and draw < habit.discipline
