"""Scores in a price, and what they pay. Expected payouts are the contract's own test cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.protocol.market_ids import GameMarket, Underdog
from service.protocol.prices import CANCELLED, TOO_EARLY
from service.protocol.sports import (
    FIRST_SLOT,
    HALF_EACH,
    SECOND_SLOT,
    Ordering,
    Scores,
    game_payouts,
    read_scores,
)

points = st.integers(min_value=0, max_value=2**32 - 1)


@given(first=points, second=points, above=st.integers(min_value=0, max_value=2**160 - 1))
def test_scores_are_unpacked_in_the_games_order_whatever_stands_above(
    first: int, second: int, above: int
) -> None:
    price = above << 64 | second << 32 | first
    assert read_scores(price, Ordering.HOME_FIRST) == Scores(home=first, away=second)
    assert read_scores(price, Ordering.AWAY_FIRST) == Scores(home=second, away=first)


def test_the_umips_own_example_price_starts_with_its_first_two_values() -> None:
    # UMIP-183's example number: it holds 1 to 7, although the text beside it says 0 to 6.
    price = 43939712156475775172537355306597378876443456848946572296193
    assert read_scores(price, Ordering.HOME_FIRST) == Scores(home=1, away=2)


@pytest.mark.parametrize("price", [TOO_EARLY, CANCELLED])
def test_a_cancelled_or_unplayed_game_has_no_scores(price: int) -> None:
    assert read_scores(price, Ordering.HOME_FIRST) is None


@pytest.mark.parametrize(
    ("ordering", "home", "away", "payouts"),
    [
        (Ordering.HOME_FIRST, 133, 101, FIRST_SLOT),
        (Ordering.HOME_FIRST, 101, 133, SECOND_SLOT),
        (Ordering.AWAY_FIRST, 133, 101, SECOND_SLOT),
        (Ordering.AWAY_FIRST, 101, 133, FIRST_SLOT),
        (Ordering.HOME_FIRST, 2, 2, HALF_EACH),
        (Ordering.AWAY_FIRST, 2, 2, HALF_EACH),
    ],
)
def test_a_winner_market_pays_the_winners_slot(
    ordering: Ordering, home: int, away: int, payouts: tuple[int, int]
) -> None:
    scores = Scores(home, away)
    assert payouts == game_payouts(
        GameMarket.WINNER, scores, ordering=ordering, line=0, underdog=Underdog.HOME
    )


@pytest.mark.parametrize(
    ("underdog", "home", "away", "payouts"),
    [
        (Underdog.HOME, 133, 101, SECOND_SLOT),
        (Underdog.HOME, 90, 101, SECOND_SLOT),
        (Underdog.HOME, 70, 101, FIRST_SLOT),
        (Underdog.AWAY, 101, 133, SECOND_SLOT),
        (Underdog.AWAY, 101, 90, SECOND_SLOT),
        (Underdog.AWAY, 101, 86, SECOND_SLOT),
        (Underdog.AWAY, 101, 85, FIRST_SLOT),
    ],
)
def test_a_spread_of_fifteen_and_a_half_pays_the_underdog_up_to_fifteen_points(
    underdog: Underdog, home: int, away: int, payouts: tuple[int, int]
) -> None:
    assert payouts == game_payouts(
        GameMarket.SPREADS,
        Scores(home, away),
        ordering=Ordering.HOME_FIRST,
        line=15_500_000,
        underdog=underdog,
    )


@pytest.mark.parametrize(
    ("home", "away", "payouts"), [(100, 118, SECOND_SLOT), (100, 119, FIRST_SLOT)]
)
def test_a_total_of_two_hundred_eighteen_and_a_half_pays_under_up_to_218(
    home: int, away: int, payouts: tuple[int, int]
) -> None:
    assert payouts == game_payouts(
        GameMarket.TOTALS,
        Scores(home, away),
        ordering=Ordering.HOME_FIRST,
        line=218_500_000,
        underdog=Underdog.HOME,
    )
