"""The closed vocabularies of what the market says of a proposal. Standard library only."""

from enum import StrEnum


class AnswerKind(StrEnum):
    """What kind of answer is under bond."""

    # One outcome pays 1: it has a winner and a loser.
    DECIDED = "decided"
    # Each outcome pays a half.
    HALF = "half"
    # Nothing is paid: the question is asked again.
    TOO_EARLY = "too_early"
    # A price that pays nothing we can compare: the adapter would revert on it.
    UNREADABLE = "unreadable"
