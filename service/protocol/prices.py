"""The oracle's price words for YES_OR_NO_QUERY (UMIP-107) and what they pay.

Source: UmaCtfAdapter ``_constructPayouts``; docs/data-dictionary.md, "Prices".
"""

from collections.abc import Sequence

from models.enums import Outcome

YES = 10**18
NO = 0
HALF = 5 * 10**17
# int256 min: "asked too early". Never proposable, only voted.
TOO_EARLY = -(2**255)

_OUTCOMES = {YES: Outcome.YES, NO: Outcome.NO, HALF: Outcome.HALF}
_PAYOUTS = {(1, 0): Outcome.YES, (0, 1): Outcome.NO, (1, 1): Outcome.HALF}


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
