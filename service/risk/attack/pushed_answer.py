"""Which answer an attack on a request would push, and how many honest votes would err with it.

docs/methodology.md, "A round out of the store". The right answer is the one believed by what the
market's own score believes; the pushed one is the other of Yes and No. A belief is no fact: where
it is wrong, what is called the wrong answer here is the right one.
"""

from dataclasses import dataclass

from models.enums import Outcome
from service.risk.attack.attack_inputs import OpenedVotes
from service.risk.belief import ambiguity_of, price_of
from service.risk.parameters import Ambiguity, RiskParameters
from service.risk.vote_facts import OpenedVotes as OpenedByAnswer
from service.risk.vote_simulation import Lean

_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class PushedAnswer:
    """``wrong`` is pushed against ``right``; ``ground`` says what that rests on."""

    wrong: Outcome
    right: Outcome
    # P(T = right), where a score says so.
    belief: float | None
    ground: str
    honest_error: Lean
    ambiguity: Ambiguity


def choose_pushed(
    truth: tuple[float, float, float] | None,
    price_yes: float | None,
    proposed: Outcome | None,
    stage: int,
    parameters: RiskParameters,
) -> PushedAnswer:
    """The pushed answer of a question.

    ``truth``: P(T) of Yes, No and 50-50 as the newest score has it; without one the price of Yes
    before the first proposal decides, then what is proposed. ``stage``: its disputes, 2 at most.
    """
    belief: float | None = None
    if truth is not None:
        yes, no, half = truth
        right, belief = max(
            ((Outcome.YES, yes), (Outcome.NO, no), (Outcome.HALF, half)), key=lambda one: one[1]
        )
        wrong = _other(right)
        if right is Outcome.HALF:
            wrong = Outcome.YES if yes >= no else Outcome.NO
        ground = "the market's newest score"
    elif price_yes is not None and price_yes != _EVEN:
        right = Outcome.YES if price_yes > _EVEN else Outcome.NO
        wrong, ground = _other(right), "the price before the first proposal"
    elif proposed is not None:
        right = proposed
        wrong, ground = _other(right), "the proposal; no score and no price say more"
    else:
        right, wrong = Outcome.NO, Outcome.YES
        ground = "assumed; neither score, price nor proposal say which"
    ambiguity = ambiguity_of(price_of(proposed or right, price_yes), stage, parameters)
    mean, k = parameters.vote.wrong_share[ambiguity]
    return PushedAnswer(wrong, right, belief, ground, Lean(mean, k), ambiguity)


def split_opened(
    pushed: PushedAnswer,
    opened: OpenedByAnswer,
    sealed: float,
    opened_voters: float,
    sealed_voters: float,
) -> OpenedVotes:
    """Opened stake by what it means for an attack: pushed, against it, and neither.

    Against it counts what could win instead: of all other answers the one with the most stake.
    """
    wrong = opened.of(pushed.wrong)
    against = opened.no if pushed.wrong is Outcome.YES else opened.yes
    right = max(against, opened.half, opened.early, opened.other)
    rest = max(0.0, opened.total - wrong - right)
    return OpenedVotes(wrong, right, rest, sealed, opened_voters, sealed_voters)


def _other(outcome: Outcome) -> Outcome:
    return Outcome.NO if outcome is Outcome.YES else Outcome.YES
