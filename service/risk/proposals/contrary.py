"""Which prices contradict a proposed answer, and what whoever trades there stakes on it.

If the answer is paid, a share is worth its payout. Whoever offers it for clearly less, or bids
clearly more, bets against the answer and loses the difference if it stands. An answer that it is
too early pays nothing; what contradicts it is a market that trades as if it were decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from models.signal_enums import AnswerKind
from service.protocol.listings import BookLevel
from service.protocol.proposed_answers import ProposedAnswer

MICRO = 10**6
OUTCOMES = (0, 1)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class SignalRule:
    """What counts as contradiction. Money is micro-USDC.

    ``margin``: how far a price must be from the payout; a right answer's winner trades a few
    ticks under 1 until it is paid. ``floor``: less money than this, at stake or in depth, is dust:
    shown, and no signal. ``size``: for how much money a price must be executable to count.
    """

    margin: Decimal = Decimal("0.05")
    floor: int = 100 * MICRO
    size: int = 1_000 * MICRO


class Side(StrEnum):
    """A side of a book."""

    BID = "bid"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders that contradict the answer, on one side of one outcome's book."""

    outcome_index: int
    side: Side
    best_price: Decimal
    levels: int
    shares: Decimal
    # What they are worth at their own prices, micro-USDC: the depth behind the signal.
    value: int
    # What those who stand there lose if the answer is paid, micro-USDC.
    at_stake: int


def is_against_bid(answer: ProposedAnswer, index: int, price: Decimal, margin: Decimal) -> bool:
    """Whether who bids this much for an outcome's share contradicts the answer."""
    if answer.kind is AnswerKind.TOO_EARLY:
        return price >= _ONE - margin
    return answer.payouts is not None and price > answer.payouts[index] + margin


def is_against_ask(answer: ProposedAnswer, index: int, price: Decimal, margin: Decimal) -> bool:
    """Whether who offers an outcome's share for this contradicts the answer."""
    if answer.kind is AnswerKind.TOO_EARLY:
        return price <= margin
    return answer.payouts is not None and price < answer.payouts[index] - margin


def is_against_trade(answer: ProposedAnswer, index: int, price: Decimal, margin: Decimal) -> bool:
    """Whether a trade of an outcome's share at this price contradicts the answer.

    A trade has two sides. Below the payout it was sold against the answer and above it bought
    against it, whichever of the two came to the book; shares made or merged in the match are a
    trade of the other outcome at one minus the price.
    """
    return is_against_bid(answer, index, price, margin) or is_against_ask(
        answer, index, price, margin
    )


def stake_per_share(answer: ProposedAnswer, index: int, price: Decimal) -> Decimal:
    """What a share traded at this price loses its trader if the answer is paid (USD).

    Of "too early" nobody loses; there it is what was paid for the outcome held to be decided.
    """
    if answer.payouts is None:
        return max(price, _ONE - price)
    return abs(answer.payouts[index] - price)


def contrary_orders(
    answer: ProposedAnswer, index: int, side: Side, levels: Iterable[BookLevel], rule: SignalRule
) -> Orders | None:
    """The levels of one side that contradict the answer, dust included; ``None`` where none does.

    Levels come best first.
    """
    test = is_against_bid if side is Side.BID else is_against_ask
    found = [level for level in levels if test(answer, index, level.price, rule.margin)]
    if not found:
        return None
    stake = sum((stake_per_share(answer, index, lv.price) * lv.size for lv in found), Decimal(0))
    return Orders(
        outcome_index=index,
        side=side,
        best_price=found[0].price,
        levels=len(found),
        shares=sum((level.size for level in found), Decimal(0)),
        value=to_micro(sum((level.price * level.size for level in found), Decimal(0))),
        at_stake=to_micro(stake),
    )


def to_micro(usd: Decimal) -> int:
    """USD as micro-USDC, rounded down."""
    return int((usd * MICRO).to_integral_value(ROUND_DOWN))
