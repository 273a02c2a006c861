"""How people who plan no attack behave: proposers, disputers, and who speaks when.

Measured rates times a hundred (early 3.5e-4, mistaken 2.1e-4, disputes of correct answers 1.2e-4);
delays of disputes are log-normal, median 12.3 minutes, sigma 2.17, cut by the challenge window.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.simulation.calendar import HOUR, MINUTE
from service.simulation.course import TOO_EARLY_WORD, Course, Question
from service.simulation.markets import Clarity, Market
from service.simulation.people import People

TIMES = 100
EARLY = 3.5e-4 * TIMES
MISTAKEN = 2.1e-4 * TIMES
DISPUTED_RIGHT = 1.2e-4 * TIMES
NOTICED = 0.9
DELAY_MEDIAN = 12.3 * MINUTE
DELAY_SIGMA = 2.17
# After a reset somebody proposes again; the median is measured (2.4 hours), the spread assumed.
AGAIN_MEDIAN = 2.4 * HOUR
AGAIN_SIGMA = 0.6
# How much likelier errors and disputes of right answers are where rules are less plain: assumed.
_MISTAKES = {Clarity.CLEAR: 1.0, Clarity.MODERATE: 4.0, Clarity.CONTESTED: 12.0}
_QUARRELS = {Clarity.CLEAR: 1.0, Clarity.MODERATE: 8.0, Clarity.CONTESTED: 40.0}
_MOST = 0.6


@dataclass(frozen=True, slots=True)
class Agents:
    """The people and their dice."""

    people: People
    random: np.random.Generator

    def proposer(self) -> str:
        """One of the usual proposers, the busy ones oftener."""
        return _one(self.people.proposers, self.people.proposer_odds, self.random)

    def disputer(self) -> str:
        """One of the usual disputers, likewise."""
        return _one(self.people.disputers, self.people.disputer_odds, self.random)

    def delay(self) -> int:
        """Seconds until somebody who sees an error disputes it."""
        return max(4, int(DELAY_MEDIAN * np.exp(self.random.normal(0.0, DELAY_SIGMA))))

    def again(self) -> int:
        """Seconds from a reset to the next proposal."""
        return max(600, int(AGAIN_MEDIAN * np.exp(self.random.normal(0.0, AGAIN_SIGMA))))

    def lag(self) -> int:
        """Seconds from the end of the window to settlement (median 1.3 minutes)."""
        return max(10, int(78 * np.exp(self.random.normal(0.0, 1.0))))

    def chance(self, probability: float) -> bool:
        """Whether it happens."""
        return bool(self.random.random() < probability)

    def disputes_at(self, market: Market, at: int, *, is_right: bool, noticed: float) -> int | None:
        """When a proposal is disputed; ``None`` where nobody does in time."""
        wanted = noticed
        if is_right:
            wanted = min(_MOST, DISPUTED_RIGHT * _QUARRELS[market.clarity])
        delay = self.delay()
        return at + delay if self.chance(wanted) and delay < market.liveness else None


def play(
    course: Course, agents: Agents, outcome: str = "", by: str = "", noticed: float = NOTICED
) -> Iterator[Question]:
    """A market from its opening to its settlement, or to the vote that has to decide it.

    ``outcome`` and ``by``: a first proposal that somebody wants; else who proposes, and what, is
    drawn.
    """
    market = course.market
    course.open()
    at, right, proposed = market.due_at, market.truth, outcome
    if not proposed:
        mistaken = min(_MOST, MISTAKEN * _MISTAKES[market.clarity])
        course.early = agents.chance(EARLY)
        is_mistaken = not course.early and agents.chance(mistaken)
        proposed = market.wrong if is_mistaken else market.truth
    if course.early:
        right = TOO_EARLY_WORD
    course.propose(at, proposed, by or agents.proposer())
    disputed = agents.disputes_at(market, at, is_right=proposed == right, noticed=noticed)
    if disputed is None:
        course.settle(at + market.liveness + agents.lag(), proposed)
        return
    yield course.dispute(disputed, agents.disputer(), right, proposed)
    yield from play_again(course, agents, disputed + agents.again())


def play_again(course: Course, agents: Agents, at: int) -> Iterator[Question]:
    """The request after a reset: once more disputed, the vote decides."""
    market = course.market
    wrong = min(_MOST, MISTAKEN * _MISTAKES[market.clarity])
    proposed = market.wrong if agents.chance(wrong) else market.truth
    course.propose(at, proposed, agents.proposer())
    is_right = proposed == market.truth
    disputed = agents.disputes_at(market, at, is_right=is_right, noticed=NOTICED)
    if disputed is None:
        course.settle(at + market.liveness + agents.lag(), proposed)
    else:
        yield course.dispute(disputed, agents.disputer(), market.truth, proposed)


def play_once_more(course: Course, agents: Agents, at: int) -> None:
    """After the vote found it too early: a later, right proposal that nobody disputes."""
    course.propose(at, course.market.truth, agents.proposer())
    course.settle(at + course.market.liveness + agents.lag(), course.market.truth)


def _one(who: tuple[bytes, ...], odds: tuple[float, ...], random: np.random.Generator) -> str:
    return who[int(random.choice(len(who), p=odds))].hex()
