"""What a sports game's price says and what its markets pay.

Sources: UMIP-183 (MULTIPLE_VALUES) and UmaSportsOracle's ScoreDecoderLib and PayoutLib;
docs/data-dictionary.md, "Prices".
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import assert_never

from service.protocol.market_ids import GameMarket, Underdog
from service.protocol.prices import CANCELLED, TOO_EARLY

_SCORE_BITS = 32
_SCORE_MASK = 2**_SCORE_BITS - 1
# Lines are scaled by this and end in half a point, so the contract compares whole points.
_LINE_SCALE = 10**6

HALF_EACH = (1, 1)
FIRST_SLOT = (1, 0)
SECOND_SLOT = (0, 1)


class Ordering(IntEnum):
    """UmaSportsOracle's ``Ordering``: whose score the price holds first."""

    HOME_FIRST = 0
    AWAY_FIRST = 1


@dataclass(frozen=True, slots=True)
class Scores:
    """A game's result in points."""

    home: int
    away: int


def read_scores(price: int, ordering: Ordering) -> Scores | None:
    """The scores packed in a price, 32 bits each from the lowest up.

    ``None`` for "too early" (the game is asked again) and "cancelled" (every market of the game
    pays ``HALF_EACH``). As the contract does, bits above the two scores are ignored.
    """
    if price in (TOO_EARLY, CANCELLED):
        return None
    first, second = price & _SCORE_MASK, price >> _SCORE_BITS & _SCORE_MASK
    match ordering:
        case Ordering.HOME_FIRST:
            return Scores(home=first, away=second)
        case Ordering.AWAY_FIRST:
            return Scores(home=second, away=first)
        case _:
            assert_never(ordering)


def game_payouts(
    kind: GameMarket, scores: Scores, *, ordering: Ordering, line: int, underdog: Underdog
) -> tuple[int, int]:
    """The payout numerators of a game's market.

    Slots: winner, the teams in the game's order; spreads, favourite and underdog; totals, over
    and under.
    """
    points = line // _LINE_SCALE
    match kind:
        case GameMarket.WINNER:
            return _winner(scores, ordering)
        case GameMarket.SPREADS:
            return SECOND_SLOT if _favourites_margin(scores, underdog) <= points else FIRST_SLOT
        case GameMarket.TOTALS:
            return SECOND_SLOT if scores.home + scores.away <= points else FIRST_SLOT
        case _:
            assert_never(kind)


def _winner(scores: Scores, ordering: Ordering) -> tuple[int, int]:
    if scores.home == scores.away:
        return HALF_EACH
    is_home = scores.home > scores.away
    return FIRST_SLOT if is_home == (ordering is Ordering.HOME_FIRST) else SECOND_SLOT


def _favourites_margin(scores: Scores, underdog: Underdog) -> int:
    margin = scores.home - scores.away
    return margin if underdog is Underdog.AWAY else -margin
