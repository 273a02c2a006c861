"""The oracle's price words for YES_OR_NO_QUERY (UMIP-107) and what they pay.

Source: UmaCtfAdapter ``_constructPayouts``; docs/data-dictionary.md, "Prices".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from models.enums import Outcome

# Every price is an int256 with this many decimals.
DECIMALS = 18
YES: int = 10**DECIMALS
NO = 0
HALF = YES // 2
# int256 min: "asked too early". Never proposable, only voted.
TOO_EARLY = -(2**255)
# int256 max: on a sports score, "cancelled".
CANCELLED = 2**255 - 1

_OUTCOMES = {YES: Outcome.YES, NO: Outcome.NO, HALF: Outcome.HALF}
_PAYOUTS = {(1, 0): Outcome.YES, (0, 1): Outcome.NO, (1, 1): Outcome.HALF}


class AnswerMeaning(StrEnum):
    """What an answer says, by its label in the question's text or by UMIP-107's default."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    TOO_EARLY = "too early"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer a question's text offers: its ``pN``."""

    number: int
    price: int
    # As the text words it ("Yes", "St. Louis Cardinals"); None where the text names none.
    label: str | None
    # None for a label that is a name: then only the price says which side it pays.
    meaning: AnswerMeaning | None


def outcome_of(price: int) -> Outcome | None:
    """The outcome a price means; ``None`` for "too early" and every price outside the set."""
    return _OUTCOMES.get(price)


def is_known(price: int) -> bool:
    """Whether the price is one of the four a binary question can be answered with."""
    return price == TOO_EARLY or price in _OUTCOMES


def outcome_of_payouts(numerators: Sequence[int]) -> Outcome | None:
    """The outcome a payout vector pays, whatever its scale; ``None`` if it is no binary one."""
    if len(numerators) != 2 or min(numerators) < 0 or sum(numerators) == 0:  # noqa: PLR2004  # YES and NO
        return None
    yes, no = numerators
    if yes == no:
        return Outcome.HALF
    return _PAYOUTS.get((1 if yes else 0, 1 if no else 0)) if 0 in numerators else None


def outcome_as_written(price: int, answers: Sequence[Answer]) -> Outcome | None:
    """The outcome a price means by the question's own text, which may swap the usual prices.

    ``None`` for "too early" and for a price the text does not offer. A text without answers
    leaves UMIP-107's usual prices. What is *paid* follows ``outcome_of``: the adapter never reads
    the text.
    """
    if not answers:
        return outcome_of(price)
    meanings = {_outcome(answer) for answer in answers if answer.price == price}
    # Two answers at one price that mean different things: the text says nothing.
    return meanings.pop() if len(meanings) == 1 else None


def label_of(price: int, answers: Sequence[Answer]) -> str | None:
    """How the text words the answer at this price; ``None`` where it does not, or does so twice."""
    labels = {answer.label for answer in answers if answer.price == price}
    return labels.pop() if len(labels) == 1 else None


def pays_as_written(answers: Sequence[Answer]) -> bool:
    """Whether the adapter pays each answer as the text words it."""
    return all(_outcome(answer) == outcome_of(answer.price) for answer in answers)


def _outcome(answer: Answer) -> Outcome | None:
    match answer.meaning:
        case AnswerMeaning.YES:
            return Outcome.YES
        case AnswerMeaning.NO:
            return Outcome.NO
        case AnswerMeaning.UNKNOWN:
            return Outcome.HALF
        case AnswerMeaning.TOO_EARLY:
            return None
        case None:
            return outcome_of(answer.price)
        case _:
            assert_never(answer.meaning)
