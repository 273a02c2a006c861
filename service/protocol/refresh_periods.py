"""How soon a market is read again, by its state, its money and the time left to dispute.

These are the periods while every published limit has room; ``refresh_plan`` stretches the colder
ones when it has not. None means the kind is not read in that state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from models.refresh_enums import ReadKind, RefreshState
from service.protocol.rate_limits import (
    CLOB_BOOKS,
    DATA_V2,
    DATA_V2_PRICES_HISTORY,
)

# No period of a hot state is stretched beyond: with the wait for the next run, nothing hot that is
# read at all is older than two minutes.
HOT_SECONDS = 90.0
# How long before the end of a challenge reads come faster, as a multiple of their period.
TIGHTENING = 6
# The fastest anything is read: jobs run no oftener.
FASTEST_SECONDS = 30.0
DAY = 86_400.0
WEEK = 7 * DAY


class Band(IntEnum):
    """How much money hangs on a market."""

    SMALL = 0
    MEDIUM = 1
    LARGE = 2
    HUGE = 3


# From how much money on (micro-USDC).
BAND_FROM: Mapping[Band, int] = {
    Band.MEDIUM: 10_000 * 10**6,
    Band.LARGE: 100_000 * 10**6,
    Band.HUGE: 1_000_000 * 10**6,
}


def band_of(money: int | None) -> Band:
    """The band of an amount of micro-USDC; what is unknown may be much, and counts as medium."""
    if money is None:
        return Band.MEDIUM
    return max((band for band, least in BAND_FROM.items() if money >= least), default=Band.SMALL)


@dataclass(frozen=True, slots=True)
class ReadCost:
    """What one read of one market takes."""

    bucket: str
    # Requests for one market: a fraction where one request asks for several.
    requests: Fraction
    # What the job behind it sends at most, a minute: its requests follow each other.
    most_per_minute: int


COSTS: Mapping[ReadKind, ReadCost] = {
    ReadKind.RESOLUTION: ReadCost(DATA_V2, Fraction(1, 20), 200),
    # Two tokens a market, a hundred a request.
    ReadKind.BOOK: ReadCost(CLOB_BOOKS, Fraction(2, 100), 120),
    ReadKind.OPEN_INTEREST: ReadCost(DATA_V2, Fraction(1, 20), 120),
    ReadKind.HOLDERS: ReadCost(DATA_V2, Fraction(1, 20), 5),
    # A request a market: the other outcome's price is what is left to one.
    ReadKind.PRICE_HISTORY: ReadCost(DATA_V2_PRICES_HISTORY, Fraction(1), 400),
}

HOT = frozenset({RefreshState.PROPOSED, RefreshState.DISPUTED})
# Stretched in this order, the first as far as it goes before the next gives way.
STRETCH_ORDER: tuple[frozenset[RefreshState], ...] = (
    frozenset({RefreshState.CALM, RefreshState.LONG_OVERDUE}),
    frozenset({RefreshState.NEAR_END, RefreshState.AWAITING}),
    frozenset({RefreshState.OVERDUE}),
    HOT,
)
# How far, but for the hot (HOT_SECONDS).
MOST_STRETCH = (24.0, 8.0, 8.0)

_P = RefreshState
# By state: one period, or one a band (small, medium, large, huge), in seconds.
_Periods = float | tuple[float, float, float, float]
_TABLE: Mapping[ReadKind, Mapping[RefreshState, _Periods]] = {
    ReadKind.RESOLUTION: {
        _P.PROPOSED: 60,
        _P.DISPUTED: 60,
        _P.OVERDUE: 60,
        _P.NEAR_END: 300,
        _P.AWAITING: 300,
        _P.LONG_OVERDUE: 900,
        _P.CALM: (DAY, 21_600, 3_600, 1_800),
    },
    ReadKind.BOOK: {
        _P.PROPOSED: 60,
        _P.DISPUTED: 60,
        _P.OVERDUE: (900, 300, 120, 60),
        _P.NEAR_END: (1_800, 900, 300, 120),
        _P.LONG_OVERDUE: (21_600, 3_600, 1_800, 900),
        _P.CALM: (DAY, 7_200, 1_800, 600),
    },
    ReadKind.OPEN_INTEREST: {
        _P.PROPOSED: 60,
        _P.DISPUTED: 60,
        _P.OVERDUE: (1_800, 900, 300, 300),
        _P.NEAR_END: (3_600, 1_800, 900, 600),
        _P.LONG_OVERDUE: (21_600, 10_800, 3_600, 3_600),
        _P.CALM: (21_600, 10_800, 3_600, 1_800),
    },
    ReadKind.HOLDERS: {
        _P.PROPOSED: 900,
        _P.DISPUTED: 1_800,
        _P.OVERDUE: (21_600, 7_200, 3_600, 1_800),
        _P.NEAR_END: (WEEK, 21_600, 10_800, 7_200),
        _P.LONG_OVERDUE: (WEEK, DAY, 43_200, 21_600),
        _P.CALM: (WEEK, WEEK, DAY, 43_200),
    },
    # From 48 hours before the proposal on, a stretch at a time.
    ReadKind.PRICE_HISTORY: {_P.PROPOSED: 900, _P.DISPUTED: 3_600},
}


def base_period(kind: ReadKind, state: RefreshState, band: Band) -> float | None:
    """Seconds between reads while there is room; ``None`` where the kind is not read."""
    periods = _TABLE[kind].get(state)
    if isinstance(periods, tuple):
        return float(periods[band])
    return None if periods is None else float(periods)


def tightened(period: float, seconds_left: float | None) -> float:
    """A period, shorter where the challenge ends soon: a sixth of what is left.

    Past the end it is as before: on the managed oracle a dispute stays possible.
    """
    if seconds_left is None or seconds_left <= 0:
        return period
    return max(FASTEST_SECONDS, min(period, seconds_left / TIGHTENING))
