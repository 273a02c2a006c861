"""One market's course through adapter and oracle: who proposes, who disputes, when it settles.

Steps are those of the reconstruction's encoder (``service.demo.steps``), so that the same code
writes their logs and answers for the venue.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from service.demo import steps as taken
from service.demo.story import Story, tell
from service.simulation.calendar import HOUR, MINUTE, instant
from service.simulation.markets import NO, YES, Market

TOO_EARLY_WORD = "too early"
_ORIGIN = "simulated"


@dataclass(slots=True)
class Question:
    """A request that goes to the vote: of which market, and what the right answer is."""

    market: int
    request: int
    disputed_at: int
    # Its answer pays the market out.
    operative: bool
    right: str
    proposed: str
    # The answer an attack pushes; empty: nobody pushes.
    pushed: str = ""

    @property
    def mistake(self) -> str:
        """The answer an error votes for."""
        if self.right != self.proposed:
            return self.proposed
        return NO if self.right == YES else YES


@dataclass(slots=True)
class Course:
    """The steps of one market so far, in any order; a vote's result comes late."""

    market: Market
    steps: list[taken.Step] = field(default_factory=list)
    # The request whose answer pays, counted from 1.
    current: int = 1
    settled: str | None = None
    settled_at: int | None = None
    was_overridden: bool = False
    # The time of the last dispute, and of the last proposal.
    proposals: int = 0
    disputes: int = 0
    first_proposed_at: int | None = None
    early: bool = False

    @property
    def liveness(self) -> int:
        """The challenge window in seconds."""
        return self.market.liveness

    def open(self) -> None:
        """The question enters the adapter."""
        self._step(taken.Open, self.market.opened_at, kind="open")

    def propose(self, at: int, outcome: str, by: str) -> None:
        """An answer under bond."""
        self.proposals += 1
        self.first_proposed_at = self.first_proposed_at or at
        self._step(taken.Propose, at, kind="propose", outcome=outcome, by=by)

    def dispute(self, at: int, by: str, right: str, proposed: str) -> Question:
        """The open proposal is contested; the first time resets the question."""
        operative = self.disputes > 0
        request = self.current
        self.disputes += 1
        self._step(taken.Dispute, at, kind="dispute", by=by)
        if not operative:
            self.current += 1
        return Question(self.market.number, request, at, operative, right, proposed)

    def settle(self, at: int, outcome: str) -> None:
        """The resolver settles the current request, the adapter takes its answer."""
        self._step(taken.Settle, at, kind="settle", request=self.current)
        self._step(taken.Resolve, at + 30, kind="resolve")
        if outcome == TOO_EARLY_WORD:
            self.current += 1
        else:
            self.settled, self.settled_at = outcome, at + 30

    def answer(self, at: int, question: Question, outcome: str) -> None:
        """The vote's answer lands; it pays where the request is the current one."""
        self._step(taken.Vote, at, kind="vote", request=question.request, outcome=outcome)
        if question.operative:
            self.settle(at + 10 * MINUTE, outcome)
        else:
            self._step(taken.Settle, at + 10 * MINUTE, kind="settle", request=question.request)

    def hear(self, at: int, question: Question, outcome: str) -> None:
        """The vote's answer lands where nobody waits for it any more."""
        self._step(taken.Vote, at, kind="vote", request=question.request, outcome=outcome)

    def override(self, at: int, outcome: str) -> None:
        """An administrator prepares the outcome, and sets it an hour later."""
        self._step(taken.Flag, at, kind="flag")
        self._step(taken.Override, at + HOUR, kind="override", outcome=outcome)
        self.settled, self.settled_at, self.was_overridden = outcome, at + HOUR, True

    def in_order(self) -> tuple[taken.Step, ...]:
        """All steps by time; those of one second as they were taken."""
        return tuple(sorted(self.steps, key=lambda step: step.at))

    def story(self) -> Story:
        """The question as its contracts would have told it."""
        market_liveness = instant(self.liveness) - instant(0)
        return tell(self.in_order(), ("Yes", "No"), market_liveness)

    def _step(self, shape: Callable[..., Any], at: int, **words: object) -> None:
        made: Any = shape
        # Checked shapes are for authors of files; these are ours, a hundred thousand of them.
        self.steps.append(made.model_construct(at=instant(at), invented=_ORIGIN, **words))
