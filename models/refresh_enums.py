"""The closed vocabularies of when a market is read again. Standard library only."""

from enum import StrEnum


class RefreshState(StrEnum):
    """What decides how soon a market is read again, the hottest first."""

    # A proposal that can still be disputed or settled.
    PROPOSED = "proposed"
    # Disputed, in a vote, or flagged by the operators.
    DISPUTED = "disputed"
    # Open and past its end, a proposal may come at any moment.
    OVERDUE = "overdue"
    NEAR_END = "near_end"
    # Closed or answered, without the feed's final word.
    AWAITING = "awaiting"
    # Open for long after its end: what was not proposed by now is in no hurry.
    LONG_OVERDUE = "long_overdue"
    CALM = "calm"
    # Nothing is read any more.
    CLOSED = "closed"


class ReadKind(StrEnum):
    """What is read of a market, each by its own route and at its own pace."""

    RESOLUTION = "resolution"
    BOOK = "book"
    OPEN_INTEREST = "open_interest"
    HOLDERS = "holders"
    PRICE_HISTORY = "price_history"
